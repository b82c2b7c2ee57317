package agent

import (
	"errors"
	"os"
	"sync"

	"handslag/vault/disk"
)

// failingDisk is the real disk, until it is told to fail every write.
type failingDisk struct {
	disk.OS
	mu  sync.Mutex
	err error

	hold <-chan struct{} // if not nil, a write waits until it is closed
}

func (d *failingDisk) fail(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.err = err
}

// failAfter has the disk fail once done is closed; until then what is to be written waits.
func (d *failingDisk) failAfter(done <-chan struct{}, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.hold, d.err = done, err
}

func (d *failingDisk) wait() {
	d.mu.Lock()
	hold := d.hold
	d.mu.Unlock()
	if hold != nil {
		<-hold
	}
}

// refused is the failure of deed, nil while the disk works.
func (d *failingDisk) refused(deed, name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err == nil {
		return nil
	}
	return &os.PathError{Op: deed, Path: name, Err: d.err}
}

func (d *failingDisk) Create(name string) (disk.Appender, error) { return d.open(d.OS.Create, name) }
func (d *failingDisk) Extend(name string) (disk.Appender, error) { return d.open(d.OS.Extend, name) }

func (d *failingDisk) open(how func(string) (disk.Appender, error), name string) (disk.Appender, error) {
	if err := d.refused("open", name); err != nil {
		return nil, err
	}
	file, err := how(name)
	if err != nil {
		return nil, err
	}
	return failingFile{file, d, name}, nil
}

type failingFile struct {
	disk.Appender
	disk *failingDisk
	name string
}

func (f failingFile) Write(data []byte) (int, error) {
	f.disk.wait()
	if err := f.disk.refused("write", f.name); err != nil {
		return 0, err
	}
	return f.Appender.Write(data)
}

func (f failingFile) WriteAt(data []byte, offset int64) (int, error) {
	if err := f.disk.refused("write", f.name); err != nil {
		return 0, err
	}
	return f.Appender.WriteAt(data, offset)
}

func (f failingFile) WriteBlocks(data []byte, offset int64) error {
	if err := errors.Join(f.disk.refused("write", f.name), f.disk.refused("sync", f.name)); err != nil {
		return err
	}
	return f.Appender.WriteBlocks(data, offset)
}

func (f failingFile) Sync() error {
	if err := f.disk.refused("sync", f.name); err != nil {
		return err
	}
	return f.Appender.Sync()
}

// slowDisk is the real disk, on whose next write something happens meanwhile, once.
type slowDisk struct {
	disk.OS
	meanwhile func()
}

func (d *slowDisk) Create(name string) (disk.Appender, error) { return d.open(d.OS.Create, name) }
func (d *slowDisk) Extend(name string) (disk.Appender, error) { return d.open(d.OS.Extend, name) }

func (d *slowDisk) open(how func(string) (disk.Appender, error), name string) (disk.Appender, error) {
	file, err := how(name)
	if err != nil {
		return nil, err
	}
	return slowFile{file, d}, nil
}

func (d *slowDisk) happens() {
	if do := d.meanwhile; do != nil {
		d.meanwhile = nil
		do()
	}
}

type slowFile struct {
	disk.Appender
	disk *slowDisk
}

func (f slowFile) WriteBlocks(data []byte, offset int64) error {
	f.disk.happens()
	return f.Appender.WriteBlocks(data, offset)
}

func (f slowFile) Sync() error {
	f.disk.happens()
	return f.Appender.Sync()
}
