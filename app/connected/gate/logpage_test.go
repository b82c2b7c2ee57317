package gate

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/testnet/postgres"
)

// Whatever the log is filtered by, its pages have what a look at every row finds, once and in order.
func TestPagesOfTheLogHaveWhatALookAtEveryRowFinds(t *testing.T) {
	c := newCrowded(t, postgres.Database(t))
	c.grow(2500)
	ctx, random := context.Background(), rand.New(rand.NewPCG(1, 2))
	var all []sqlc.Entry
	c.read(logQuery{}, func(tx *store.Tx, _ *logQuery) (err error) {
		all, err = tx.EntriesFrom(ctx, sqlc.EntriesFromParams{Rows: 5000})
		return err
	})
	slices.SortFunc(all, func(a, b sqlc.Entry) int { return cmp.Compare(b.ID, a.ID) })
	found, short := 0, 0
	for range 300 {
		row, other := all[random.IntN(len(all))], all[random.IntN(len(all))]
		q := logQuery{rows: 1 + random.IntN(40), place: 2490 + random.Int64N(20)}
		q.everything()
		if q.steps = stepsMost; random.IntN(2) == 0 {
			q.steps = 1 + random.IntN(200)
		}
		sometimes := func(field *string, of func(sqlc.Entry) string) {
			switch random.IntN(16) {
			case 0, 1, 2:
				*field = of(row)
			case 3: // two filters that may have nothing in common
				*field = of(other)
			}
		}
		sometimes(&q.Subject, func(e sqlc.Entry) string { return e.Subject })
		sometimes(&q.Record, func(e sqlc.Entry) string { return e.RecordID })
		sometimes(&q.Assignment, func(e sqlc.Entry) string { return e.AssignmentID })
		sometimes(&q.Person, func(e sqlc.Entry) string { return e.PersonID })
		sometimes(&q.Device, func(e sqlc.Entry) string { return e.DeviceID })
		sometimes(&q.Kind, func(e sqlc.Entry) string { return e.Kind })
		sometimes(&q.unit, func(e sqlc.Entry) string { return crowdedUnit(e.UnitSet) })
		if random.IntN(2) == 0 {
			since := (row.ReceivedAt-random.Int64N(4*dayLong))/dayLong*dayLong - 3_600_000_000 // a day begins at 23 UTC
			q.day(since, since+dayLong)
		}
		var want, got []int64
		for _, r := range all {
			if r.ID < q.place && r.ReceivedAt >= q.Since && r.NotBefore < q.Until && (q.Subject == "" || r.Subject == q.Subject) &&
				(q.Record == "" || r.RecordID == q.Record) && (q.Person == "" || r.PersonID == q.Person) &&
				(q.Assignment == "" || r.AssignmentID == q.Assignment) && (q.Kind == "" || r.Kind == q.Kind) &&
				(q.unit == "" || crowdedIn(q.unit, r.UnitSet)) &&
				(q.Device == "" || r.DeviceID == q.Device || r.IsSystem == 1 && r.Peer == q.Device) {
				want = append(want, r.ID)
			}
		}
		for next, pages := int64(0), 0; pages <= len(all); pages++ {
			var page logFound
			c.read(q, func(tx *store.Tx, q *logQuery) (err error) {
				if next > 0 {
					q.after = next
				}
				page, err = q.read(ctx, tx)
				return err
			})
			got, next = append(got, page.places...), page.next
			if len(page.places) > q.rows {
				t.Fatalf("a page of %d rows has %d", q.rows, len(page.places))
			}
			if len(page.places) < q.rows && next > 0 {
				short++
			}
			if next == 0 {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%+v: %d rows %v, not %d %v", q, len(got), got, len(want), want)
		}
		found += len(want)
	}
	if found < 2000 || short == 0 {
		t.Errorf("%d rows in all, and %d pages were short: the filters test too little", found, short)
	}
}
