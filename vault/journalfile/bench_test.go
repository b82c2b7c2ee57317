package journalfile

import (
	"crypto/ed25519"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"handslag/identity/signed"
	"handslag/vault/disk"
	"handslag/vault/journal"
)

// ground is preallocated space, for what entries are held against; it begins anew at its end.
type ground struct {
	file disk.Appender
	at   int64
}

const groundSpace = 4 << 20 // bytes

func newGround(b *testing.B) *ground {
	file, err := disk.OS{}.Create(filepath.Join(b.TempDir(), "ground"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { file.Close() })
	if _, err = file.Write(make([]byte, groundSpace)); err == nil {
		err = file.Sync()
	}
	if err != nil {
		b.Fatal(err)
	}
	return &ground{file: file}
}

func (g *ground) put(b *testing.B, data []byte, write func(data []byte, offset int64) error) {
	if g.at+int64(len(data)) > groundSpace {
		g.at = 0
	}
	if err := write(data, g.at); err != nil {
		b.Fatal(err)
	}
	g.at += int64(len(data))
}

// BenchmarkAppend holds a signed, chained, encrypted and durable entry against a bare write and
// sync of as many bytes; one at a time against thirty-two at once; and those against what they
// cost where nothing is done but to sign them on all cores and to write them once. All of them
// take turns, so that they meet the same disk, and the median of each counts.
func BenchmarkAppend(b *testing.B) {
	const callers = 32
	p := cast()
	f, space, blocks := mustOpen(b, p.config(b.TempDir(), nil)), newGround(b), newGround(b)
	mustAppend(b, f, p.opening(1))
	entry := make([]byte, f.segments[0].places[0].size)
	secret := p.signing.Ed25519()
	many := make([]byte, wholeBlocks(callers*len(entry)))
	took := map[string][]time.Duration{}
	timed := func(what string, deeds int, do func()) {
		begun := time.Now()
		do()
		took[what] = append(took[what], time.Since(begun)/time.Duration(deeds))
	}
	round := func() {
		timed("bare", 1, func() {
			space.put(b, entry, func(data []byte, offset int64) error {
				if _, err := space.file.WriteAt(data, offset); err != nil {
					return err
				}
				return space.file.Sync()
			})
		})
		timed("one", 1, func() { mustAppend(b, f, p.opening(1)) })
		timed("many", callers, func() {
			var group sync.WaitGroup
			for range callers {
				group.Go(func() {
					if _, err := f.Append(p.opening(1)); err != nil {
						b.Error(err)
					}
				})
			}
			group.Wait()
		})
		timed("bound", callers, func() {
			_ = signed.SideBySide(callers, func(int) error { ed25519.Sign(secret, entry); return nil })
			blocks.put(b, many, blocks.file.WriteBlocks)
		})
	}
	median := func(what string) float64 {
		all := slices.Sorted(slices.Values(took[what]))
		return float64(all[len(all)/2].Nanoseconds())
	}
	row := func(name, what string, more func(b *testing.B)) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() { // timed in turn, above
			}
			b.ReportMetric(median(what), "ns/op")
			more(b)
		})
	}
	for begun := time.Now(); time.Since(begun) < appendFor; {
		round()
	}
	one := median("one")
	row("write and fdatasync", "bare", func(b *testing.B) { b.ReportMetric(float64(len(entry)), "B/entry") })
	row("one by one", "one", func(b *testing.B) { b.ReportMetric(one/median("bare"), "x-bare") })
	row("bound: 32 signatures and one write", "bound", func(b *testing.B) { b.ReportMetric(one/median("bound"), "x-faster") })
	row("32 at once", "many", func(b *testing.B) {
		b.ReportMetric(one/median("many"), "x-faster")
		b.ReportMetric(median("many")/median("bound"), "x-bound")
	})
}

const appendFor = 4 * time.Second

// BenchmarkJournal shows that what an entry costs does not grow with the journal: to append it, fifty
// in a sync, to read it at Open, to verify its signature and place, and to take it out of a
// batch. A million entries take minutes: HANDSLAG_BENCH_LONG=1.
func BenchmarkJournal(b *testing.B) {
	sizes := []int{1_000, 10_000, 100_000}
	if os.Getenv("HANDSLAG_BENCH_LONG") != "" {
		sizes = append(sizes, 1_000_000)
	}
	p := cast()
	for _, n := range sizes {
		dir := filepath.Join(b.TempDir(), fmt.Sprint(n))
		each := func(what string, do func(b *testing.B)) {
			b.Run(fmt.Sprintf("%s/%d", what, n), func(b *testing.B) {
				rounds := 0
				begun := time.Now()
				for b.Loop() {
					do(b)
					rounds++
				}
				b.ReportMetric(float64(time.Since(begun).Nanoseconds())/float64(rounds)/float64(n), "ns/entry")
			})
		}
		each("append", func(b *testing.B) {
			if err := os.RemoveAll(dir); err != nil {
				b.Fatal(err)
			}
			f := mustOpen(b, p.config(dir, nil))
			for said := 0; said < n; said += 50 {
				drafts := make([]Draft, 50)
				for i := range drafts {
					drafts[i] = p.opening(said + i)
				}
				mustAppend(b, f, drafts...)
			}
			f.Close()
		})
		each("open", func(b *testing.B) {
			f := mustOpen(b, p.config(dir, nil))
			if f.Waiting() != n {
				b.Fatalf("%d wait", f.Waiting())
			}
			f.Close()
		})
		f := mustOpen(b, p.config(dir, nil))
		each("verify", func(b *testing.B) {
			chain := journal.Chain{Generation: 1}
			for s, err := range f.Entries(0, 0) {
				if err != nil {
					b.Fatal(err)
				}
				e, err := journal.OpenEntry(s.Raw, p.signing.Public())
				if err != nil || chain.Judge(e) != journal.Follows {
					b.Fatalf("entry %d: %v", chain.Last+1, err)
				}
				chain = chain.Extend(e, s.Raw)
			}
		})
		f.Close()
	}
}
