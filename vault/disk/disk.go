// Package disk is the part of a file system that everything durable on a device stands on: the
// journal's segments, the vault's header and logs. Whatever can lose something goes through one
// small interface, so that a test can cut the power between any two calls (disk/faulty).
//
// It knows no format and keeps no cache, and it says nothing of Badger's files, which Badger
// writes itself.
package disk

import (
	"errors"
	"io"
)

// Disk is where files lie. Names are whole paths; files are for their owner only (0600, folders 0700).
type Disk interface {
	MakeDir(dir string) error                      // with its parents, durable
	List(dir string) ([]string, error)             // base names of files, sorted
	Read(name string, limit int64) ([]byte, error) // at most limit bytes from the start
	Fill(name string, into []byte) (int, error)    // into, from the start, without making room of its own; how much there was
	Create(name string) (Appender, error)          // a new file; fails where it exists
	Extend(name string) (Appender, error)          // an existing file, at its end
	Rename(from, to string) error                  // replaces to
	Remove(name string) error                      // a missing file is no error
	SyncDir(dir string) error                      // makes creations, renames and removals durable
	Lock(name string) (io.Closer, error)           // see ErrLocked
	Free(dir string) (uint64, error)               // bytes that this user may still write under dir
}

// Block is what WriteBlocks writes whole, in bytes: no drive's sector is larger.
const Block = 4096

// Appender is an open file that grows at its end.
type Appender interface {
	io.WriteCloser // at the end

	// WriteBlocks writes whole blocks over what is there, and returns when they are durable, as
	// WriteAt and Sync would: the shortest way to a disk. Both are multiples of Block, and the
	// file reaches that far. One call at a time.
	WriteBlocks(data []byte, offset int64) error

	WriteAt(data []byte, offset int64) (int, error) // over what is there; does not move the end that Write writes at
	Truncate(size int64) error                      // the end is there then; zeroes where it was before; not durable before Sync
	Sync() error                                    // data, and what is needed to read it back, are durable
}

// ErrLocked says that another holds a lock. Lock holds a file for its caller until it is closed
// or the process ends, however it ends; the file stays.
var ErrLocked = errors.New("the file is locked by another")
