package disk

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"unsafe"
)

// OS is the real disk.
type OS struct{}

const (
	dirMode  = 0o700
	fileMode = 0o600
)

// MakeDir makes each folder durable in its parent before the next one is made.
func (d OS) MakeDir(dir string) error {
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

func (OS) List(dir string) ([]string, error) {
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

func (OS) Read(name string, limit int64) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, limit))
}

func (OS) Fill(name string, into []byte) (int, error) {
	file, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	n, err := io.ReadFull(file, into)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	return n, err
}

func (OS) Create(name string) (Appender, error) {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return nil, err
	}
	return &osFile{File: file}, nil
}

// Extend does without O_APPEND, with which Windows would not let the file be cut, and Linux not
// let it be written to anywhere else.
func (OS) Extend(name string) (Appender, error) {
	file, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	if _, err := file.Seek(0, io.SeekEnd); err != nil {
		file.Close()
		return nil, err
	}
	return &osFile{File: file}, nil
}

func (OS) Rename(from, to string) error { return os.Rename(from, to) }

func (OS) Remove(name string) error {
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (OS) Lock(name string) (io.Closer, error) {
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, fileMode)
	if err != nil {
		return nil, err
	}
	taken, err := tryLock(file)
	if err == nil && !taken {
		err = ErrLocked
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

type osFile struct {
	*os.File
	through *os.File // the same file, past the page cache; nil where there is no such way
	asked   bool     // whether there is
	blocks  []byte   // in memory as the disk wants it
}

func (f *osFile) Sync() error { return syncData(f.File) }

func (f *osFile) WriteBlocks(data []byte, offset int64) error {
	if len(data)%Block != 0 || offset%Block != 0 {
		return errors.New("write blocks: not whole ones")
	}
	if !f.asked {
		f.through, f.asked = openThrough(f.File), true
	}
	if f.through != nil {
		_, err := f.through.WriteAt(f.aligned(data), offset)
		if err == nil || !noThrough(err) {
			return err
		}
		f.through.Close()
		f.through = nil
	}
	if _, err := f.WriteAt(data, offset); err != nil {
		return err
	}
	return f.Sync()
}

// aligned is a copy of data that begins at a multiple of Block in memory.
func (f *osFile) aligned(data []byte) []byte {
	if len(f.blocks) < len(data) {
		room := make([]byte, len(data)+Block)
		skip := -uintptr(unsafe.Pointer(unsafe.SliceData(room))) % Block
		f.blocks = room[skip : int(skip)+len(data)]
	}
	return f.blocks[:copy(f.blocks, data)]
}

func (f *osFile) Close() error {
	err := f.File.Close()
	if f.through != nil {
		err = errors.Join(err, f.through.Close())
	}
	return err
}

func (f *osFile) Truncate(size int64) error {
	if err := f.File.Truncate(size); err != nil {
		return err
	}
	_, err := f.Seek(size, io.SeekStart)
	return err
}
