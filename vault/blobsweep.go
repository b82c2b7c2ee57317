package vault

import (
	"errors"

	"handslag/vault/internal/blob"
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

// SweepBlobs removes chunks that no attachment names, with what interrupted writers left, and
// attachments whose record is gone, and says how many chunks those were. It does nothing while
// Blobs are in use, or where not every attachment opens: what somebody may still name is no garbage.
func (v *Vault) SweepBlobs() (swept int, err error) {
	if err := v.enter(); err != nil {
		return 0, err
	}
	defer v.mu.RUnlock()
	err = v.update(func(t *Tx) error {
		named := map[blob.Name]bool{}
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
				named[v.blobs.Name(a.Chunk(i))] = true
			}
		}
		if damage != nil {
			return damage
		}
		swept, err = v.blobs.Sweep(named)
		return err
	})
	return swept, err
}
