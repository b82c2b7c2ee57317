package vault

import (
	"errors"
	"fmt"
	"io"

	"handslag/identity/signed"
	"handslag/vault/internal/keybag"
	"handslag/vault/journal"
	"handslag/vault/journalfile"
	"handslag/vault/record"
)

// An attachment's content key is in the clear inside this file only, and only for the length of a
// call, like a record's in part.go.

// wrapAttachmentKey takes the key of c out of its seal and wraps it under the subject's DEK, if it
// is the one that the attachment commits to.
func (t *Tx) wrapAttachmentKey(c AttachmentCopy, a record.Attachment) ([]byte, error) {
	key, err := t.unseal(c.Sealed, c.Info, c.Unwrap, c.ContentKey)
	if err != nil {
		return nil, err
	}
	if len(c.Sealed) > 0 {
		defer clear(key)
	}
	if err := a.CheckKey(key); err != nil {
		return nil, err
	}
	aead, _, err := t.view.seal.bag.Of(a.Subject, keybag.Content)
	if err != nil {
		return nil, err
	}
	return aead.Seal(nil, nil, key, t.view.seal.attachmentContext(a)), nil
}

func (s rowSeal) attachmentContext(a record.Attachment) []byte {
	return fmt.Appendf(nil, "handslag/1/vault-attachment-key/%x/%s/%s", s.vault, a.Org, a.ID)
}

// attachmentKey unwraps a content key; the caller wipes it.
func (t *Tx) attachmentKey(row attachmentRow, a record.Attachment) ([]byte, error) {
	if !row.opens() {
		return nil, fmt.Errorf("content key: %w", ErrNotFound)
	}
	aead, err := t.view.seal.bag.Held(a.Subject, keybag.Content)
	if err != nil {
		return nil, err
	}
	key, err := aead.Open(nil, nil, row.Key, t.view.seal.attachmentContext(a))
	if err != nil {
		return nil, fmt.Errorf("unwrap content key: %w", ErrView)
	}
	return key, nil
}

// labels are what the attachments of a record are called, of which an opening was let pass.
func (t *Tx) labels(id journal.RecordID) map[journal.AttachmentID]record.Label {
	all := map[journal.AttachmentID]record.Label{}
	files, _ := t.view.list.pick(rowAttachment, func(l *list) []rowKey { return l.hangs(id) })
	for _, file := range files {
		var named attachmentRow
		if found, err := t.at(file, &named); err != nil || !found {
			continue
		}
		row, a, err := t.attachment(named.ID)
		if err != nil || a.Record != id {
			continue
		}
		if key, err := t.attachmentKey(row, a); err == nil {
			if label, err := record.OpenLabel(key, a); err == nil {
				all[a.ID] = label
			}
			clear(key)
		}
	}
	return all
}

// admitAttachment finds an attachment and lets a deed pass, as admit does for its record: the loan
// is the record's.
func (t *Tx) admitAttachment(stamp *journalfile.Stamp, id journal.AttachmentID, now signed.Time, kinds ...journal.Kind) (row attachmentRow, a record.Attachment, err error) {
	if row, a, err = t.attachment(id); err != nil {
		return row, a, err
	}
	card, err := t.card(row.Record)
	if err != nil {
		return row, a, err
	}
	if now > card.Until {
		return row, a, ErrLoan
	}
	entry := stamp.Entry()
	if entry.Subject != a.Subject || t.vault.keys == nil || entry.Device != t.vault.keys.Device() {
		return row, a, fmt.Errorf("entry names another subject or device: %w", ErrNoStamp)
	}
	if until := entry.Until; until != 0 && (now > until || until > card.Until) {
		return row, a, fmt.Errorf("entry is over, or says more than the loan: %w", ErrNoStamp)
	}
	for _, kind := range kinds {
		if err = stamp.RedeemAttachment(kind, a.Record, a.ID); err == nil {
			return row, a, nil
		}
	}
	return row, a, fmt.Errorf("%w: %w", ErrNoStamp, err)
}

// OpenAttachment decrypts an attachment (promise 1): stamp is proof that an entry AttachmentOpened or
// AttachmentExported by this device, with this attachment, its record and subject, is durable, and is used
// up. now is trusted time. Errors: ErrNoStamp, ErrLoan, ErrNotFound, ErrView, ErrClosed.
func (v *Vault) OpenAttachment(stamp *journalfile.Stamp, id journal.AttachmentID, now signed.Time) (*OpenedAttachment, error) {
	o := &OpenedAttachment{vault: v, id: id, at: -1}
	err := v.read(func(t *Tx) error {
		row, a, err := t.admitAttachment(stamp, id, now, journal.AttachmentOpened, journal.AttachmentExported)
		if err != nil {
			return err
		}
		key, err := t.attachmentKey(row, a)
		if err != nil {
			return err
		}
		defer clear(key)
		o.Size, o.Count = int64(a.Size), a.Count()
		o.Label, err = record.OpenLabel(key, a)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open attachment: %w", err)
	}
	return o, nil
}

// OpenedAttachment reads the plaintext of an attachment; it is an io.ReadSeekCloser, for one goroutine. Between
// reads it holds no key, and of the plaintext the chunk that was read last: an erasure, the
// removal of the record and a lock end it. That the opening's time is up its holder sees to, by Close.
type OpenedAttachment struct {
	Label record.Label
	Size  int64 // bytes
	Count int   // chunks

	vault  *Vault
	id     journal.AttachmentID
	offset int64
	at     int // the chunk that plain is, -1: none
	plain  []byte
	closed bool
}

// Read returns ErrNotFound where a chunk is not here, or is damaged and is here no more; fetched anew it goes on.
// Other errors: ErrView, ErrClosed.
func (o *OpenedAttachment) Read(into []byte) (int, error) {
	switch {
	case o.closed:
		return 0, fmt.Errorf("read attachment: %w", ErrClosed)
	case o.offset >= o.Size:
		return 0, io.EOF
	}
	if err := o.load(int(o.offset / record.ChunkSize)); err != nil {
		o.wipe() // the lock or the erasure that ended it ends this too
		return 0, fmt.Errorf("read attachment: %w", err)
	}
	n := copy(into, o.plain[o.offset%record.ChunkSize:])
	o.offset += int64(n)
	return n, nil
}

// load decrypts a chunk, unless it is there. The row is asked each time, with its key.
func (o *OpenedAttachment) load(i int) error {
	return o.vault.read(func(t *Tx) error {
		row, a, err := t.attachment(o.id)
		if err != nil || i == o.at {
			return err
		}
		key, err := t.attachmentKey(row, a)
		if err != nil {
			return err
		}
		defer clear(key)
		cipher, err := o.vault.blobs.Read(a.Chunk(i), make([]byte, BlobBuffer))
		if err != nil {
			return err
		}
		o.wipe()
		if o.plain, err = record.OpenChunk(key, a, i, cipher); err != nil {
			return fmt.Errorf("%w: %w", ErrView, err) // it is what the organisation signed, and no content
		}
		o.at = i
		return nil
	})
}

// Seek moves within the plaintext.
func (o *OpenedAttachment) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += o.offset
	case io.SeekEnd:
		offset += o.Size
	}
	if offset < 0 || whence > io.SeekEnd {
		return 0, errors.New("seek in attachment: before its start")
	}
	o.offset = offset
	return offset, nil
}

// Close wipes what was read.
func (o *OpenedAttachment) Close() error {
	o.wipe()
	o.closed = true
	return nil
}

func (o *OpenedAttachment) wipe() {
	clear(o.plain)
	o.plain, o.at = nil, -1
}

// ResealAttachment wraps an attachment's content key under a share's key, as Reseal does a
// record's; context is record.SharedAttachmentKeyInfo, and stamp is for an entry ShareSent that names the
// attachment. A draft, which the organisation has not signed, is ErrNotFound.
func (v *Vault) ResealAttachment(stamp *journalfile.Stamp, id journal.AttachmentID, now signed.Time, to *ShareKey, context string) (wrapped []byte, err error) {
	err = v.read(func(t *Tx) error {
		if err := to.admit(stamp); err != nil {
			return err
		}
		row, a, err := t.admitAttachment(stamp, id, now, journal.ShareSent)
		if err != nil {
			return err
		}
		if row.Draft {
			return fmt.Errorf("not signed yet: %w", ErrNotFound)
		}
		key, err := t.attachmentKey(row, a)
		if err != nil {
			return err
		}
		defer clear(key)
		wrapped = to.wrap(key, context)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("wrap content key for another device: %w", err)
	}
	return wrapped, nil
}
