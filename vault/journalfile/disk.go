package journalfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Disk is the part of a file system that the journal stands on; every call that can lose
// something goes through it, so that tests can cut the power between any two. Names are
// whole paths.
type Disk interface {
	MakeDir(dir string) error                      // with its parents, durable
	List(dir string) ([]string, error)             // base names of files
	Read(name string, limit int64) ([]byte, error) // at most limit bytes from the start
	Create(name string) (Appender, error)          // a new file, 0600; fails where it exists
	Extend(name string) (Appender, error)          // an existing file, at its end
	Rename(from, to string) error                  // replaces to
	Remove(name string) error                      // a missing file is no error
	SyncDir(dir string) error                      // makes creations, renames and removals durable
}

// Appender is an open file that grows at its end.
type Appender interface {
	io.WriteCloser
	Sync() error               // data, and what is needed to read it back, are durable
	Truncate(size int64) error // not durable before Sync
}

// locker is a Disk that others may write to at the same time.
type locker interface {
	// Lock holds name for this process until it is closed or the process ends, however it ends;
	// ErrOpenElsewhere where somebody has it.
	Lock(name string) (io.Closer, error)
}

// osDisk is the real one.
type osDisk struct{}

const lockName = "lock"

func (osDisk) Lock(name string) (io.Closer, error) {
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, fileMode)
	if err != nil {
		return nil, err
	}
	taken, err := tryLock(file)
	if err == nil && !taken {
		err = ErrOpenElsewhere
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

const (
	dirMode  = 0o700
	fileMode = 0o600
)

func (d osDisk) MakeDir(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case err == nil && info.IsDir():
		return nil
	case err == nil:
		return &fs.PathError{Op: "mkdir", Path: dir, Err: errors.New("a file has that name")}
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	parent := filepath.Dir(dir)
	if parent != dir {
		if err := d.MakeDir(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, dirMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return d.SyncDir(parent)
}

func (osDisk) List(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, entry := range entries {
		if entry.Type().IsRegular() {
			names = append(names, entry.Name())
		}
	}
	return names, nil
}

func (osDisk) Read(name string, limit int64) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, limit))
}

func (osDisk) Create(name string) (Appender, error) {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return nil, err
	}
	return osFile{file}, nil
}

// Extend does without O_APPEND, with which Windows would not let the file be cut.
func (osDisk) Extend(name string) (Appender, error) {
	file, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	if _, err := file.Seek(0, io.SeekEnd); err != nil {
		file.Close()
		return nil, err
	}
	return osFile{file}, nil
}

func (osDisk) Rename(from, to string) error { return os.Rename(from, to) }

func (osDisk) Remove(name string) error {
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

type osFile struct{ *os.File }

func (f osFile) Sync() error { return syncData(f.File) }

// writeDurably puts data at name, whole or not at all: under another name first, synced,
// renamed, and the folder synced.
func writeDurably(disk Disk, name string, data []byte) error {
	draft := name + draftSuffix
	if err := disk.Remove(draft); err != nil {
		return fmt.Errorf("clear the way: %w", err)
	}
	file, err := disk.Create(draft)
	if err != nil {
		return fmt.Errorf("create: %w", err)
	}
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	if closing := file.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = disk.Rename(draft, name)
	}
	if err != nil {
		_ = disk.Remove(draft) // Open clears it otherwise
		return fmt.Errorf("write: %w", err)
	}
	if err := disk.SyncDir(filepath.Dir(name)); err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	return nil
}
