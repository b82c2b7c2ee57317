package gate

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
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
	slices.SortFunc(all, func(a, b sqlc.Entry) int {
		return cmp.Or(cmp.Compare(b.ReceivedAt, a.ReceivedAt), cmp.Compare(b.ID, a.ID))
	})
	found, short := 0, 0
	for range 150 {
		row := all[random.IntN(len(all))]
		q := logQuery{rows: 1 + random.IntN(40), place: 2490 + random.Int64N(20)}
		q.everything()
		if q.steps = stepsMost; random.IntN(2) == 0 {
			q.steps = 1 + random.IntN(200)
		}
		sometimes := func(field *string, value string) {
			if random.IntN(4) == 0 {
				*field = value
			}
		}
		sometimes(&q.Subject, row.Subject)
		sometimes(&q.Record, row.RecordID)
		sometimes(&q.Assignment, row.AssignmentID)
		sometimes(&q.Person, row.PersonID)
		sometimes(&q.Device, row.DeviceID)
		sometimes(&q.Kind, row.Kind)
		sometimes(&q.unit, crowdedUnit(row.UnitSet))
		if random.IntN(2) == 0 {
			since := (row.ReceivedAt-random.Int64N(4*dayLong))/dayLong*dayLong - 3_600_000_000 // a day begins at 23 UTC
			q.day(since, since+dayLong)
		}
		var want, got []int64
		for _, r := range all {
			if r.ID < q.place && r.ReceivedAt >= q.since && r.NotBefore < q.Until && (q.Subject == "" || r.Subject == q.Subject) &&
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
					if err := q.after(ctx, tx, next); err != nil {
						return err
					}
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

// BenchmarkPages is a page of 50 rows of the log, as a reviewer gets it: the look entered, the rows found
// and each made a sentence of. HANDSLAG_BENCH_LONG=1 goes on to five million entries.
func BenchmarkPages(b *testing.B) {
	sizes := []int{1_000, 10_000, 100_000}
	if os.Getenv("HANDSLAG_BENCH_LONG") != "" {
		sizes = append(sizes, 1_000_000, 5_000_000)
	}
	onBoth(b, func(b *testing.B, url string) {
		c := newCrowded(b, url)
		for _, n := range sizes {
			b.Run(strconv.Itoa(n), func(b *testing.B) {
				if c.n < n {
					c.grow(n)
				}
				filters := c.filters()
				for _, name := range slices.Sorted(maps.Keys(filters)) {
					b.Run(name, func(b *testing.B) { c.page(b, filters[name]) })
				}
			})
		}
	})
}

// filters are drawn from what is there: an entry somewhere in the log.
func (c *crowded) filters() map[string]func(*rand.Rand) logQuery {
	filter := func(narrow func(q *logQuery, i int64)) func(*rand.Rand) logQuery {
		return func(r *rand.Rand) logQuery {
			q := logQuery{rows: link.LogPageRows}
			q.everything()
			narrow(&q, 1+r.Int64N(int64(c.n)-1))
			return q
		}
	}
	day := func(q *logQuery, i int64) {
		since := (crowdedSince+i*crowdedEvery)/dayLong*dayLong - 3_600_000_000
		q.day(since, since+dayLong)
	}
	at := func(q *logQuery, i int64) { q.at, q.id = crowdedSince+i*crowdedEvery, i }
	person := func(i int64) string { return fmt.Sprintf("p-%d", i/10*7919%2000) }
	return map[string]func(*rand.Rand) logQuery{
		"anywhere":                filter(at),
		"subject":                 filter(func(q *logQuery, i int64) { q.Subject = fmt.Sprintf("s-%d", i%crowdedThings) }),
		"record":                  filter(func(q *logQuery, i int64) { q.Record = fmt.Sprintf("r-%d", i%crowdedThings) }),
		"assignment":              filter(func(q *logQuery, i int64) { q.Assignment = fmt.Sprintf("u-%d", i%crowdedThings) }),
		"person":                  filter(func(q *logQuery, i int64) { q.Person = person(i) }),
		"person who left":         filter(func(q *logQuery, i int64) { q.Person = gone }),
		"device":                  filter(func(q *logQuery, i int64) { q.Device = fmt.Sprintf("d-%d", i%2000) }),
		"day":                     filter(day),
		"kind":                    filter(func(q *logQuery, i int64) { q.Kind = "record.opened"; at(q, i) }),
		"rare kind":               filter(func(q *logQuery, i int64) { q.Kind = "device.wiped" }),
		"unit":                    filter(func(q *logQuery, i int64) { q.unit = "n-1"; at(q, i) }),
		"person and day":          filter(func(q *logQuery, i int64) { q.Person = person(i); day(q, i) }),
		"person who left and day": filter(func(q *logQuery, i int64) { q.Person = gone; day(q, i) }),
		"subject and day":         filter(func(q *logQuery, i int64) { q.Subject = fmt.Sprintf("s-%d", i%crowdedThings); day(q, i) }),
		"subject and a stranger":  filter(func(q *logQuery, i int64) { q.Subject, q.Person = fmt.Sprintf("s-%d", i%crowdedThings), gone }),
		"person and kind":         filter(func(q *logQuery, i int64) { q.Person, q.Kind = gone, "record.refused" }),
		"unit and kind":           filter(func(q *logQuery, i int64) { q.unit, q.Kind = "n-1", "record.refused"; at(q, i) }),
		"unit and day":            filter(func(q *logQuery, i int64) { q.unit = "n-1"; day(q, i) }),
		"kind and day":            filter(func(q *logQuery, i int64) { q.Kind = "record.refused"; day(q, i) }),
		"unit, kind and day":      filter(func(q *logQuery, i int64) { q.unit, q.Kind = "n-1", "record.opened"; day(q, i) }),
		"nothing that is there": filter(func(q *logQuery, i int64) {
			q.Kind, q.Person = "record.opened", gone
			q.Device = fmt.Sprintf("d-%d", i%2000)
		}),
	}
}

// page reads pages and says how long the slowest hundredth took.
func (c *crowded) page(b *testing.B, filter func(*rand.Rand) logQuery) {
	ctx, random := context.Background(), rand.New(rand.NewPCG(3, 4))
	took := make([]time.Duration, 0, 1024)
	for b.Loop() {
		q := filter(random)
		began := time.Now()
		err := c.g.store.Do(ctx, func(tx *store.Tx) error {
			call := &Call{ctx: ctx, g: c.g, tx: tx, Now: signed.At(time.Now()), Person: identity.Person{ID: "p-anna"}, route: &Route{Path: link.PathLog}, device: &sqlc.Device{ID: string(c.reviewer)}}
			_, err := call.reviewer().page(&q, link.LogFilter{})
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	slow := took[len(took)-1-len(took)/100]
	b.ReportMetric(float64(slow.Nanoseconds())/1e7, "p99-of-10ms")
}
