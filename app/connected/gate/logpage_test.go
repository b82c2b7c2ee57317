package gate

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
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
	found := 0
	for range 150 {
		row := all[random.IntN(len(all))]
		q := logQuery{rows: int32(1 + random.IntN(40)), place: 2490 + random.Int64N(20)}
		q.everything()
		sometimes := func(field *string, value string) {
			if random.IntN(4) == 0 {
				*field = value
			}
		}
		sometimes(&q.subject, row.Subject)
		sometimes(&q.record, row.RecordID)
		sometimes(&q.person, row.PersonID)
		sometimes(&q.device, row.DeviceID)
		if random.IntN(2) == 0 {
			since := (row.ReceivedAt-random.Int64N(4*dayLong))/dayLong*dayLong - 3_600_000_000 // a day begins at 23 UTC
			q.day(since, since+dayLong)
		}
		var want, got []int64
		for _, r := range all {
			if r.ID < q.place && r.ReceivedAt >= q.since && r.NotBefore < q.until && (q.subject == "" || r.Subject == q.subject) &&
				(q.record == "" || r.RecordID == q.record) && (q.person == "" || r.PersonID == q.person) &&
				(q.device == "" || r.DeviceID == q.device || r.IsSystem == 1 && r.Peer == q.device) {
				want = append(want, r.ID)
			}
		}
		for len(got) <= len(want) {
			var page []sqlc.Entry
			c.read(q, func(tx *store.Tx, q *logQuery) (err error) {
				if len(got) > 0 {
					if err := q.after(ctx, tx, got[len(got)-1]); err != nil {
						return err
					}
				}
				page, err = q.read(ctx, tx)
				return err
			})
			for _, r := range page {
				got = append(got, r.ID)
			}
			if len(page) < int(q.rows) {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%+v: %d rows %v, not %d %v", q, len(got), got, len(want), want)
		}
		found += len(want)
	}
	if found < 2000 {
		t.Errorf("%d rows in all: the filters test too little", found)
	}
}

// BenchmarkPages is a page of 50 rows of the log, as a reviewer gets it: the look entered, the rows found
// and each made a sentence of. HANDSLAG_BENCH_LONG=1 goes on to five million entries.
func BenchmarkPages(b *testing.B) {
	sizes := []int{10_000, 100_000}
	if os.Getenv("HANDSLAG_BENCH_LONG") != "" {
		sizes = append(sizes, 1_000_000, 5_000_000)
	}
	onBoth(b, func(b *testing.B, url string) {
		c := newCrowded(b, url)
		c.addReviewer()
		for _, n := range sizes {
			c.grow(n)
			filters := c.filters()
			for _, name := range slices.Sorted(maps.Keys(filters)) {
				b.Run(fmt.Sprintf("%d/%s", n, name), func(b *testing.B) { c.page(b, filters[name]) })
			}
		}
	})
}

func (c *crowded) addReviewer() {
	c.exec("INSERT INTO users (id, username, first_name, last_name, password, created_at, disabled_at) VALUES ('p-anna', 'anna', 'Anna', 'Lind', '', 0, 0)")
	c.exec("INSERT INTO users (id, username, first_name, last_name, password, created_at, disabled_at) VALUES ('p-gone', 'gone', 'Gun', 'Borta', '', 0, 0)")
	for i := range 2000 {
		c.exec("INSERT INTO users (id, username, first_name, last_name, password, created_at, disabled_at) VALUES ($1, $2, 'Bo', 'Ek', '', 0, 0)", fmt.Sprintf("p-%d", i), fmt.Sprintf("u%d", i))
	}
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
	person := func(i int64) string { return fmt.Sprintf("p-%d", i/10*7919%2000) }
	return map[string]func(*rand.Rand) logQuery{
		"anywhere":                filter(func(q *logQuery, i int64) { q.at, q.id = crowdedSince+i*crowdedEvery, i }),
		"subject":                 filter(func(q *logQuery, i int64) { q.subject = fmt.Sprintf("s-%d", i%20011) }),
		"record":                  filter(func(q *logQuery, i int64) { q.record = fmt.Sprintf("r-%d", i%20011) }),
		"person":                  filter(func(q *logQuery, i int64) { q.person = person(i) }),
		"person who left":         filter(func(q *logQuery, i int64) { q.person = gone }),
		"device":                  filter(func(q *logQuery, i int64) { q.device = fmt.Sprintf("d-%d", i%2000) }),
		"day":                     filter(day),
		"person and day":          filter(func(q *logQuery, i int64) { q.person = person(i); day(q, i) }),
		"person who left and day": filter(func(q *logQuery, i int64) { q.person = gone; day(q, i) }),
		"subject and day":         filter(func(q *logQuery, i int64) { q.subject = fmt.Sprintf("s-%d", i%20011); day(q, i) }),
		"subject and a stranger":  filter(func(q *logQuery, i int64) { q.subject, q.person = fmt.Sprintf("s-%d", i%20011), gone }),
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
			_, err := call.logPage(&q, link.LogFilter{})
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
