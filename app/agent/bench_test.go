package agent

import (
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"handslag/vault/disk"
	"handslag/vault/journal"
)

// BenchmarkOpenProtected opens a protected record with its durable, signed entry, end to end,
// and in the same run writes and syncs as many bytes into preallocated space, which is the
// least that anything durable costs: x-bare is the ratio. What 32 at once cost is a record's
// share.
func BenchmarkOpenProtected(b *testing.B) {
	const many = 32
	f := newFar(b)
	for i := range many {
		f.addRecord(benchRecord(i), journal.SubjectID(fmt.Sprintf("sub%d", i)), "Akt", "070-174 06 41")
	}
	p := f.phone().enrolled().synced()
	open := func(b *testing.B, i int) {
		if _, err := p.Open(b.Context(), benchRecord(i), Reason{Text: "ringde om läckan i köket"}); err != nil {
			b.Fatalf("%v %s", err, unwrapped(err))
		}
	}
	open(b, 0)
	size := p.newestEntry(b)
	var bare, single time.Duration
	b.Run("bare write and sync", func(b *testing.B) {
		file, err := disk.OS{}.Create(filepath.Join(b.TempDir(), "bare"))
		ok(b, err)
		defer file.Close()
		const room = 16 << 20
		_, err = file.Write(make([]byte, room))
		ok(b, err)
		ok(b, file.Sync())
		data, at := make([]byte, size), 0
		for b.Loop() {
			if _, err := file.WriteAt(data, int64(at)); err != nil {
				b.Fatal(err)
			}
			if err := file.Sync(); err != nil {
				b.Fatal(err)
			}
			at = (at + size) % (room - size)
		}
		bare = b.Elapsed() / time.Duration(b.N)
		b.ReportMetric(float64(size), "bytes")
	})
	b.Run("one by one", func(b *testing.B) {
		for b.Loop() {
			open(b, 0)
		}
		single = b.Elapsed() / time.Duration(b.N)
		b.ReportMetric(float64(single)/float64(bare), "x-bare")
	})
	b.Run("32 at once", func(b *testing.B) {
		var next atomic.Int64
		b.SetParallelism(many) // times GOMAXPROCS: at least as many
		b.RunParallel(func(pb *testing.PB) {
			i := int(next.Add(1)) % many
			for pb.Next() {
				open(b, i)
			}
		})
		each := b.Elapsed() / time.Duration(b.N)
		b.ReportMetric(float64(single)/float64(each), "x-faster")
	})
}

func benchRecord(i int) journal.RecordID { return journal.RecordID(fmt.Sprintf("rec%d", i)) }

// newestEntry is about how many bytes the newest entry takes on the disk.
func (p *phone) newestEntry(b *testing.B) int {
	s, err := p.current()
	ok(b, err)
	size := 0
	for st, err := range s.journal.Entries(0, 0) {
		ok(b, err)
		size = len(st.Raw) + len(st.Box) + len(st.Kept) + 64 + journal.FrameHead + 40
	}
	return size
}

// BenchmarkFirstSync is a device's first sync after it was enrolled: all records with an entry each.
// Writes are those that wait for the disk, but for Badger's own, of which there is one for each of
// the vault's.
func BenchmarkFirstSync(b *testing.B) {
	for _, n := range []int{200, maxPageThings - 50} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			f := newFar(b)
			for i := range n {
				f.addRecord(benchRecord(i), journal.SubjectID(fmt.Sprintf("sub%d", i)), "Akt", "070-174 06 41")
			}
			var took time.Duration
			writes := 0
			for b.Loop() {
				b.StopTimer()
				p, counted := f.phone(), &countingDisk{}
				p.cfg.Disk, p.cfg.VaultOptions.Disk = counted, counted
				p.start()
				p.enrolled()
				before := counted.writes.Load()
				b.StartTimer()
				at := time.Now()
				r, err := p.Sync(b.Context())
				ok(b, err)
				took += time.Since(at)
				b.StopTimer()
				writes += int(counted.writes.Load() - before)
				if r.Received < n {
					b.Fatalf("received %d", r.Received)
				}
				ok(b, p.Close())
				b.StartTimer()
			}
			b.ReportMetric(float64(took.Microseconds())/float64(b.N*n), "µs/record")
			b.ReportMetric(float64(writes)/float64(b.N*n), "writes/record")
		})
	}
}

// countingDisk counts what waits for the disk.
type countingDisk struct {
	disk.OS
	writes atomic.Int64
}

func (d *countingDisk) Create(name string) (disk.Appender, error) { return d.open(d.OS.Create(name)) }
func (d *countingDisk) Extend(name string) (disk.Appender, error) { return d.open(d.OS.Extend(name)) }

func (d *countingDisk) open(file disk.Appender, err error) (disk.Appender, error) {
	if err != nil {
		return nil, err
	}
	return countingFile{file, d}, nil
}

type countingFile struct {
	disk.Appender
	disk *countingDisk
}

func (f countingFile) Sync() error {
	f.disk.writes.Add(1)
	return f.Appender.Sync()
}

func (f countingFile) WriteBlocks(data []byte, offset int64) error {
	f.disk.writes.Add(1)
	return f.Appender.WriteBlocks(data, offset)
}
