package vault

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Destroy ends the vault in dir, whoever's passphrase it had: first what its keys hang on, durably,
// then the rest, so that a crash on the way leaves nothing that opens. The folder stays, empty but for
// its lock. A folder that is not there is no error. Errors: ErrOpenElsewhere, ErrReadOnly.
func Destroy(dir string, o Options) error {
	f := folderAt(dir, o)
	if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	lock, err := f.lock()
	if err != nil {
		return fmt.Errorf("destroy vault: %w", err)
	}
	defer lock.Close()
	for _, name := range []string{headerName, headerName + newSuffix, keybagName, profileName} {
		if err := f.disk.Remove(f.path(name)); err != nil {
			return named("destroy vault", err)
		}
	}
	if err := f.disk.SyncDir(dir); err != nil {
		return named("destroy vault", err)
	}
	rest, err := os.ReadDir(dir)
	for _, e := range rest {
		if e.Name() != lockName {
			err = errors.Join(err, os.RemoveAll(f.path(e.Name())))
		}
	}
	return named("destroy vault", err)
}
