package vault

import (
	"fmt"
	"sync"

	"handslag/vault/internal/blob"
	"handslag/vault/record"
)

// Blobs is the use of the store of chunks, from when an attachment's first chunk is looked for or
// kept until its row stands in the view: meanwhile nothing is taken for garbage. Its methods may
// be called from many goroutines, and return ErrClosed after Close or once the vault is locked.
type Blobs struct {
	vault *Vault
	mu    sync.Mutex
	done  bool
}

// Blobs begins to use the store; the caller closes it.
func (v *Vault) Blobs() (*Blobs, error) {
	if err := v.enter(); err != nil {
		return nil, err
	}
	defer v.mu.RUnlock()
	v.blobs.Begin()
	return &Blobs{vault: v}, nil
}

// Close ends the use; a second Close does nothing.
func (b *Blobs) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.done {
		b.done = true
		b.vault.blobs.End()
	}
}

// Has reports whether a chunk is here, by its name alone: fast, for lists.
func (b *Blobs) Has(hash record.ChunkHash) (has bool, err error) {
	err = b.enter(func(s *blob.Store) error {
		has, err = s.Has(hash)
		return err
	})
	return has, err
}

// Put keeps a chunk; one that is here already costs nothing. Its bytes are durable when Put
// returns and its name with the next Sync, so that many share that one. Errors:
// record.ErrAttachment where cipher has another hash, ErrFull, which leaves room for what must
// still be said.
func (b *Blobs) Put(hash record.ChunkHash, cipher []byte) error {
	return b.enter(func(s *blob.Store) error { return s.Write(hash, cipher) })
}

// Sync makes durable all that Put returned for.
func (b *Blobs) Sync() error { return b.enter((*blob.Store).Sync) }

// Room is ErrFull where size bytes more would not fit.
func (b *Blobs) Room(size uint64) error {
	return b.enter(func(s *blob.Store) error { return s.Room(size) })
}

// Read fills buffer with a chunk and returns as much of it as that is; a buffer that is
// smaller than BlobBuffer is replaced. ErrNotFound: it is not here, or was not what its name says and
// is here no more.
func (b *Blobs) Read(hash record.ChunkHash, buffer []byte) (cipher []byte, err error) {
	err = b.enter(func(s *blob.Store) error {
		cipher, err = s.Read(hash, buffer)
		return err
	})
	return cipher, err
}

// BlobBuffer is how large a buffer for Read is, in bytes.
const BlobBuffer = blob.Buffer

// Missing are the chunks of an attachment, from 0, that are not here. Those that are were read, so
// that nothing damaged counts.
func (b *Blobs) Missing(a record.Attachment) (missing []int, err error) {
	err = b.enter(func(s *blob.Store) error {
		missing, err = s.Missing(a)
		return err
	})
	return missing, err
}

func (b *Blobs) enter(fn func(*blob.Store) error) error {
	if err := b.vault.enter(); err != nil {
		return err
	}
	defer b.vault.mu.RUnlock()
	b.mu.Lock()
	done := b.done
	b.mu.Unlock()
	if done { // what is kept now could be swept while it is written
		return fmt.Errorf("attachments' chunks: %w", ErrClosed)
	}
	return fn(b.vault.blobs)
}
