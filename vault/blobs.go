package vault

import (
	"fmt"

	"handslag/vault/record"
)

// Blobs is the use of the store of chunks, from when an attachment's first chunk is looked for or
// kept until its row stands in the view: meanwhile nothing is taken for garbage. Its methods may
// be called from many goroutines, and return ErrClosed after Close or once the vault is locked.
type Blobs struct {
	vault *Vault
	done  bool
}

// Blobs begins to use the store; the caller closes it.
func (v *Vault) Blobs() (*Blobs, error) {
	if err := v.enter(); err != nil {
		return nil, err
	}
	defer v.mu.RUnlock()
	v.blobs.mu.Lock()
	defer v.blobs.mu.Unlock()
	v.blobs.users++
	return &Blobs{vault: v}, nil
}

// Close ends the use; a second Close does nothing.
func (b *Blobs) Close() {
	b.vault.blobs.mu.Lock()
	defer b.vault.blobs.mu.Unlock()
	if !b.done {
		b.done = true
		b.vault.blobs.users--
	}
}

// Has reports whether a chunk is here, by its name alone: fast, for lists.
func (b *Blobs) Has(hash record.ChunkHash) (has bool, err error) {
	err = b.enter(func(s *blobStore) error {
		has, err = s.has(hash)
		return err
	})
	return has, err
}

// Put keeps a chunk; one that is here already costs nothing. Its bytes are durable when Put
// returns and its name with the next Sync, so that many share that one. Errors:
// record.ErrAttachment where cipher has another hash, ErrFull, which leaves room for what must
// still be said.
func (b *Blobs) Put(hash record.ChunkHash, cipher []byte) error {
	return b.enter(func(s *blobStore) error { return s.write(hash, cipher) })
}

// Sync makes durable all that Put returned for.
func (b *Blobs) Sync() error { return b.enter((*blobStore).sync) }

// Room is ErrFull where size bytes more would not fit.
func (b *Blobs) Room(size uint64) error {
	return b.enter(func(s *blobStore) error {
		s.mu.Lock()
		err := s.list() // makes the folder whose disk is asked
		s.mu.Unlock()
		if err != nil {
			return err
		}
		if err := s.folder.space(int(size), blobReserve); err != nil {
			return fmt.Errorf("keep attachment: %w", err)
		}
		return nil
	})
}

// Read fills buffer with a chunk and returns as much of it as that is; a buffer that is
// smaller than BlobBuffer is replaced. ErrNotFound: it is not here, or was not what its name says and
// is here no more.
func (b *Blobs) Read(hash record.ChunkHash, buffer []byte) (cipher []byte, err error) {
	err = b.enter(func(s *blobStore) error {
		cipher, err = s.read(hash, buffer)
		return err
	})
	return cipher, err
}

// BlobBuffer is how large a buffer for Read is, in bytes.
const BlobBuffer = record.ChunkLimit + 1

// Missing are the chunks of an attachment, from 0, that are not here. Those that are were read, so
// that nothing damaged counts.
func (b *Blobs) Missing(a record.Attachment) (missing []int, err error) {
	err = b.enter(func(s *blobStore) error {
		missing, err = s.missing(a)
		return err
	})
	return missing, err
}

func (b *Blobs) enter(fn func(*blobStore) error) error {
	if err := b.vault.enter(); err != nil {
		return err
	}
	defer b.vault.mu.RUnlock()
	s := b.vault.blobs
	s.mu.Lock()
	done := b.done
	s.mu.Unlock()
	if done { // what is kept now could be swept while it is written
		return fmt.Errorf("attachments' chunks: %w", ErrClosed)
	}
	return fn(s)
}
