package store

import (
	"context"
	"fmt"

	"handslag/app/connected/gate/internal/store/sqlc"
)

// Entries are found by day as places: of each hour it is kept between which places the entries stand that were received in it.
// So no index holds a time.

// HourLong is an hour, in µs.
const HourLong = 60 * 60 * 1_000_000

// noteHour takes in that an entry was received. Places ascend.
func (tx *Tx) noteHour(received, place int64) {
	hour := received / HourLong
	span, ok := tx.hours[hour]
	if !ok {
		span.From = place
	}
	span.Before = place + 1
	tx.hours[hour] = span
}

// putHours writes the hours in which entries of this transaction were received.
func (tx *Tx) putHours(ctx context.Context) error {
	for hour, span := range tx.hours {
		if err := tx.PutHour(ctx, sqlc.PutHourParams{Hour: hour, First: span.From, Last: span.Before - 1}); err != nil {
			return fmt.Errorf("note hours: %w", err)
		}
	}
	return nil
}

// Between is the span in which all entries stand that were received from since until until (µs), among others maybe; and
// whether anything was received later.
func (tx *Tx) Between(ctx context.Context, since, until int64) (Span, bool, error) {
	last := (until - 1) / HourLong
	row, err := tx.PlacesOfHours(ctx, sqlc.PlacesOfHoursParams{Since: since / HourLong, Until: last})
	if err != nil {
		return Span{}, false, fmt.Errorf("read hours: %w", err)
	}
	return Span{From: row.First, Before: row.Last + 1}, row.Newest >= until/HourLong, nil
}
