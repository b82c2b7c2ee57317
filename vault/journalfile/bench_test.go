package journalfile

import (
	"path/filepath"
	"testing"

	"handslag/vault/disk"
)

// BenchmarkAppend compares a durable entry with the least that any durable log costs, a bare
// write and sync of as many bytes, in one run on one disk.
func BenchmarkAppend(b *testing.B) {
	p := cast()
	b.Run("bare write and sync", func(b *testing.B) {
		file, err := disk.OS{}.Create(filepath.Join(b.TempDir(), "bare"))
		if err != nil {
			b.Fatal(err)
		}
		defer file.Close()
		data := make([]byte, 900)
		for b.Loop() {
			if _, err := file.Write(data); err != nil {
				b.Fatal(err)
			}
			if err := file.Sync(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("one after the other", func(b *testing.B) {
		f := mustOpen(b, p.config(b.TempDir(), nil))
		for b.Loop() {
			mustAppend(b, f, p.opening(1))
		}
	})
	b.Run("sixteen at once", func(b *testing.B) {
		f := mustOpen(b, p.config(b.TempDir(), nil))
		b.SetParallelism(8) // times GOMAXPROCS, 2 where this was measured
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, err := f.Append(p.opening(1)); err != nil {
					b.Error(err)
				}
			}
		})
	})
	b.Run("opening 2000 entries", func(b *testing.B) {
		dir := b.TempDir()
		f := mustOpen(b, p.config(dir, nil))
		for range 40 {
			drafts := make([]Draft, 50)
			for i := range drafts {
				drafts[i] = p.opening(i)
			}
			mustAppend(b, f, drafts...)
		}
		f.Close()
		for b.Loop() {
			f, err := Open(p.config(dir, nil))
			if err != nil {
				b.Fatal(err)
			}
			f.Close()
		}
	})
}
