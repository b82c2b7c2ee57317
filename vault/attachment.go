package vault

import (
	"crypto/cipher"
	"errors"
	"fmt"

	"handslag/identity/signed"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// AttachmentCopy is an attachment as it arrived, without its chunks (Blobs). Its caller has
// verified Signed (record.OpenAttachment), or has made it itself and has a draft. The content key
// comes sealed to this device, with the Info that it was sealed with, or bare, 32 bytes; without
// either nothing opens, but the chunks that are here already are no garbage.
type AttachmentCopy struct {
	Signed     []byte
	Draft      []byte // where Signed is empty
	Sealed     []byte
	Info       string
	Unwrap     cipher.AEAD // where Sealed is wrapped under a share's key, and Info is its context
	ContentKey []byte      // used where Sealed is empty; the caller wipes it
	Source     Source
}

// AttachmentRow is what lists may show of an attachment; what it is called is protected, and
// opens with its record or itself.
type AttachmentRow struct {
	ID         journal.AttachmentID
	Record     journal.RecordID
	Subject    journal.SubjectID
	Assignment journal.AssignmentID
	Size       uint64 // bytes of plaintext
	Count      int    // chunks
	Here       int    // chunks that are on this device
	Issued     signed.Time
	Draft      bool // this device made it, and the organisation has not signed it yet
	Opens      bool // its content key is here
	Source     Source
}

// Whole reports whether all of it is here, so that it opens without coverage.
func (a AttachmentRow) Whole() bool { return a.Here == a.Count && a.Opens }

// attachmentRow is an attachment without the hashes of its chunks, which may be many: those stand
// in the message.
type attachmentRow struct {
	_          struct{} `cbor:",toarray"`
	ID         journal.AttachmentID
	Record     journal.RecordID
	Subject    journal.SubjectID
	Assignment journal.AssignmentID
	Size       uint64
	Count      int
	Issued     signed.Time
	Draft      bool
	Key        []byte // content key under the subject's DEK; empty while it has not come
	Source     Source
}

func (a attachmentRow) opens() bool { return len(a.Key) > 0 }

func (a attachmentRow) row(here int) AttachmentRow {
	return AttachmentRow{
		ID: a.ID, Record: a.Record, Subject: a.Subject, Assignment: a.Assignment, Size: a.Size, Count: a.Count, Here: here,
		Issued: a.Issued, Draft: a.Draft, Opens: a.opens(), Source: a.Source,
	}
}

type messageRow struct {
	_       struct{} `cbor:",toarray"`
	Message []byte   // signed, or a draft
}

func (c AttachmentCopy) open() (a record.Attachment, message []byte, err error) {
	if len(c.Signed) == 0 {
		a, err = record.DecodeDraft(c.Draft)
		return a, c.Draft, err
	}
	if err = signed.Unverified(c.Signed, record.AttachmentLimit, &a); err == nil {
		err = a.Check()
	}
	return a, c.Signed, err
}

// PutAttachment keeps an attachment of a record that is here, and says whether it did; a draft also without its record, since
// it is nowhere else. What the organisation signed
// replaces a draft, never the other way, and a content key stays. Errors: ErrNotFound where the record is not
// here or is another subject's, record.ErrAttachment where another attachment has that ID or the key is another's.
func (t *Tx) PutAttachment(c AttachmentCopy) (bool, error) {
	kept, err := t.putAttachment(c)
	if err != nil {
		return false, fmt.Errorf("keep attachment: %w", err)
	}
	return kept, nil
}

func (t *Tx) putAttachment(c AttachmentCopy) (bool, error) {
	a, message, err := c.open()
	if err != nil {
		return false, err
	}
	row, err := t.attachmentRow(c, a)
	if err != nil {
		return false, err
	}
	return t.keepAttachment(row, a, message)
}

// attachmentRow is the row of a copy, with its key under the subject's.
func (t *Tx) attachmentRow(c AttachmentCopy, a record.Attachment) (row attachmentRow, err error) {
	row = attachmentRow{
		ID: a.ID, Record: a.Record, Subject: a.Subject, Assignment: a.Assignment, Size: a.Size, Count: a.Count(), Issued: a.Issued,
		Draft: len(c.Signed) == 0, Source: c.Source,
	}
	if len(c.Sealed) > 0 || len(c.ContentKey) > 0 {
		row.Key, err = t.wrapAttachmentKey(c, a)
	}
	return row, err
}

// keepAttachment puts a row in its place, with what is known already.
func (t *Tx) keepAttachment(row attachmentRow, a record.Attachment, message []byte) (bool, error) {
	card, err := t.card(a.Record)
	if err == nil && card.Record.Subject != a.Subject {
		err = fmt.Errorf("its record is about another subject: %w", record.ErrAttachment)
	}
	if err != nil && !(errors.Is(err, ErrNotFound) && row.Draft) {
		return false, err
	}
	old, before, err := t.attachment(a.ID)
	switch {
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrView): // what does not open is written over
	case err != nil:
		return false, err
	case !before.Same(a):
		return false, fmt.Errorf("another has its ID: %w", record.ErrAttachment)
	default:
		if old.opens() {
			row.Key, row.Source = old.Key, old.Source
		}
		if row.Draft && !old.Draft {
			row.Draft, row.Issued = false, old.Issued
			_, signed, err := t.attachmentMessage(a.ID)
			if err != nil {
				return false, err
			}
			message = signed.Signed
		}
	}
	if before.ID == a.ID && old.opens() == row.opens() && old.Draft == row.Draft {
		return false, nil
	}
	if err := t.put(rowMessage, string(a.ID), a.Subject, messageRow{Message: message}); err != nil {
		return false, err
	}
	return true, t.put(rowAttachment, string(a.ID), a.Subject, row)
}

// attachment is an attachment's row with what it says in whole, which belong together.
func (t *Tx) attachment(id journal.AttachmentID) (row attachmentRow, a record.Attachment, err error) {
	row, message, err := t.attachmentMessage(id)
	if err != nil {
		return attachmentRow{}, a, err
	}
	a, _, err = message.open()
	if err == nil && (a.ID != id || a.Record != row.Record || a.Subject != row.Subject) {
		err = errors.New("its parts do not belong together")
	}
	if err != nil {
		return attachmentRow{}, record.Attachment{}, fmt.Errorf("find attachment: %w: %w", ErrView, err)
	}
	return row, a, nil
}

func (t *Tx) attachmentMessage(id journal.AttachmentID) (row attachmentRow, c AttachmentCopy, err error) {
	var whole messageRow
	found, err := t.get(rowAttachment, string(id), &row)
	if err == nil && found {
		found, err = t.get(rowMessage, string(id), &whole)
	}
	switch {
	case err != nil:
		return row, c, err
	case !found:
		return row, c, fmt.Errorf("find attachment: %w", ErrNotFound)
	case row.ID != id:
		return row, c, fmt.Errorf("find attachment: %w", ErrView)
	}
	if c.Source = row.Source; row.Draft {
		c.Draft = whole.Message
	} else {
		c.Signed = whole.Message
	}
	return row, c, nil
}

// RemoveAttachment drops an attachment with its chunks; it is no error if there is none.
func (t *Tx) RemoveAttachment(id journal.AttachmentID) error {
	return errors.Join(t.remove(rowMessage, string(id)), t.remove(rowAttachment, string(id)))
}

// Attachment is one attachment with what was signed, or ErrNotFound.
func (v *Vault) Attachment(id journal.AttachmentID) (row AttachmentRow, c AttachmentCopy, err error) {
	err = v.read(func(t *Tx) error {
		kept, message, err := t.attachmentMessage(id)
		if err != nil {
			return err
		}
		here, err := t.here(id)
		row, c = kept.row(here), message
		return err
	})
	return row, c, err
}

// Attachments lists those of a record, in no order; all, where id is empty. With ErrView come all rows that do open.
func (v *Vault) Attachments(id journal.RecordID) (found []AttachmentRow, err error) {
	err = v.read(func(t *Tx) error {
		keys, damage := t.view.list.pick(rowAttachment, func(l *list) []rowKey { return l.hangs(id) })
		return rows(t, keys, damage, func(kept attachmentRow) error {
			here, err := t.here(kept.ID)
			found = append(found, kept.row(here))
			return err
		})
	})
	return found, err
}

// here counts the chunks of an attachment that are on this device.
func (t *Tx) here(id journal.AttachmentID) (n int, err error) {
	_, a, err := t.attachment(id)
	for i := range a.Count() {
		has, hasErr := t.vault.blobs.Has(a.Chunk(i))
		if err = errors.Join(err, hasErr); has {
			n++
		}
	}
	return n, err
}
