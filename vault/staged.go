package vault

import (
	"errors"
	"fmt"

	"github.com/dgraph-io/badger/v4"

	"handslag/vault/record"
)

// A copy that a colleague hands over is durable before the entry that says so, since nobody sends it
// again: it waits as a row of its own kind, which no list shows and nothing opens, and the entry's effect
// puts it in its place, at the deed or at a replay.

// stagedRow is a copy of one kind, with its content key under the subject's DEK already, so that nothing of what
// came can stop a replay.
type stagedRow struct {
	_          struct{} `cbor:",toarray"`
	Card       *cardRow // with Part
	Part       *partRow
	Attachment *attachmentRow // with Message
	Message    []byte
	Assignment *assignmentRow
}

// StageRecord keeps a copy under name until Unstage. Errors as PutRecord's.
func (t *Tx) StageRecord(name []byte, c RecordCopy) error {
	card, part, err := c.apart()
	if err == nil {
		part.Key, err = t.wrapContentKey(c, part, card.Record)
	}
	if err != nil {
		return fmt.Errorf("stage record: %w", err)
	}
	return t.put(rowStaged, string(name), card.Record.Subject, stagedRow{Card: &card, Part: &part})
}

// StageAttachment keeps a copy under name until Unstage; its chunks are here. Errors as PutAttachment's.
func (t *Tx) StageAttachment(name []byte, c AttachmentCopy) error {
	a, message, err := c.open()
	var row attachmentRow
	if err == nil {
		row, err = t.attachmentRow(c, a)
	}
	if err != nil {
		return fmt.Errorf("stage attachment: %w", err)
	}
	return t.put(rowStaged, string(name), a.Subject, stagedRow{Attachment: &row, Message: message})
}

// StageAssignment keeps a copy under name until Unstage. Errors as PutAssignment's.
func (t *Tx) StageAssignment(name []byte, c AssignmentCopy) error {
	row, err := c.row()
	if err != nil {
		return fmt.Errorf("stage assignment: %w", err)
	}
	return t.put(rowStaged, string(name), row.Assignment.Subject, stagedRow{Assignment: &row})
}

// Unstage puts the copy that waits under name in its place, or drops it
// where keep is false. It is no error if none waits, or one that does not open: then it was
// there before, or the view has been made anew since; nor if the record of an attachment has gone meanwhile.
func (t *Tx) Unstage(name []byte, keep bool) error {
	var row stagedRow
	found, err := t.get(rowStaged, string(name), &row)
	switch {
	case errors.Is(err, ErrView):
		found = false
	case err != nil:
		return err
	case !found:
		return nil
	}
	if found && keep {
		if err := t.putStaged(row); err != nil {
			return err
		}
	}
	return t.remove(rowStaged, string(name))
}

func (t *Tx) putStaged(row stagedRow) (err error) {
	switch {
	case row.Card != nil && row.Part != nil:
		err = t.putApart(*row.Card, *row.Part)
	case row.Assignment != nil:
		held, findErr := t.Assignment(row.Assignment.Assignment.ID)
		if findErr == nil && held.Number >= row.Assignment.Assignment.Number {
			return nil
		}
		_, err = t.putAssignmentRow(*row.Assignment, nil)
	case row.Attachment != nil:
		c := AttachmentCopy{Signed: row.Message}
		if row.Attachment.Draft {
			c = AttachmentCopy{Draft: row.Message}
		}
		a, message, openErr := c.open()
		if openErr != nil {
			return nil
		}
		_, err = t.keepAttachment(*row.Attachment, a, message)
		if errors.Is(err, ErrNotFound) || errors.Is(err, record.ErrAttachment) {
			err = nil // its record is gone, or has become another's
		}
	}
	return err
}

// DropStaged drops every copy that waits: those of which no entry says that they came. It is for
// when all entries have had their effect and nothing is being received.
func (v *Vault) DropStaged() error {
	none := false
	err := v.read(func(t *Tx) error {
		none = t.view.catalogue.count[rowStaged] == 0
		return nil
	})
	if none || err != nil {
		return err // a full disk is no reason to drop nothing
	}
	return v.Update(func(t *Tx) error {
		var waiting []rowKey
		err := t.keys(rowStaged, func(key rowKey, _ *badger.Item) error {
			waiting = append(waiting, key)
			return nil
		})
		for _, key := range waiting {
			err = errors.Join(err, t.drop(key))
		}
		return err
	})
}
