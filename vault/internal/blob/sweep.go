package blob

import (
	"errors"
	"io/fs"
	"strings"

	"handslag/vault/internal/fault"
	"handslag/vault/internal/folder"
	"handslag/vault/record"
)

// Discard removes chunks that nobody needs any more; what it can not remove the next sweep does.
func (b *Store) Discard(chunks []record.ChunkHash) {
	for _, hash := range chunks {
		_ = b.remove(b.Name(hash))
	}
	if len(chunks) > 0 {
		_ = b.Sync()
	}
}

// Sweep removes what keep does not name, with what interrupted writers left, and says how many chunks those were. It does
// nothing while somebody may be about to name one.
func (b *Store) Sweep(keep map[Name]bool) (swept int, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.users > 0 {
		return 0, nil
	}
	names, err := b.folder.Disk.List(b.folder.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	for _, name := range names {
		if keep[Name(name)] {
			continue
		}
		err = errors.Join(err, b.folder.Disk.Remove(b.Path(Name(name))))
		delete(b.there, Name(name))
		if !strings.HasSuffix(name, folder.NewSuffix) {
			swept++
		}
	}
	return swept, fault.Named("sweep attachments' chunks", err)
}
