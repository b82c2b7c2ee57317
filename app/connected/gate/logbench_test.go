package gate

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
)

// BenchmarkPages is a page of 50 rows of the log, as a reviewer gets it: the look entered and durable, the rows found
// and each made a sentence of. HANDSLAG_BENCH_LONG=1 goes on to five million entries. In the end it says of
// each filter and size what the half and the slowest hundredth of the pages took, in ms, beside the limit of 10; and what of it
// the commit took.
func BenchmarkPages(b *testing.B) {
	sizes := []int{1_000, 10_000, 100_000}
	if os.Getenv("HANDSLAG_BENCH_LONG") != "" {
		sizes = []int{100_000, 1_000_000, 5_000_000}
	}
	onBoth(b, func(b *testing.B, url string) {
		c := newCrowded(b, url)
		took := map[string]map[int]pageTimes{}
		for _, n := range sizes {
			b.Run(strconv.Itoa(n), func(b *testing.B) {
				if c.n < n {
					c.grow(n)
				}
				filters := c.filters()
				for _, name := range slices.Sorted(maps.Keys(filters)) {
					b.Run(name, func(b *testing.B) {
						if took[name] == nil {
							took[name] = map[int]pageTimes{}
						}
						took[name][n] = c.page(b, filters[name])
					})
				}
			})
		}
		fmt.Println(tableOf(took, sizes))
	})
}

// pageTimes are how long pages took, and their commits, each the half and the slowest hundredth.
type pageTimes struct{ page, commit [2]time.Duration }

// tableOf has a line for each filter, and for each size four columns.
func tableOf(took map[string]map[int]pageTimes, sizes []int) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%-32s", "ms: p50, p99 (commit), limit 10")
	for _, n := range sizes {
		fmt.Fprintf(&out, " %24d", n)
	}
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	for _, name := range slices.Sorted(maps.Keys(took)) {
		fmt.Fprintf(&out, "\n%-32s", name)
		for _, n := range sizes {
			if t, ok := took[name][n]; ok {
				fmt.Fprintf(&out, " %5.1f %5.1f (%4.1f %5.1f)", ms(t.page[0]), ms(t.page[1]), ms(t.commit[0]), ms(t.commit[1]))
				over := " "
				if t.page[1] > 10*time.Millisecond {
					over = "!"
				}
				out.WriteString(over)
			} else {
				fmt.Fprintf(&out, " %24s", "")
			}
		}
	}
	return out.String()
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
	at := func(q *logQuery, i int64) { q.after = i }
	thing := func(name string, i int64) string { return fmt.Sprintf("%s-%d", name, i%int64(c.things)) }
	person := func(i int64) string { return fmt.Sprintf("p-%d", i/10*7919%2000) }
	device := func(i int64) string { return fmt.Sprintf("d-%d", i/10*7919%2000) }
	return map[string]func(*rand.Rand) logQuery{
		"all, first page":            filter(func(*logQuery, int64) {}),
		"all, anywhere":              filter(at),
		"all, last page":             filter(func(q *logQuery, i int64) { at(q, 25) }),
		"subject":                    filter(func(q *logQuery, i int64) { q.Subject = thing("s", i) }),
		"record":                     filter(func(q *logQuery, i int64) { q.Record = thing("r", i) }),
		"assignment":                 filter(func(q *logQuery, i int64) { q.Assignment = thing("u", i/10*10+9) }),
		"person":                     filter(func(q *logQuery, i int64) { q.Person = person(i) }),
		"person, anywhere":           filter(func(q *logQuery, i int64) { q.Person = person(i); at(q, i) }),
		"person, last page":          filter(func(q *logQuery, i int64) { q.Person = person(i); at(q, 25) }),
		"person who left":            filter(func(q *logQuery, i int64) { q.Person = gone }),
		"device":                     filter(func(q *logQuery, i int64) { q.Device = device(i) }),
		"device, anywhere":           filter(func(q *logQuery, i int64) { q.Device = device(i); at(q, i) }),
		"day":                        filter(day),
		"day, anywhere in it":        filter(func(q *logQuery, i int64) { day(q, i); at(q, i) }),
		"common kind":                filter(func(q *logQuery, i int64) { q.Kind = "record.opened" }),
		"common kind, anywhere":      filter(func(q *logQuery, i int64) { q.Kind = "record.opened"; at(q, i) }),
		"rare kind":                  filter(func(q *logQuery, i int64) { q.Kind = "device.wiped" }),
		"kind: half of a share":      filter(func(q *logQuery, i int64) { q.Kind = "share.sent"; at(q, i) }),
		"kind: work of a colleague":  filter(func(q *logQuery, i int64) { q.Kind = "assignment.received"; at(q, i) }),
		"kind: found by a search":    filter(func(q *logQuery, i int64) { q.Kind = "record.found"; at(q, i) }),
		"unit":                       filter(func(q *logQuery, i int64) { q.unit = "n-1" }),
		"unit, anywhere":             filter(func(q *logQuery, i int64) { q.unit = "n-1"; at(q, i) }),
		"person and day":             filter(func(q *logQuery, i int64) { q.Person = person(i); day(q, i) }),
		"device and day":             filter(func(q *logQuery, i int64) { q.Device = device(i); day(q, i) }),
		"person who left and day":    filter(func(q *logQuery, i int64) { q.Person = gone; day(q, i) }),
		"subject and day":            filter(func(q *logQuery, i int64) { q.Subject = thing("s", i); day(q, i) }),
		"subject and a stranger":     filter(func(q *logQuery, i int64) { q.Subject, q.Person = thing("s", i), gone }),
		"subject and person":         filter(func(q *logQuery, i int64) { q.Subject, q.Person = thing("s", i), person(i) }),
		"subject and kind":           filter(func(q *logQuery, i int64) { q.Subject, q.Kind = thing("s", i), "record.opened" }),
		"person and kind":            filter(func(q *logQuery, i int64) { q.Person, q.Kind = person(i), "record.opened" }),
		"person who left and kind":   filter(func(q *logQuery, i int64) { q.Person, q.Kind = gone, "record.refused" }),
		"person, kind and day":       filter(func(q *logQuery, i int64) { q.Person, q.Kind = person(i), "record.opened"; day(q, i) }),
		"person and rare kind":       filter(func(q *logQuery, i int64) { q.Person, q.Kind = person(i), "device.wiped" }),
		"unit and common kind":       filter(func(q *logQuery, i int64) { q.unit, q.Kind = "n-1", "record.opened"; at(q, i) }),
		"unit and kind":              filter(func(q *logQuery, i int64) { q.unit, q.Kind = "n-1", "record.refused"; at(q, i) }),
		"unit and rare kind":         filter(func(q *logQuery, i int64) { q.unit, q.Kind = "n-1", "device.wiped"; at(q, i) }),
		"unit and person":            filter(func(q *logQuery, i int64) { q.unit, q.Person = "n-1", person(i) }),
		"unit and a stranger to it":  filter(func(q *logQuery, i int64) { q.unit, q.Person = "n-1", "p-2" }),
		"unit and day":               filter(func(q *logQuery, i int64) { q.unit = "n-1"; day(q, i) }),
		"kind and day":               filter(func(q *logQuery, i int64) { q.Kind = "record.refused"; day(q, i) }),
		"rare kind and day":          filter(func(q *logQuery, i int64) { q.Kind = "device.wiped"; day(q, i) }),
		"unit, kind and day":         filter(func(q *logQuery, i int64) { q.unit, q.Kind = "n-1", "record.opened"; day(q, i) }),
		"unit, kind, person and day": filter(func(q *logQuery, i int64) { q.unit, q.Kind, q.Person = "n-1", "record.opened", person(i); day(q, i) }),
		"nothing that is there": filter(func(q *logQuery, i int64) {
			q.Kind, q.Person = "record.opened", gone
			q.Device = device(i)
		}),
	}
}

// page reads pages and says how long they took.
func (c *crowded) page(b *testing.B, filter func(*rand.Rand) logQuery) pageTimes {
	ctx, random := context.Background(), rand.New(rand.NewPCG(3, 4))
	pages, commits := make([]time.Duration, 0, 1024), make([]time.Duration, 0, 1024)
	one := func() {
		q := filter(random)
		began, read := time.Now(), time.Time{}
		err := c.g.store.Do(ctx, func(tx *store.Tx) error {
			call := &Call{ctx: ctx, g: c.g, tx: tx, Now: signed.At(time.Now()), Person: identity.Person{ID: "p-anna"}, route: &Route{Path: link.PathLog}, reach: reach{everything: true}, device: &sqlc.Device{ID: string(c.reviewer)}}
			_, err := call.reviewer().page(&q, link.LogFilter{})
			read = time.Now()
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		pages, commits = append(pages, time.Since(began)), append(commits, time.Since(read))
	}
	for range 3 { // statements are prepared between two transactions
		one()
	}
	pages, commits = pages[:0], commits[:0]
	for b.Loop() {
		one()
	}
	t := pageTimes{page: halfAndSlowest(pages), commit: halfAndSlowest(commits)}
	b.ReportMetric(float64(t.page[1].Nanoseconds())/1e7, "p99-of-10ms")
	return t
}

func halfAndSlowest(took []time.Duration) [2]time.Duration {
	slices.Sort(took)
	return [2]time.Duration{took[len(took)/2], took[len(took)-1-len(took)/100]}
}
