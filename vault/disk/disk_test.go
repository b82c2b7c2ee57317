package disk_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"handslag/vault/disk"
	"handslag/vault/disk/faulty"
)

// each runs a story on the real disk and on the model of one.
func each(t *testing.T, story func(t *testing.T, d disk.Disk, dir string)) {
	t.Run("real", func(t *testing.T) { story(t, disk.OS{}, filepath.Join(t.TempDir(), "a", "b")) })
	t.Run("model", func(t *testing.T) { story(t, faulty.New(), "/a/b") })
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func reads(t *testing.T, d disk.Disk, name, want string) {
	t.Helper()
	got, err := d.Read(name, 1<<20)
	must(t, err)
	if string(got) != want {
		t.Fatalf("%s holds %q, want %q", filepath.Base(name), got, want)
	}
}

func write(t *testing.T, file disk.Appender, text string) {
	t.Helper()
	if n, err := file.Write([]byte(text)); n != len(text) || err != nil {
		t.Fatalf("write: %d, %v", n, err)
	}
}

func TestBothDisksSayTheSame(t *testing.T) {
	each(t, func(t *testing.T, d disk.Disk, dir string) {
		must(t, d.MakeDir(dir))
		must(t, d.MakeDir(dir))
		name := filepath.Join(dir, "log")
		_, err := d.Extend(name)
		if !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("extend what is not there: %v", err)
		}
		if _, err := d.Read(name, 1); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("read what is not there: %v", err)
		}
		file, err := d.Create(name)
		must(t, err)
		if _, err := d.Create(name); !errors.Is(err, fs.ErrExist) {
			t.Fatalf("create what is there: %v", err)
		}
		write(t, file, "one")
		write(t, file, "two")
		must(t, file.Sync())
		must(t, file.Close())
		must(t, d.SyncDir(dir))

		file, err = d.Extend(name)
		must(t, err)
		write(t, file, "three")
		reads(t, d, name, "onetwothree")
		must(t, file.Truncate(6))
		write(t, file, "four") // at the end that there is now
		reads(t, d, name, "onetwofour")
		must(t, file.Truncate(12))
		reads(t, d, name, "onetwofour\x00\x00")
		if n, err := file.WriteAt([]byte("ON"), 0); n != 2 || err != nil {
			t.Fatalf("write at: %d, %v", n, err)
		}
		write(t, file, "!")
		must(t, file.Sync())
		must(t, file.Close())
		reads(t, d, name, "ONetwofour\x00\x00!")
		into := make([]byte, 20)
		if n, err := d.Fill(name, into); string(into[:n]) != "ONetwofour\x00\x00!" || err != nil {
			t.Fatalf("fill: %q, %v", into[:n], err)
		}
		if n, err := d.Fill(name, into[:3]); string(into[:n]) != "ONe" || err != nil {
			t.Fatalf("fill three bytes: %q, %v", into[:n], err)
		}
		if _, err := d.Fill(name+"?", into); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("fill from what is not there: %v", err)
		}
		if part, err := d.Read(name, 3); string(part) != "ONe" || err != nil {
			t.Fatalf("read three bytes: %q, %v", part, err)
		}

		file, err = d.Extend(name)
		must(t, err)
		must(t, file.Truncate(3*disk.Block))
		must(t, file.Sync())
		block := bytes.Repeat([]byte("block"), disk.Block)[:disk.Block]
		must(t, file.WriteBlocks(block, disk.Block))
		must(t, file.WriteBlocks(slices.Concat(block, block), 0))
		reads(t, d, name, string(block)+string(block)+string(make([]byte, disk.Block)))
		must(t, file.WriteBlocks(make([]byte, disk.Block), 0))
		reads(t, d, name, string(make([]byte, disk.Block))+string(block)+string(make([]byte, disk.Block)))
		if file.WriteBlocks(block[1:], 0) == nil || file.WriteBlocks(block, 1) == nil {
			t.Error("half a block is written")
		}
		must(t, file.Close())

		must(t, disk.Replace(d, name, []byte("new")))
		reads(t, d, name, "new")
		must(t, disk.Stage(d, name, []byte("newer")))
		reads(t, d, name, "new")
		must(t, disk.Stage(d, name, []byte("newest"))) // over the other draft
		must(t, disk.Place(d, name))
		reads(t, d, name, "newest")
		must(t, disk.Stage(d, name, []byte("never")))
		disk.Unstage(d, name)
		if err := disk.Place(d, name); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("place what was not staged: %v", err)
		}
		reads(t, d, name, "newest")

		names, err := d.List(dir)
		if err != nil || !slices.Equal(names, []string{"log"}) {
			t.Fatalf("the folder lists %v, %v", names, err)
		}
		if free, err := d.Free(dir); free == 0 || err != nil {
			t.Fatalf("free: %d, %v", free, err)
		}
		lock, err := d.Lock(filepath.Join(dir, "lock"))
		must(t, err)
		if _, err := d.Lock(filepath.Join(dir, "lock")); !errors.Is(err, disk.ErrLocked) {
			t.Fatalf("lock what is locked: %v", err)
		}
		must(t, lock.Close())
		lock, err = d.Lock(filepath.Join(dir, "lock"))
		must(t, err)
		must(t, lock.Close())
		must(t, d.Remove(name))
		must(t, d.Remove(name))
		if _, err := d.Read(name, 1); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("read what was removed: %v", err)
		}
	})
}

func TestAFileWhereAFolderShouldBe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "taken")
	must(t, os.WriteFile(file, nil, 0o600))
	if err := (disk.OS{}).MakeDir(filepath.Join(file, "below")); err == nil {
		t.Fatal("a folder was made below a file")
	}
}

// A replacement is the old or the new, whole, wherever the power goes and whatever of
// the rest survives.
func TestAReplacementIsOldOrNewAfterAnyPowerCut(t *testing.T) {
	old, replacement := bytes.Repeat([]byte("old "), 500), bytes.Repeat([]byte("new!"), 900)
	replace := func(cutAt int) (*faulty.Disk, error) {
		d := faulty.New()
		must(t, disk.Replace(d, "/v/header", old))
		if cutAt > 0 {
			d.CutAt = d.Calls() + cutAt
		}
		err := disk.Replace(d, "/v/header", replacement)
		return d, err
	}
	calm, err := replace(0)
	must(t, err)
	if calm.Calls() != 12 {
		t.Fatalf("two replacements take %d calls", calm.Calls())
	}
	seen := map[string]int{}
	for cutAt := 1; cutAt <= 7; cutAt++ {
		for seed := range uint64(40) {
			d, err := replace(cutAt)
			if (err == nil) != (cutAt == 7) {
				t.Fatalf("cut at %d: %v", cutAt, err)
			}
			got := d.After(faulty.Seeded(seed)).Contents("/v/header")
			switch {
			case bytes.Equal(got, old) && err != nil:
				seen["old"]++
			case bytes.Equal(got, replacement):
				seen["new"]++
			default:
				t.Fatalf("cut at %d, seed %d: %d bytes that are neither", cutAt, seed, len(got))
			}
		}
	}
	if seen["old"] < 40 || seen["new"] < 40 {
		t.Fatalf("the power was not cut at telling moments: %v", seen)
	}
}

// What the model forgets: otherwise a test on it proves nothing.
func TestTheModelForgetsWhatWasNotSynced(t *testing.T) {
	d := faulty.New()
	file, err := d.Create("/log")
	must(t, err)
	write(t, file, "kept")
	must(t, file.Sync())
	if got := d.After(faulty.None).Names(); len(got) != 0 {
		t.Fatalf("a name is durable without its folder's sync: %v", got)
	}
	must(t, d.SyncDir("/"))
	write(t, file, string(bytes.Repeat([]byte{'x'}, 4000)))
	if got := d.After(faulty.None).Contents("/log"); string(got) != "kept" {
		t.Fatalf("without a sync %d bytes survive", len(got))
	}
	if got := d.After(faulty.All).Contents("/log"); len(got) != 4004 {
		t.Fatalf("without a power cut %d bytes survive", len(got))
	}
	// Somewhere a sector is lost before one that is there, and is zeroes.
	holes := 0
	for seed := range uint64(50) {
		got := d.After(faulty.Seeded(seed)).Contents("/log")
		if !bytes.HasPrefix(got, []byte("kept")) {
			t.Fatalf("seed %d: what was synced is lost", seed)
		}
		if hole := bytes.IndexByte(got, 0); hole >= 0 && bytes.IndexByte(got[hole:], 'x') > 0 {
			holes++
		}
	}
	if holes == 0 {
		t.Fatal("sectors never change places")
	}
	d.Room = d.Used() + 10
	n, err := file.Write(make([]byte, 30))
	if n != 10 || !disk.IsFull(err) {
		t.Fatalf("into ten bytes of room: %d, %v", n, err)
	}
	if n, err := file.WriteAt(make([]byte, 30), 0); n != 30 || err != nil {
		t.Fatalf("over what is there on a full disk: %d, %v", n, err)
	}
	if free, _ := d.Free("/"); free != 0 {
		t.Fatalf("%d bytes free on a full disk", free)
	}
	d.FailSync = 1
	if err := file.Sync(); err == nil {
		t.Fatal("the sync did not fail")
	}
	must(t, file.Sync())
}
