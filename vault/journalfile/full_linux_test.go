package journalfile

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"handslag/vault/journal"
)

// smallDisk is a real file system of one MiB, a quarter of it taken.
func smallDisk(t *testing.T) (dir, ballast string) {
	t.Helper()
	small := t.TempDir()
	if err := syscall.Mount("tmpfs", small, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("this process may not mount a small disk: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(small, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	ballast = filepath.Join(small, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 256<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(small, "d"), ballast
}

// until appends until the disk is full, and returns how many entries went in.
func until(t *testing.T, f *File, drafts ...Draft) int {
	t.Helper()
	for n := 0; n < 100_000; n += len(drafts) {
		stamps, err := f.Append(drafts...)
		if err == nil {
			continue
		}
		wants(t, err, ErrFull)
		if errors.Is(err, ErrBroken) || stamps != nil {
			t.Fatal(err)
		}
		return n
	}
	t.Fatal("the disk never fills up")
	return 0
}

func TestAFullDiskStillTakesTheLastEntries(t *testing.T) {
	dir, ballast := smallDisk(t)
	p := cast()
	f := mustOpen(t, p.config(dir, nil))
	said := until(t, f, p.opening(1))
	if said < 300 {
		t.Fatalf("only %d entries went in", said)
	}
	filler, err := os.OpenFile(ballast, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	for err == nil { // not a byte more, whoever writes it
		_, err = filler.Write(make([]byte, 512))
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	filler.Close()

	expired, lock := p.opening(2), locked()
	expired.Entry.Kind, expired.Last, lock.Last = journal.RecordExpired, true, true
	for range 20 {
		mustAppend(t, f, expired, expired)
		said += 2
		if _, err := f.Append(p.opening(1)); !errors.Is(err, ErrFull) {
			t.Fatalf("a protected part would open: %v", err)
		}
		if _, err := f.Append(lock, p.opening(1)); !errors.Is(err, ErrFull) {
			t.Fatalf("an ordinary entry takes a last one along: %v", err)
		}
	}
	mustAppend(t, f, lock)
	said++
	if got := all(t, f, true); len(got) != said {
		t.Fatalf("%d said, %d there", said, len(got))
	}

	// The reserve is used up some time, and then nothing goes in, and nothing is lost.
	more := until(t, f, expired)
	if bytes := more * f.segments[0].places[0].size; more < 20 || bytes > Reserve {
		t.Fatalf("%d further entries went in, about %d bytes", more, bytes)
	}
	said += more
	f.Close()
	full := mustOpen(t, p.config(dir, nil)) // opens, to be handed in
	if got := all(t, full, true); len(got) != said || len(full.Damage()) > 0 {
		t.Fatalf("%d said, %d there, %v", said, len(got), full.Damage())
	}
	full.Close()
}

func TestWhenThereIsSpaceAgainItGoesOn(t *testing.T) {
	dir, ballast := smallDisk(t)
	p := cast()
	f := mustOpen(t, p.config(dir, nil))
	said := until(t, f, p.opening(1))
	segments := len(f.segments)
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, f, p.opening(2))
	if len(f.segments) != segments {
		t.Fatal("a full disk ended a segment that was sound")
	}
	f.Close()
	f = mustOpen(t, p.config(dir, nil))
	if got := all(t, f, true); len(got) != said+1 || len(f.Damage()) > 0 {
		t.Fatalf("%d said, %d there, %v", said+1, len(got), f.Damage())
	}
}
