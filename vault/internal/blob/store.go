// Package blob keeps the chunks of attachments, a file each, as they came: encrypted. It knows their hashes and no key
// that opens one, nor whose they are.
package blob

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"

	"handslag/vault/disk"
	"handslag/vault/internal/fault"
	"handslag/vault/internal/folder"
	"handslag/vault/internal/seal"
	"handslag/vault/record"
)

// Store holds the chunks of attachments, a file each, as they came: encrypted under a key that lies
// in the view, or not here at all. A file is called after its chunk's hash, blinded, so that the
// folder does not tell whose chunks it holds. What a file holds is believed only
// where it has the hash that was asked for; another is taken away, and the chunk comes anew.
type Store struct {
	folder folder.Folder
	names  []byte // key of the files' names

	mu      sync.Mutex
	there   map[Name]bool            // whole files, nil before the folder is listed
	writing map[Name]*sync.WaitGroup // files that somebody is at
	users   int                      // who may be about to name what lies there: until they are done nothing is garbage
}

// Name is a file's name in the folder.
type Name string

// Buffer is how large a buffer for read is, in bytes.
const Buffer = record.ChunkLimit + 1

const (
	Folder  = "blobs"
	reserve = folder.ViewReserve + 16<<20 // bytes that stay free beside a chunk: what it says must still fit into journal and view
)

func New(f folder.Folder, root []byte) *Store {
	f.Dir = f.Path(Folder)
	return &Store{folder: f, names: seal.Key(root, "blob-names"), writing: map[Name]*sync.WaitGroup{}}
}

func (b *Store) Name(hash record.ChunkHash) Name {
	mac := hmac.New(sha256.New, b.names)
	mac.Write([]byte("blob\x00"))
	mac.Write(hash[:])
	return Name(hex.EncodeToString(mac.Sum(nil)[:16]))
}

// list reads the folder once; the caller holds mu.
func (b *Store) list() error {
	if b.there != nil {
		return nil
	}
	err := b.folder.Disk.MakeDir(b.folder.Dir)
	var names []string
	if err == nil {
		names, err = b.folder.Disk.List(b.folder.Dir)
	}
	if err != nil {
		return fault.Named("list attachments' chunks", err)
	}
	b.there = make(map[Name]bool, len(names))
	for _, name := range names {
		if !strings.HasSuffix(name, folder.NewSuffix) {
			b.there[Name(name)] = true
		}
	}
	return nil
}

// Has reports whether there is a file for the chunk; what is in it, read finds out.
func (b *Store) Has(hash record.ChunkHash) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	err := b.list()
	return b.there[b.Name(hash)], err
}

// Read fills buffer, which has room for record.ChunkLimit bytes and one more, with a chunk. It returns ErrNotFound where there is none,
// or something else under its name, which it takes away.
func (b *Store) Read(hash record.ChunkHash, buffer []byte) ([]byte, error) {
	name := b.Name(hash)
	n, err := b.folder.Disk.Fill(b.Path(name), buffer)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		b.mu.Lock()
		delete(b.there, name)
		b.mu.Unlock()
		return nil, fmt.Errorf("read chunk: %w", fault.ErrNotFound)
	case err != nil:
		return nil, fault.Named("read chunk", err)
	case record.ChunkHashOf(buffer[:n]) != hash:
		return nil, errors.Join(fmt.Errorf("read chunk: it is damaged or another: %w", fault.ErrNotFound), b.remove(name))
	}
	return buffer[:n], nil
}

// Write makes a chunk durable but for its name, which sync does.
func (b *Store) Write(hash record.ChunkHash, cipher []byte) error {
	if record.ChunkHashOf(cipher) != hash {
		return fmt.Errorf("keep chunk: it has another hash: %w", record.ErrAttachment)
	}
	name := b.Name(hash)
	mine, err := b.take(name)
	if err != nil || !mine {
		return err
	}
	if err = b.folder.Space(len(cipher), reserve); err == nil {
		err = disk.Stage(b.folder.Disk, b.Path(name), cipher)
	}
	if err == nil {
		err = b.folder.Disk.Rename(b.Path(name)+folder.NewSuffix, b.Path(name))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err == nil {
		b.there[name] = true
	}
	b.writing[name].Done()
	delete(b.writing, name)
	return fault.Named("keep chunk", err)
}

// take says whether a file is to be written by the caller; if another is at it, it waits for the end of that.
func (b *Store) take(name Name) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.list(); err != nil {
		return false, err
	}
	for {
		other := b.writing[name]
		if other == nil {
			break
		}
		b.mu.Unlock()
		other.Wait()
		b.mu.Lock()
	}
	if b.there[name] {
		return false, nil
	}
	b.writing[name] = new(sync.WaitGroup)
	b.writing[name].Add(1)
	return true, nil
}

func (b *Store) remove(name Name) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.there, name)
	return fault.Named("remove chunk", b.folder.Disk.Remove(b.Path(name)))
}

func (b *Store) Path(name Name) string { return filepath.Join(b.folder.Dir, string(name)) }

// Sync makes names durable, of what was written and what was removed.
func (b *Store) Sync() error {
	return fault.Named("sync attachments' chunks", b.folder.Disk.SyncDir(b.folder.Dir))
}

// Begin says that somebody may be about to name what lies there.
func (b *Store) Begin() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.users++
}

// End is for each begin.
func (b *Store) End() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.users--
}

// Room is ErrFull where size bytes more would not fit.
func (b *Store) Room(size uint64) error {
	b.mu.Lock()
	err := b.list() // makes the folder whose disk is asked
	b.mu.Unlock()
	if err != nil {
		return err
	}
	if err := b.folder.Space(int(size), reserve); err != nil {
		return fmt.Errorf("keep attachment: %w", err)
	}
	return nil
}

// Wipe forgets what files are called.
func (b *Store) Wipe() { clear(b.names) }

// Missing are the chunks of an attachment that are not here. Those that are are read.
func (b *Store) Missing(a record.Attachment) (missing []int, err error) {
	buffer := make([]byte, Buffer)
	for i := range a.Count() {
		has, err := b.Has(a.Chunk(i))
		if err == nil && has {
			if _, err = b.Read(a.Chunk(i), buffer); errors.Is(err, fault.ErrNotFound) {
				has, err = false, nil
			}
		}
		if err != nil {
			return nil, err
		}
		if !has {
			missing = append(missing, i)
		}
	}
	return missing, nil
}
