package vault

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"handslag/vault/factor"
	"handslag/vault/internal/blob"
	"handslag/vault/internal/fault"
	"handslag/vault/internal/folder"
	"handslag/vault/internal/header"
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
	lock, err := f.Lock()
	if err != nil {
		return fmt.Errorf("destroy vault: %w", err)
	}
	defer lock.Close()
	left := kept(f)
	if err := destroy(f); err != nil {
		return fmt.Errorf("destroy vault: %w", err)
	}
	if err := forget(meansOf(o), left); err != nil {
		return fmt.Errorf("destroy vault: %w: %w", ErrLeft, err)
	}
	return nil
}

func destroy(f folder.Folder) error {
	for _, name := range []string{folder.Header, folder.Header + folder.NewSuffix} {
		overwrite(f, name)
	}
	for _, name := range []string{folder.Header, folder.Header + folder.NewSuffix, folder.Keybag, folder.Keybag + folder.NewSuffix, folder.Profile} {
		if err := f.Disk.Remove(f.Path(name)); err != nil {
			return fault.Named("remove "+name, err)
		}
	}
	if err := f.Sync(); err != nil {
		return err
	}
	chunks, _ := f.Disk.List(f.Path(blob.Folder)) // a folder that is not there has none
	for _, name := range chunks {
		if err := f.Disk.Remove(filepath.Join(f.Path(blob.Folder), name)); err != nil {
			return fault.Named("remove attachments' chunks", err)
		}
	}
	rest, err := os.ReadDir(f.Dir)
	for _, e := range rest {
		if e.Name() != folder.Lock {
			err = errors.Join(err, os.RemoveAll(f.Path(e.Name())))
		}
	}
	return fault.Named("remove", err)
}

// overwrite makes zeroes of a small file where it lies. Many a disk writes them elsewhere, so
// nothing may rest on it.
func overwrite(f folder.Folder, name string) {
	data, err := f.Read(name, header.Limit)
	if err != nil {
		return
	}
	file, err := f.Disk.Extend(f.Path(name))
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
func kept(f folder.Folder) map[string][]factor.Name {
	kept := map[string][]factor.Name{}
	for _, name := range []string{folder.Header, folder.Header + folder.NewSuffix} {
		if h, err := header.Read(f, name); err == nil {
			kept[h.ID()], _ = header.Ordered(slices.Concat(kept[h.ID()], h.Use())) // known ones: the header was checked
		}
	}
	return kept
}

// forget has the factors remove what they keep.
func forget(m header.Means, kept map[string][]factor.Name) (left error) {
	for vault, use := range kept {
		for _, name := range use {
			if err := m.Of(name).Forget(vault); err != nil {
				left = errors.Join(left, fault.OfFactor(name, err))
			}
		}
	}
	return left
}
