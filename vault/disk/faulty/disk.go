// Package faulty is a disk in memory for tests, that knows what would survive a power cut: what
// was synced does, and of the rest any part that the rules of file systems allow. It fills up, its
// syncs fail, and its power goes at a given call.
//
// It is a model, kinder than the worst disk in one respect: what was synced is never lost.
package faulty

import (
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"sync"
	"syscall"

	"handslag/vault/disk"
)

// ErrPower is what every call returns once the power is gone.
var ErrPower = errors.New("the power is gone")

// Disk is a file system in memory. Its fields may be set between calls.
type Disk struct {
	CutAt        int // the power goes at this call that changes something, counted from 1; 0: never
	Room         int // bytes that fit; 0: no limit
	FailSync     int // this many syncs of files and folders fail next
	FailTruncate int // this many truncations fail next

	mu      sync.Mutex
	calls   int
	syncs   int
	cut     bool
	now     map[string]*node // names as the process sees them
	durable map[string]*node // names as of the last SyncDir
	renamed []change         // since
	locked  map[string]bool
}

// change is something done to a name that no SyncDir has made durable yet.
type change struct {
	dir   string
	apply func(map[string]*node)
}

// New is an empty disk.
func New() *Disk {
	return &Disk{now: map[string]*node{}, durable: map[string]*node{}, locked: map[string]bool{}}
}

// step counts a call that changes something and says whether the power still holds.
func (d *Disk) step() error {
	d.calls++
	if d.cut || d.CutAt > 0 && d.calls >= d.CutAt {
		d.cut = true
		return ErrPower
	}
	return nil
}

func (d *Disk) used() int {
	n := 0
	for _, file := range d.now {
		n += len(file.data)
	}
	return n
}

func (d *Disk) change(name string, apply func(map[string]*node)) {
	apply(d.now)
	d.renamed = append(d.renamed, change{filepath.Dir(name), apply})
}

func (d *Disk) MakeDir(string) error { return nil }

func (d *Disk) List(dir string) ([]string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var names []string
	for name := range d.now {
		if filepath.Dir(name) == dir {
			names = append(names, filepath.Base(name))
		}
	}
	slices.Sort(names)
	return names, nil
}

func (d *Disk) Read(name string, limit int64) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n, ok := d.now[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return slices.Clone(n.data[:min(int64(len(n.data)), limit)]), nil
}

func (d *Disk) Fill(name string, into []byte) (int, error) {
	data, err := d.Read(name, int64(len(into)))
	return copy(into, data), err
}

func (d *Disk) Create(name string) (disk.Appender, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.step(); err != nil {
		return nil, err
	}
	if _, ok := d.now[name]; ok {
		return nil, &fs.PathError{Op: "create", Path: name, Err: fs.ErrExist}
	}
	n := &node{}
	d.change(name, func(names map[string]*node) { names[name] = n })
	return &file{d, n}, nil
}

func (d *Disk) Extend(name string) (disk.Appender, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.step(); err != nil {
		return nil, err
	}
	n, ok := d.now[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &file{d, n}, nil
}

func (d *Disk) Rename(from, to string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.step(); err != nil {
		return err
	}
	n, ok := d.now[from]
	if !ok {
		return &fs.PathError{Op: "rename", Path: from, Err: fs.ErrNotExist}
	}
	d.change(to, func(names map[string]*node) {
		names[to] = n
		delete(names, from)
	})
	return nil
}

func (d *Disk) Remove(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.step(); err != nil {
		return err
	}
	d.change(name, func(names map[string]*node) { delete(names, name) })
	return nil
}

func (d *Disk) SyncDir(dir string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.sync(); err != nil {
		return err
	}
	var others []change
	for _, c := range d.renamed {
		if c.dir == dir {
			c.apply(d.durable)
		} else {
			others = append(others, c)
		}
	}
	d.renamed = others
	return nil
}

// sync is what a file's and a folder's have in common.
func (d *Disk) sync() error {
	if err := d.step(); err != nil {
		return err
	}
	d.syncs++
	if d.FailSync > 0 {
		d.FailSync--
		return syscall.EIO
	}
	return nil
}

// Lock holds name until it is closed; a disk after a power cut has no locks.
func (d *Disk) Lock(name string) (io.Closer, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.locked[name] {
		return nil, disk.ErrLocked
	}
	d.locked[name] = true
	return release(func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.locked, name)
	}), nil
}

type release func()

func (r release) Close() error { r(); return nil }

// Free is what Room leaves; a tebibyte where it sets no limit.
func (d *Disk) Free(string) (uint64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.Room == 0 {
		return 1 << 40, nil
	}
	return uint64(max(0, d.Room-d.used())), nil
}
