// Package folder is the vault's folder on its disk: small files that are the old one or the new one, whole, and the
// room that stays free beside them. It knows no key and no format.
package folder

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"handslag/vault/disk"
	"handslag/vault/internal/fault"
)

// Names in the vault's folder.
const (
	Header    = "header"
	Keybag    = "keybag"
	Catalogue = "catalogue"
	Profile   = "profile"
	Attempts  = "attempts"
	Lock      = "lock"
	View      = "view"
	NewSuffix = disk.DraftSuffix // of a file that is not whole yet; written over by the next try
)

const (
	Mode     = 0o700
	FileMode = 0o600

	FileReserve = 1 << 20  // bytes that stay free beside a small file
	ViewReserve = 64 << 20 // bytes that Badger may touch through its memory maps, where a full disk kills the process
)

// Folder is the vault's directory on its disk. Badger's files in it are Badger's own.
type Folder struct {
	Dir  string
	Disk disk.Disk
	Free func(dir string) (uint64, error)
}

func (f Folder) Path(name string) string { return filepath.Join(f.Dir, name) }

// Lock takes the vault for this process. The operating system holds it, so it ends with
// the process however that ends. It returns ErrOpenElsewhere when another has it, be it
// in this same process.
func (f Folder) Lock() (io.Closer, error) {
	lock, err := f.Disk.Lock(f.Path(Lock))
	if errors.Is(err, disk.ErrLocked) {
		err = fault.ErrOpenElsewhere
	}
	if err != nil {
		return nil, fault.Named("lock the vault", err)
	}
	return lock, nil
}

// Space returns ErrFull unless size bytes and reserve are free.
func (f Folder) Space(size, reserve int) error {
	free, err := f.Free(f.Dir)
	if err != nil {
		return fault.Named("ask for free space", err)
	}
	if need := uint64(size) + uint64(reserve); free < need {
		return fmt.Errorf("%d bytes free, %d needed: %w", free, need, fault.ErrFull)
	}
	return nil
}

// Write replaces a file: at any moment, and after any crash, it is the old one or the new
// one, whole.
func (f Folder) Write(name string, data []byte) error {
	if err := f.Stage(name, data); err != nil {
		return err
	}
	return f.Place(name)
}

// Stage makes the new file durable beside the old one, which stays in force until place.
func (f Folder) Stage(name string, data []byte) error {
	deed := "write " + name
	if err := f.Space(len(data), FileReserve); err != nil {
		return fmt.Errorf("%s: %w", deed, err)
	}
	return fault.Named(deed, disk.Stage(f.Disk, f.Path(name), data))
}

// Place puts what was staged in the old file's place.
func (f Folder) Place(name string) error {
	return fault.Named("write "+name, disk.Place(f.Disk, f.Path(name)))
}

// Rename is place for what may be the only copy of something: where it fails, what was staged
// stays.
func (f Folder) Rename(name string) error {
	err := f.Disk.Rename(f.Path(name+NewSuffix), f.Path(name))
	if err == nil {
		err = f.Disk.SyncDir(f.Dir)
	}
	return fault.Named("write "+name, err)
}

// Unstage removes what was staged; where that fails, the next try writes over it.
func (f Folder) Unstage(name string) { disk.Unstage(f.Disk, f.Path(name)) }

// Sync makes the names of what was made, staged or removed durable.
func (f Folder) Sync() error { return fault.Named("sync the vault's folder", f.Disk.SyncDir(f.Dir)) }

// Read returns a file of at most limit bytes, fs.ErrNotExist where there is none, and
// ErrDamaged where it is larger.
func (f Folder) Read(name string, limit int) ([]byte, error) {
	data, err := f.Disk.Read(f.Path(name), int64(limit)+1)
	if err != nil {
		return nil, fault.Named("read "+name, err)
	}
	if len(data) > limit {
		return nil, fmt.Errorf("read %s: larger than any vault's: %w", name, fault.ErrDamaged)
	}
	return data, nil
}

// Has reports whether the folder holds the file name.
func (f Folder) Has(name string) (bool, error) {
	_, err := f.Disk.Read(f.Path(name), 1)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, fault.Named("look for "+name, err)
}

// Writable finds out by doing it: permissions, read-only mounts and network shares each
// have rules of their own.
func (f Folder) Writable() error {
	const probe = "probe"
	err := f.Disk.Remove(f.Path(probe + NewSuffix))
	if err == nil {
		var file disk.Appender
		if file, err = f.Disk.Create(f.Path(probe + NewSuffix)); err == nil {
			err = errors.Join(file.Close(), f.Disk.Remove(f.Path(probe+NewSuffix)))
		}
	}
	return fault.Named("try to write in the vault", err)
}
