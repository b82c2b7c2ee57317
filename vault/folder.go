package vault

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"handslag/vault/disk"
)

// Names in the vault's folder.
const (
	headerName    = "header"
	keybagName    = "keybag"
	catalogueName = "catalogue"
	profileName   = "profile"
	attemptsName  = "attempts"
	lockName      = "lock"
	viewName      = "view"
	newSuffix     = disk.DraftSuffix // of a file that is not whole yet; written over by the next try
)

const (
	folderMode = 0o700
	fileMode   = 0o600

	fileReserve = 1 << 20  // bytes that stay free beside a small file
	viewReserve = 64 << 20 // bytes that Badger may touch through its memory maps, where a full disk kills the process
)

// folder is the vault's directory on its disk. Badger's files in it are Badger's own.
type folder struct {
	dir  string
	disk disk.Disk
	free func(dir string) (uint64, error)
}

func (f folder) path(name string) string { return filepath.Join(f.dir, name) }

// lock takes the vault for this process. The operating system holds it, so it ends with
// the process however that ends. It returns ErrOpenElsewhere when another has it, be it
// in this same process.
func (f folder) lock() (io.Closer, error) {
	lock, err := f.disk.Lock(f.path(lockName))
	if errors.Is(err, disk.ErrLocked) {
		err = ErrOpenElsewhere
	}
	if err != nil {
		return nil, named("lock the vault", err)
	}
	return lock, nil
}

// space returns ErrFull unless size bytes and reserve are free.
func (f folder) space(size, reserve int) error {
	free, err := f.free(f.dir)
	if err != nil {
		return named("ask for free space", err)
	}
	if need := uint64(size) + uint64(reserve); free < need {
		return fmt.Errorf("%d bytes free, %d needed: %w", free, need, ErrFull)
	}
	return nil
}

// write replaces a file: at any moment, and after any crash, it is the old one or the new
// one, whole.
func (f folder) write(name string, data []byte) error {
	if err := f.stage(name, data); err != nil {
		return err
	}
	return f.place(name)
}

// stage makes the new file durable beside the old one, which stays in force until place.
func (f folder) stage(name string, data []byte) error {
	deed := "write " + name
	if err := f.space(len(data), fileReserve); err != nil {
		return fmt.Errorf("%s: %w", deed, err)
	}
	return named(deed, disk.Stage(f.disk, f.path(name), data))
}

// place puts what was staged in the old file's place.
func (f folder) place(name string) error {
	return named("write "+name, disk.Place(f.disk, f.path(name)))
}

// rename is place for what may be the only copy of something: where it fails, what was staged
// stays.
func (f folder) rename(name string) error {
	err := f.disk.Rename(f.path(name+newSuffix), f.path(name))
	if err == nil {
		err = f.disk.SyncDir(f.dir)
	}
	return named("write "+name, err)
}

// unstage removes what was staged; where that fails, the next try writes over it.
func (f folder) unstage(name string) { disk.Unstage(f.disk, f.path(name)) }

// sync makes the names of what was made, staged or removed durable.
func (f folder) sync() error { return named("sync the vault's folder", f.disk.SyncDir(f.dir)) }

// read returns a file of at most limit bytes, fs.ErrNotExist where there is none, and
// ErrDamaged where it is larger.
func (f folder) read(name string, limit int) ([]byte, error) {
	data, err := f.disk.Read(f.path(name), int64(limit)+1)
	if err != nil {
		return nil, named("read "+name, err)
	}
	if len(data) > limit {
		return nil, fmt.Errorf("read %s: larger than any vault's: %w", name, ErrDamaged)
	}
	return data, nil
}

// has reports whether the folder holds the file name.
func (f folder) has(name string) (bool, error) {
	_, err := f.disk.Read(f.path(name), 1)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, named("look for "+name, err)
}

// writable finds out by doing it: permissions, read-only mounts and network shares each
// have rules of their own.
func (f folder) writable() error {
	const probe = "probe"
	err := f.disk.Remove(f.path(probe + newSuffix))
	if err == nil {
		var file disk.Appender
		if file, err = f.disk.Create(f.path(probe + newSuffix)); err == nil {
			err = errors.Join(file.Close(), f.disk.Remove(f.path(probe+newSuffix)))
		}
	}
	return named("try to write in the vault", err)
}
