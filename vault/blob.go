package vault

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
	"handslag/vault/record"
)

// blobStore holds the chunks of attachments, a file each, as they came: encrypted under a key that lies
// in the view, or not here at all. A file is called after its chunk's hash, blinded, so that the
// folder does not tell whose chunks it holds. What a file holds is believed only
// where it has the hash that was asked for; another is taken away, and the chunk comes anew.
type blobStore struct {
	folder folder
	names  []byte // key of the files' names

	mu      sync.Mutex
	there   map[blobName]bool            // whole files, nil before the folder is listed
	writing map[blobName]*sync.WaitGroup // files that somebody is at
	users   int                          // who may be about to name what lies there: until they are done nothing is garbage
}

// blobName is a file's name in the folder.
type blobName string

const (
	blobsName   = "blobs"
	blobReserve = viewReserve + 16<<20 // bytes that stay free beside a chunk: what it says must still fit into journal and view
)

func newBlobs(f folder, root []byte) *blobStore {
	f.dir = f.path(blobsName)
	return &blobStore{folder: f, names: subkey(root, "blob-names"), writing: map[blobName]*sync.WaitGroup{}}
}

func (b *blobStore) name(hash record.ChunkHash) blobName {
	mac := hmac.New(sha256.New, b.names)
	mac.Write([]byte("blob\x00"))
	mac.Write(hash[:])
	return blobName(hex.EncodeToString(mac.Sum(nil)[:16]))
}

// list reads the folder once; the caller holds mu.
func (b *blobStore) list() error {
	if b.there != nil {
		return nil
	}
	err := b.folder.disk.MakeDir(b.folder.dir)
	var names []string
	if err == nil {
		names, err = b.folder.disk.List(b.folder.dir)
	}
	if err != nil {
		return named("list attachments' chunks", err)
	}
	b.there = make(map[blobName]bool, len(names))
	for _, name := range names {
		if !strings.HasSuffix(name, newSuffix) {
			b.there[blobName(name)] = true
		}
	}
	return nil
}

// has reports whether there is a file for the chunk; what is in it, read finds out.
func (b *blobStore) has(hash record.ChunkHash) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	err := b.list()
	return b.there[b.name(hash)], err
}

// read fills buffer, which has room for record.ChunkLimit bytes and one more, with a chunk. It returns ErrNotFound where there is none,
// or something else under its name, which it takes away.
func (b *blobStore) read(hash record.ChunkHash, buffer []byte) ([]byte, error) {
	name := b.name(hash)
	n, err := b.folder.disk.Fill(b.path(name), buffer)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		b.mu.Lock()
		delete(b.there, name)
		b.mu.Unlock()
		return nil, fmt.Errorf("read chunk: %w", ErrNotFound)
	case err != nil:
		return nil, named("read chunk", err)
	case record.ChunkHashOf(buffer[:n]) != hash:
		return nil, errors.Join(fmt.Errorf("read chunk: it is damaged or another: %w", ErrNotFound), b.remove(name))
	}
	return buffer[:n], nil
}

// write makes a chunk durable but for its name, which sync does.
func (b *blobStore) write(hash record.ChunkHash, cipher []byte) error {
	if record.ChunkHashOf(cipher) != hash {
		return fmt.Errorf("keep chunk: it has another hash: %w", record.ErrAttachment)
	}
	name := b.name(hash)
	mine, err := b.take(name)
	if err != nil || !mine {
		return err
	}
	if err = b.folder.space(len(cipher), blobReserve); err == nil {
		err = disk.Stage(b.folder.disk, b.path(name), cipher)
	}
	if err == nil {
		err = b.folder.disk.Rename(b.path(name)+newSuffix, b.path(name))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err == nil {
		b.there[name] = true
	}
	b.writing[name].Done()
	delete(b.writing, name)
	return named("keep chunk", err)
}

// take says whether a file is to be written by the caller; if another is at it, it waits for the end of that.
func (b *blobStore) take(name blobName) (bool, error) {
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

func (b *blobStore) remove(name blobName) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.there, name)
	return named("remove chunk", b.folder.disk.Remove(b.path(name)))
}

func (b *blobStore) path(name blobName) string { return filepath.Join(b.folder.dir, string(name)) }

// sync makes names durable, of what was written and what was removed.
func (b *blobStore) sync() error {
	return named("sync attachments' chunks", b.folder.disk.SyncDir(b.folder.dir))
}

// missing are the chunks of an attachment that are not here. Those that are are read.
func (b *blobStore) missing(a record.Attachment) (missing []int, err error) {
	buffer := make([]byte, BlobBuffer)
	for i := range a.Count() {
		has, err := b.has(a.Chunk(i))
		if err == nil && has {
			if _, err = b.read(a.Chunk(i), buffer); errors.Is(err, ErrNotFound) {
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
