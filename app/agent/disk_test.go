package agent

import (
	"io"
	"os"
	"sync"

	"handslag/vault/journalfile"
)

// failingDisk is the real disk, until it is told to fail every write.
type failingDisk struct {
	mu  sync.Mutex
	err error
}

func (d *failingDisk) fail(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.err = err
}

func (d *failingDisk) failure() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.err
}

func (d *failingDisk) MakeDir(dir string) error { return os.MkdirAll(dir, 0o700) }

func (d *failingDisk) List(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, err
}

func (d *failingDisk) Read(name string, limit int64) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, limit))
}

func (d *failingDisk) Create(name string) (journalfile.Appender, error) {
	return d.open(name, os.O_CREATE|os.O_EXCL)
}

func (d *failingDisk) Extend(name string) (journalfile.Appender, error) { return d.open(name, 0) }

func (d *failingDisk) open(name string, flags int) (journalfile.Appender, error) {
	if err := d.failure(); err != nil {
		return nil, &os.PathError{Op: "open", Path: name, Err: err}
	}
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND|flags, 0o600)
	if err != nil {
		return nil, err
	}
	return &failingFile{file, d}, nil
}

func (d *failingDisk) Rename(from, to string) error { return os.Rename(from, to) }
func (d *failingDisk) Remove(name string) error     { return os.RemoveAll(name) }
func (d *failingDisk) SyncDir(string) error         { return nil }

type failingFile struct {
	*os.File
	disk *failingDisk
}

func (f *failingFile) Write(data []byte) (int, error) {
	if err := f.disk.failure(); err != nil {
		return 0, &os.PathError{Op: "write", Path: f.Name(), Err: err}
	}
	return f.File.Write(data)
}

func (f *failingFile) Sync() error {
	if err := f.disk.failure(); err != nil {
		return &os.PathError{Op: "sync", Path: f.Name(), Err: err}
	}
	return f.File.Sync()
}
