package faulty

import (
	"slices"
	"syscall"

	"handslag/vault/disk"
)

// node is a file: its bytes, those that are durable, and what was done to it since.
type node struct {
	data, synced []byte
	since        []deed
}

// deed is a write at an offset, or a cut or extension to it.
type deed struct {
	at     int
	data   []byte
	resize bool
}

func (d deed) apply(to []byte) []byte {
	if d.resize {
		return resized(to, d.at)
	}
	to = resized(to, max(len(to), d.at+len(d.data)))
	copy(to[d.at:], d.data)
	return to
}

// resized is data cut, or extended with zeroes.
func resized(data []byte, size int) []byte {
	if size <= len(data) {
		return data[:size]
	}
	return append(data, make([]byte, size-len(data))...)
}

func (n *node) do(d deed) {
	n.data = d.apply(n.data)
	n.since = append(n.since, d)
}

type file struct {
	d *Disk
	n *node
}

func (f *file) Write(data []byte) (int, error) { return f.write(data, -1) }

func (f *file) WriteAt(data []byte, offset int64) (int, error) { return f.write(data, int(offset)) }

// write writes at offset, or at the end where that is negative.
func (f *file) write(data []byte, offset int) (int, error) {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if offset < 0 {
		offset = len(f.n.data)
	}
	fits := len(data)
	err := f.d.step()
	if err != nil {
		if f.d.calls != f.d.CutAt {
			return 0, err // it has been dark for a while
		}
		fits = len(data) / 2 // the power went in the middle of it
	} else if grown := offset + len(data) - len(f.n.data); f.d.Room > 0 && grown > 0 {
		if lacks := f.d.used() + grown - f.d.Room; lacks > 0 {
			fits, err = max(0, len(data)-lacks), syscall.ENOSPC
		}
	}
	if fits > 0 {
		f.n.do(deed{at: offset, data: slices.Clone(data[:fits])})
	}
	return fits, err
}

// WriteBlocks is a write and a sync: the power can go in either.
func (f *file) WriteBlocks(data []byte, offset int64) error {
	if len(data)%disk.Block != 0 || offset%disk.Block != 0 || int(offset)+len(data) > f.size() {
		return syscall.EINVAL
	}
	if _, err := f.WriteAt(data, offset); err != nil {
		return err
	}
	return f.Sync()
}

func (f *file) Truncate(size int64) error {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if err := f.d.step(); err != nil {
		return err
	}
	if f.d.FailTruncate > 0 {
		f.d.FailTruncate--
		return syscall.EIO
	}
	f.n.do(deed{at: int(size), resize: true})
	return nil
}

func (f *file) Sync() error {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if err := f.d.sync(); err != nil {
		return err
	}
	for _, d := range f.n.since {
		f.n.synced = d.apply(f.n.synced)
	}
	f.n.since = nil
	return nil
}

func (f *file) size() int {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	return len(f.n.data)
}

func (f *file) Close() error { return nil }
