package gate

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity/signed"
)

// logQuery is a page of the log, newest first by time of receipt and place: what it is filtered by, and
// where it begins. Each filter goes along an index of its own, so that a page costs the same
// however long the log has grown.
type logQuery struct {
	subject, record, person, device string
	since, until                    int64 // what may have happened then, µs: received from since on, not before until
	at, id                          int64 // only rows before this time of receipt and place
	place                           int64 // only rows before this one, the look itself
	rows                            int32
}

// everything is the page's bounds where there is no day.
func (q *logQuery) everything() { q.since, q.until, q.at, q.id = 0, math.MaxInt64, math.MaxInt64, 0 }

// day narrows the page to what may have happened from since until until.
func (q *logQuery) day(since, until int64) { q.since, q.until = since, until }

// after begins where a page ended whose last row this was.
func (q *logQuery) after(ctx context.Context, tx *store.Tx, row int64) error {
	at, err := tx.EntryAt(ctx, row)
	if err != nil {
		return err
	}
	q.at, q.id = at, row
	return nil
}

// read reads the page's entries. The narrowest filter leads: a record has fewer entries than its subject,
// a device fewer than a person.
func (q *logQuery) read(ctx context.Context, tx *store.Tx) (rows []sqlc.Entry, err error) {
	switch {
	case q.record != "" && q.subject == "":
		rows, err = tx.LogOfRecord(ctx, sqlc.LogOfRecordParams{RecordID: q.record, PersonID: q.person, DeviceID: q.device,
			Since: q.since, Until: q.until, At: q.at, ID: q.id, Place: q.place, Rows: q.rows})
	case q.subject != "":
		rows, err = tx.LogOfSubject(ctx, sqlc.LogOfSubjectParams{Subject: q.subject, RecordID: q.record, PersonID: q.person, DeviceID: q.device,
			Since: q.since, Until: q.until, At: q.at, ID: q.id, Place: q.place, Rows: q.rows})
	case q.device != "":
		rows, err = q.ofDevice(ctx, tx)
	case q.person != "":
		rows, err = tx.LogOfPerson(ctx, sqlc.LogOfPersonParams{PersonID: q.person,
			Since: q.since, Until: q.until, At: q.at, ID: q.id, Place: q.place, Rows: q.rows})
	case q.until != math.MaxInt64:
		rows, err = q.ofDay(ctx, tx)
	default:
		rows, err = tx.LogAll(ctx, sqlc.LogAllParams{At: q.at, ID: q.id, Place: q.place, Rows: q.rows})
	}
	if err != nil {
		return nil, fmt.Errorf("read log: %w", err)
	}
	return rows, nil
}

// ofDevice merges what the device says with what the system says of it.
func (q *logQuery) ofDevice(ctx context.Context, tx *store.Tx) ([]sqlc.Entry, error) {
	said, err := tx.LogOfDevice(ctx, sqlc.LogOfDeviceParams{DeviceID: q.device, PersonID: q.person,
		Since: q.since, Until: q.until, At: q.at, ID: q.id, Place: q.place, Rows: q.rows})
	if err != nil {
		return nil, err
	}
	told, err := tx.LogToldOfDevice(ctx, sqlc.LogToldOfDeviceParams{Peer: q.device, PersonID: q.person,
		Since: q.since, Until: q.until, At: q.at, ID: q.id, Place: q.place, Rows: q.rows})
	if err != nil {
		return nil, err
	}
	all := append(said, told...)
	slices.SortFunc(all, func(a, b sqlc.Entry) int {
		return cmp.Or(cmp.Compare(b.ReceivedAt, a.ReceivedAt), cmp.Compare(b.ID, a.ID))
	})
	all = slices.CompactFunc(all, func(a, b sqlc.Entry) bool { return a.ID == b.ID }) // the system's own journal has both
	return all[:min(len(all), int(q.rows))], nil
}

// ofDay reads first what came later and may be of that day, and then what came on it.
func (q *logQuery) ofDay(ctx context.Context, tx *store.Tx) ([]sqlc.Entry, error) {
	var page []sqlc.Entry
	if q.at >= q.until {
		var err error
		if page, err = q.cameLater(ctx, tx); err != nil || len(page) == int(q.rows) {
			return page, err
		}
		q.at, q.id = q.until, 0
	}
	rest, err := tx.LogAll(ctx, sqlc.LogAllParams{Since: q.since, At: q.at, ID: q.id, Place: q.place, Rows: q.rows - int32(len(page))})
	return append(page, rest...), err
}

// cameLater reads along the batches that tell of the day and came after it.
func (q *logQuery) cameLater(ctx context.Context, tx *store.Tx) (page []sqlc.Entry, err error) {
	const step = 64 // batches asked for at once
	at, last := q.at, int64(math.MaxInt64)
	for {
		var spans []sqlc.Late
		for day := q.since / dayLong; day <= (q.until-1)/dayLong; day++ {
			more, err := tx.LateOn(ctx, sqlc.LateOnParams{Day: day, Until: q.until, At: at, Last: last, Rows: step})
			if err != nil {
				return nil, err
			}
			spans = append(spans, more...)
		}
		slices.SortFunc(spans, func(a, b sqlc.Late) int {
			return cmp.Or(cmp.Compare(b.ReceivedAt, a.ReceivedAt), cmp.Compare(b.Last, a.Last))
		})
		spans = slices.CompactFunc(spans, func(a, b sqlc.Late) bool { return a.Last == b.Last }) // under both of its days
		full := len(spans) >= step
		for _, s := range spans[:min(len(spans), step)] {
			rows, err := tx.LogSpan(ctx, sqlc.LogSpanParams{First: s.First, Last: s.Last, At: q.at, ID: q.id, Place: q.place, Until: q.until, Rows: q.rows - int32(len(page))})
			if err != nil {
				return nil, err
			}
			if page = append(page, rows...); len(page) == int(q.rows) {
				return page, nil
			}
			at, last = s.ReceivedAt, s.Last-1
		}
		if !full {
			return page, nil
		}
	}
}

const dayLong = 24 * 60 * 60 * 1_000_000 // µs

// The log is found under each day that an entry may have happened on, for so many before it came.
const lateDays = 366

// late notes under which days a batch's entries are to be found beside the one that they came on. What
// came within a quarter of an hour of the server's last word before it can hardly be of
// another day; where days begin then is the zone's business, and no zone is finer than that.
func late(ctx context.Context, tx *store.Tx, oldest, received signed.Time, first, last int64) error {
	const quarter = dayLong / 96
	if int64(oldest)/quarter == int64(received)/quarter {
		return nil
	}
	today := int64(received) / dayLong
	for day := max(int64(oldest)/dayLong, today-lateDays); day <= today; day++ {
		if err := tx.AddLate(ctx, sqlc.AddLateParams{Day: day, ReceivedAt: int64(received), Last: last, First: first}); err != nil {
			return fmt.Errorf("note what came late: %w", err)
		}
	}
	return nil
}
