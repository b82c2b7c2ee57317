package vault

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

const nobody = 65534

func TestAReadOnlyFolderIsSaidToBe(t *testing.T) {
	w := newWorld(t)
	must(t, w.vault.Close())
	if os.Getuid() == 0 { // root may write anywhere: this thread goes on as somebody else
		must(t, filepath.WalkDir(w.dir, func(path string, _ fs.DirEntry, err error) error {
			return errors.Join(err, os.Chown(path, nobody, nobody))
		}))
		for up := filepath.Dir(w.dir); len(up) > len(os.TempDir()); up = filepath.Dir(up) {
			must(t, os.Chmod(up, 0o755))
		}
	}
	must(t, os.Chmod(w.dir, 0o500))
	defer os.Chmod(w.dir, 0o700)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if os.Getuid() == 0 {
			runtime.LockOSThread() // and not unlocked, so that the thread ends with this
			if err := unix.Setfsuid(nobody); err != nil {
				t.Error(err)
				return
			}
		}
		asNobody(t, w)
	}()
	<-done
}

func asNobody(t *testing.T, w *world) {
	if _, err := Open(w.dir, passphrase, cheap); !errors.Is(err, ErrReadOnly) {
		t.Errorf("open: %v", err)
	}
	if _, err := Create(filepath.Join(w.dir, "v"), passphrase, cheap); !errors.Is(err, ErrReadOnly) {
		t.Errorf("create: %v", err)
	}
	if state, err := Exists(w.dir); err != nil || state != Ready {
		t.Errorf("looking needs no writing: %d, %v", state, err)
	}
}
