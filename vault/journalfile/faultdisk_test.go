package journalfile

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
)

var (
	errPower = errors.New("the power is gone")
	errIO    = syscall.EIO
)

// faultDisk is a file system in memory that knows what would survive a power cut: a file's
// bytes as of its last sync, a folder's names as of its last SyncDir.
type faultDisk struct {
	mu       sync.Mutex
	now      map[string]*node // names as the process sees them
	durable  map[string]*node // names after a power cut
	calls    int              // that change something, so far
	cutAt    int              // the call at which the power goes; 0 never
	cut      bool
	room     int // bytes that fit; 0 is no limit
	failSync int // this many syncs fail
	failCut  int // this many truncations fail
	syncs    int
}

type node struct{ data, synced []byte }

func newFaultDisk() *faultDisk {
	return &faultDisk{now: map[string]*node{}, durable: map[string]*node{}}
}

// afterwards is what is found once the power is back. Of what was not synced, none, half or
// all has reached the disk, as parts (0, 1, 2) says; names likewise, at 2.
func (d *faultDisk) afterwards(parts int) *faultDisk {
	d.mu.Lock()
	defer d.mu.Unlock()
	names := d.durable
	if parts == 2 {
		names = d.now
	}
	out := newFaultDisk()
	for name, n := range names {
		data := slices.Clone(n.synced)
		if len(n.data) >= len(n.synced) {
			data = append(data, n.data[len(n.synced):len(n.synced)+(len(n.data)-len(n.synced))*parts/2]...)
		} else if parts == 2 {
			data = slices.Clone(n.data)
		}
		kept := &node{data, slices.Clone(data)}
		out.now[name], out.durable[name] = kept, kept
	}
	return out
}

// step counts a call that changes something and says whether the power still holds.
func (d *faultDisk) step() error {
	d.calls++
	if d.cut || d.cutAt > 0 && d.calls >= d.cutAt {
		d.cut = true
		return errPower
	}
	return nil
}

func (d *faultDisk) used() int {
	n := 0
	for _, file := range d.now {
		n += len(file.data)
	}
	return n
}

func (d *faultDisk) MakeDir(string) error { return nil }

func (d *faultDisk) List(dir string) ([]string, error) {
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

func (d *faultDisk) Read(name string, limit int64) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n, ok := d.now[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return slices.Clone(n.data[:min(int64(len(n.data)), limit)]), nil
}

func (d *faultDisk) Create(name string) (Appender, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.step(); err != nil {
		return nil, err
	}
	if _, ok := d.now[name]; ok {
		return nil, fs.ErrExist
	}
	d.now[name] = &node{}
	return &faultFile{d, d.now[name]}, nil
}

func (d *faultDisk) Extend(name string) (Appender, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.step(); err != nil {
		return nil, err
	}
	n, ok := d.now[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return &faultFile{d, n}, nil
}

func (d *faultDisk) Rename(from, to string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.step(); err != nil {
		return err
	}
	n, ok := d.now[from]
	if !ok {
		return fs.ErrNotExist
	}
	d.now[to] = n
	delete(d.now, from)
	return nil
}

func (d *faultDisk) Remove(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.step(); err != nil {
		return err
	}
	delete(d.now, name)
	return nil
}

func (d *faultDisk) SyncDir(string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.step(); err != nil {
		return err
	}
	if d.failSync > 0 {
		d.failSync--
		return errIO
	}
	d.durable = map[string]*node{}
	for name, n := range d.now {
		d.durable[name] = n
	}
	return nil
}

type faultFile struct {
	d *faultDisk
	n *node
}

func (f *faultFile) Write(data []byte) (int, error) {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if err := f.d.step(); err != nil {
		f.n.data = append(f.n.data, data[:len(data)/2]...) // the power went in the middle of it
		return len(data) / 2, err
	}
	if f.d.room > 0 && f.d.used()+len(data) > f.d.room {
		fits := max(0, f.d.room-f.d.used())
		f.n.data = append(f.n.data, data[:fits]...)
		return fits, syscall.ENOSPC
	}
	f.n.data = append(f.n.data, data...)
	return len(data), nil
}

func (f *faultFile) Sync() error {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if err := f.d.step(); err != nil {
		return err
	}
	f.d.syncs++
	if f.d.failSync > 0 {
		f.d.failSync--
		return errIO
	}
	f.n.synced = slices.Clone(f.n.data)
	return nil
}

func (f *faultFile) Truncate(size int64) error {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if err := f.d.step(); err != nil {
		return err
	}
	if f.d.failCut > 0 {
		f.d.failCut--
		return errIO
	}
	f.n.data = f.n.data[:size]
	return nil
}

func (f *faultFile) Close() error { return nil }
