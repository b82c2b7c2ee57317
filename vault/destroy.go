package vault

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"handslag/vault/factor"
)

// Destroy ends the vault in dir, whoever's passphrase it had: first what its keys hang on, durably,
// then what its factors keep, then the rest, so that a crash on the way leaves nothing that opens.
// The folder stays, empty but for its lock. A folder that is not there is no error.
//
// Errors: ErrOpenElsewhere, ErrReadOnly; and where the folder is done with but a factor does
// not answer, ErrLeft with a FactorError: what that factor keeps opens nothing any more, and nobody
// will ask for it again.
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
	kept := f.kept()
	if err := f.destroy(); err != nil {
		return fmt.Errorf("destroy vault: %w", err)
	}
	if left := meansOf(o).forget(kept); left != nil {
		return fmt.Errorf("destroy vault: %w: %w", ErrLeft, left)
	}
	return nil
}

func (f folder) destroy() error {
	for _, name := range []string{headerName, headerName + newSuffix} {
		f.overwrite(name)
	}
	for _, name := range []string{headerName, headerName + newSuffix, keybagName, keybagName + newSuffix, profileName} {
		if err := f.disk.Remove(f.path(name)); err != nil {
			return named("remove "+name, err)
		}
	}
	if err := f.sync(); err != nil {
		return err
	}
	chunks, _ := f.disk.List(f.path(blobsName)) // a folder that is not there has none
	for _, name := range chunks {
		if err := f.disk.Remove(filepath.Join(f.path(blobsName), name)); err != nil {
			return named("remove attachments' chunks", err)
		}
	}
	rest, err := os.ReadDir(f.dir)
	for _, e := range rest {
		if e.Name() != lockName {
			err = errors.Join(err, os.RemoveAll(f.path(e.Name())))
		}
	}
	return named("remove", err)
}

// overwrite makes zeroes of a small file where it lies. Many a disk writes them elsewhere, so
// nothing may rest on it.
func (f folder) overwrite(name string) {
	data, err := f.read(name, headerLimit)
	if err != nil {
		return
	}
	file, err := f.disk.Extend(f.path(name))
	if err != nil {
		return
	}
	defer file.Close()
	if _, err = file.WriteAt(make([]byte, len(data)), 0); err == nil {
		_ = file.Sync()
	}
}

// kept are the factors that may keep something of the vault, by the vault's ID: those of its
// header, and of one that a change left beside it. A header that nobody can read names none.
func (f folder) kept() map[string][]factor.Name {
	kept := map[string][]factor.Name{}
	for _, name := range []string{headerName, headerName + newSuffix} {
		if h, err := f.readHeader(name); err == nil {
			kept[h.id()], _ = ordered(slices.Concat(kept[h.id()], h.use())) // known ones: the header was checked
		}
	}
	return kept
}

// forget has the factors remove what they keep.
func (m means) forget(kept map[string][]factor.Name) (left error) {
	for vault, use := range kept {
		for _, name := range use {
			if err := m.of(name).Forget(vault); err != nil {
				left = errors.Join(left, factorError(name, err))
			}
		}
	}
	return left
}
