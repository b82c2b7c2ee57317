package journalfile

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"handslag/vault/disk"
	"handslag/vault/journal"
)

// bare is the least that any durable log costs: a write into space that is ready, and its sync.
type bare struct {
	file disk.Appender
	at   int64
}

const bareSpace = 1 << 20 // bytes; it begins anew at their end

func newBare(b *testing.B) *bare {
	file, err := disk.OS{}.Create(filepath.Join(b.TempDir(), "bare"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { file.Close() })
	if _, err = file.Write(make([]byte, bareSpace)); err == nil {
		err = file.Sync()
	}
	if err != nil {
		b.Fatal(err)
	}
	return &bare{file: file}
}

func (w *bare) write(b *testing.B, data []byte) {
	if w.at+int64(len(data)) > bareSpace {
		w.at = 0
	}
	_, err := w.file.WriteAt(data, w.at)
	if err == nil {
		err = w.file.Sync()
	}
	if err != nil {
		b.Fatal(err)
	}
	w.at += int64(len(data))
}

// BenchmarkAppend holds a signed, chained, encrypted and durable entry against a bare write and
// sync of as many bytes, in turn, so that both meet the same disk; and one at a time against
// thirty-two at once.
func BenchmarkAppend(b *testing.B) {
	p := cast()
	var single time.Duration
	b.Run("one by one", func(b *testing.B) {
		f, w := mustOpen(b, p.config(b.TempDir(), nil)), newBare(b)
		mustAppend(b, f, p.opening(1))
		data := make([]byte, f.segments[0].places[0].size)
		var own, least time.Duration
		n := 0
		for b.Loop() {
			begun := time.Now()
			w.write(b, data)
			between := time.Now()
			mustAppend(b, f, p.opening(1))
			least, own, n = least+between.Sub(begun), own+time.Since(between), n+1
		}
		single = own / time.Duration(n)
		b.ReportMetric(float64(own)/float64(least), "x-bare")
		b.ReportMetric(float64(own.Nanoseconds())/float64(n), "ns/entry")
		b.ReportMetric(float64(len(data)), "B/entry")
	})
	b.Run("32 at once", func(b *testing.B) {
		f := mustOpen(b, p.config(b.TempDir(), nil))
		const callers = 32
		n := 0
		begun := time.Now()
		for b.Loop() {
			var group sync.WaitGroup
			for range callers {
				group.Go(func() {
					if _, err := f.Append(p.opening(1)); err != nil {
						b.Error(err)
					}
				})
			}
			group.Wait()
			n += callers
		}
		each := time.Since(begun) / time.Duration(n)
		b.ReportMetric(float64(each.Nanoseconds()), "ns/entry")
		if single > 0 {
			b.ReportMetric(float64(single)/float64(each), "x-faster")
		}
	})
}

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
