package vault

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Names in the vault's folder.
const (
	headerName   = "header"
	keybagName   = "keybag"
	profileName  = "profile"
	attemptsName = "attempts"
	lockName     = "lock"
	viewName     = "view"
	newSuffix    = ".new" // of a file that is not whole yet; written over by the next try
)

const (
	folderMode = 0o700
	fileMode   = 0o600

	fileReserve = 1 << 20  // bytes that stay free beside a small file
	viewReserve = 64 << 20 // bytes that Badger may touch through its memory maps, where a full disk kills the process
)

// folder is the vault's directory with the question how much space is left in it.
type folder struct {
	dir  string
	free func(dir string) (uint64, error)
}

func (f folder) path(name string) string { return filepath.Join(f.dir, name) }

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
	file, err := os.OpenFile(f.path(name+newSuffix), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, fileMode)
	if err != nil {
		return named(deed, err)
	}
	_, err = file.Write(data)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		f.unstage(name)
	}
	return named(deed, err)
}

// place puts what was staged in the old file's place.
func (f folder) place(name string) error {
	if err := os.Rename(f.path(name+newSuffix), f.path(name)); err != nil {
		f.unstage(name)
		return named("write "+name, err)
	}
	return named("write "+name, syncFolder(f.dir))
}

// unstage removes what was staged; where that fails, the next try writes over it.
func (f folder) unstage(name string) { os.Remove(f.path(name + newSuffix)) }

// read returns a file of at most limit bytes, fs.ErrNotExist where there is none, and
// ErrDamaged where it is larger.
func (f folder) read(name string, limit int) ([]byte, error) {
	file, err := os.Open(f.path(name))
	if err != nil {
		return nil, named("read "+name, err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, int64(limit)+1))
	if err != nil {
		return nil, named("read "+name, err)
	}
	if len(data) > limit {
		return nil, fmt.Errorf("read %s: larger than any vault's: %w", name, ErrDamaged)
	}
	return data, nil
}

// has reports whether the folder holds name.
func (f folder) has(name string) (bool, error) {
	_, err := os.Lstat(f.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, named("look for "+name, err)
}

// writable finds out by doing it: permissions, read-only mounts and network shares each
// have rules of their own.
func (f folder) writable() error {
	probe := f.path("probe" + newSuffix)
	file, err := os.OpenFile(probe, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, fileMode)
	if err != nil {
		return named("try to write in the vault", err)
	}
	return named("try to write in the vault", errors.Join(file.Close(), os.Remove(probe)))
}
