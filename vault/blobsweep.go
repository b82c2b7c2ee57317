package vault

import (
	"errors"
	"io/fs"
	"strings"

	"handslag/vault/record"
)

// chunksOf are the chunks of the attachment whose message lies at key, none where it does not open.
func (t *Tx) chunksOf(key rowKey) (all []record.ChunkHash) {
	var row messageRow
	if found, err := t.at(key, &row); err != nil || !found {
		return nil
	}
	for _, c := range []AttachmentCopy{{Signed: row.Message}, {Draft: row.Message}} {
		if a, _, err := c.open(); err == nil {
			for i := range a.Count() {
				all = append(all, a.Chunk(i))
			}
			break
		}
	}
	return all
}

// discard removes chunks that nobody needs any more; what it can not remove the next sweep does.
func (b *blobStore) discard(chunks []record.ChunkHash) {
	for _, hash := range chunks {
		_ = b.remove(b.name(hash))
	}
	if len(chunks) > 0 {
		_ = b.sync()
	}
}

// SweepBlobs removes chunks that no attachment names, with what interrupted writers left, and
// attachments whose record is gone, and says how many chunks those were. It does nothing while
// Blobs are in use, or where not every attachment opens: what somebody may still name is no garbage.
func (v *Vault) SweepBlobs() (swept int, err error) {
	if err := v.enter(); err != nil {
		return 0, err
	}
	defer v.mu.RUnlock()
	err = v.update(func(t *Tx) error {
		named := map[blobName]bool{}
		files, damage := t.view.list.pick(rowAttachment, func(l *list) []rowKey { return l.hangs("") })
		for _, key := range files {
			var row attachmentRow
			if found, err := t.at(key, &row); err != nil || !found {
				return errors.Join(ErrView, err)
			}
			if _, err := t.card(row.Record); errors.Is(err, ErrNotFound) && !row.Draft {
				damage = errors.Join(damage, t.RemoveAttachment(row.ID))
				continue
			}
			_, a, err := t.attachment(row.ID)
			if err != nil {
				return err
			}
			for i := range a.Count() {
				named[v.blobs.name(a.Chunk(i))] = true
			}
		}
		if damage != nil {
			return damage
		}
		swept, err = v.blobs.sweep(named)
		return err
	})
	return swept, err
}

func (b *blobStore) sweep(keep map[blobName]bool) (swept int, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.users > 0 {
		return 0, nil
	}
	names, err := b.folder.disk.List(b.folder.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	for _, name := range names {
		if keep[blobName(name)] {
			continue
		}
		err = errors.Join(err, b.folder.disk.Remove(b.path(blobName(name))))
		delete(b.there, blobName(name))
		if !strings.HasSuffix(name, newSuffix) {
			swept++
		}
	}
	return swept, named("sweep attachments' chunks", err)
}
