package vault

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

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
	if _, err := Open(w.dir, passphrase, cheap); !errors.Is(err, ErrFull) {
		t.Errorf("unlocking on a full disk: %v", err)
	}
	must(t, errors.Join(ballast.Close(), os.Remove(ballast.Name())))
	w.vault, err = Open(w.dir, passphrase, cheap)
	must(t, err)
	look("with room again")
	must(t, write())
	look("with one more")
}
