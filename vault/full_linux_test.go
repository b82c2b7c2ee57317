package vault

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"handslag/vault/internal/folder"
	"handslag/vault/journal"
)

// Where a full disk would end the process, by a signal, in Badger's memory maps.
func TestARealDiskThatIsFull(t *testing.T) {
	small := t.TempDir()
	if err := syscall.Mount("tmpfs", small, "tmpfs", 0, "size=160m"); err != nil {
		t.Skipf("this process may not mount a small disk: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(small, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	w := bareWorld(t, filepath.Join(small, "vault"))
	v, err := Create(w.dir, passphrase, cheap)
	must(t, err)
	w.vault = v
	t.Cleanup(func() { w.vault.Close() })
	said := 0
	write := func() error {
		id := journal.RecordID(fmt.Sprint("rec-", said))
		_, err := w.vault.PutRecords([]RecordCopy{w.copy(id, journal.SubjectID("subject-"+id), 1, morning)})
		if err == nil {
			said++
		}
		return err
	}
	ballast, err := os.Create(filepath.Join(small, "ballast"))
	must(t, err)
	full := false
	for range 400 {
		if _, err := ballast.Write(make([]byte, 1<<20)); err != nil { // to the last byte
			full = true
		}
		if err := write(); err != nil && !errors.Is(err, ErrFull) {
			t.Fatalf("after %d records: %v", said, err)
		}
		if full {
			break
		}
	}
	if err := write(); !errors.Is(err, ErrFull) || !full || said == 0 {
		t.Fatalf("on a full disk, after %d records: %v", said, err)
	}
	if _, err := v.SubjectKey("somebody-new"); !errors.Is(err, ErrFull) {
		t.Errorf("a new subject's key on a full disk: %v", err)
	}
	look := func(when string) {
		t.Helper()
		rows, err := w.vault.Records(RecordFilter{})
		if err != nil || len(rows) != said {
			t.Errorf("%s: %d rows of %d, %v", when, len(rows), said, err)
		}
	}
	look("full")
	must(t, v.Close())
	// Unlocked on a full disk it shows what it has, and changes nothing of it.
	w.vault, err = Open(w.dir, passphrase, cheap)
	must(t, err)
	look("unlocked on a full disk")
	for range 3 {
		if err := write(); !errors.Is(err, ErrFull) {
			t.Errorf("written in spite of it: %v", err)
		}
	}
	must(t, w.vault.DropStaged())
	if row, err := w.vault.Record("rec-0"); err != nil || row.Until != morning {
		t.Errorf("a row: %+v, %v", row, err)
	}
	must(t, w.vault.Close())
	w.vault, err = Open(w.dir, passphrase, cheap)
	must(t, err)
	look("and once more")

	must(t, errors.Join(ballast.Close(), os.Remove(ballast.Name())))
	look("with room again")
	must(t, write())
	look("with one more")
	must(t, w.vault.Close())
	w.vault, err = Open(w.dir, passphrase, cheap)
	must(t, err)
	look("after another unlock")
	must(t, write())
}

// Where the view was not closed, it can not be read without being written to: then a full disk keeps the vault shut,
// and damages nothing.
func TestAVaultThatWasKilledWaitsForRoom(t *testing.T) {
	w := newWorld(t)
	w.put(w.copy(rita, ritaS, 1, morning))
	killed := loot(t, w.dir)
	full := cheap
	full.FreeSpace = func(string) (uint64, error) { return folder.ViewReserve - 1, nil }
	if _, err := Open(killed, passphrase, full); !errors.Is(err, ErrFull) || errors.Is(err, ErrView) {
		t.Errorf("unlocked: %v", err)
	}
	v, err := Open(killed, passphrase, cheap)
	must(t, err)
	defer v.Close()
	if row, err := v.Record(rita); err != nil || row.ID != rita {
		t.Errorf("with room again: %v", err)
	}
}
