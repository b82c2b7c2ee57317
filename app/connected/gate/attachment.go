package gate

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// underWay is how long an attachment may be on its way up before what has come is dropped: a
// device on sick leave comes back, an attach command that was cut off does not.
const (
	underWay      = 60 * 24 * time.Hour
	commandsBegun = 24 * time.Hour
)

// NewAttachment is a file to attach to a record.
type NewAttachment struct {
	ID     journal.AttachmentID // empty: a random one
	Record journal.RecordID
	Name   string // of the file; folders in front do not count
	File   io.ReaderAt
	Size   int64 // bytes

	mac []byte // of the imported line
}

// Attached says what became of it.
type Attached struct {
	ID     journal.AttachmentID `json:"id"`
	Record journal.RecordID     `json:"record"`
	Size   uint64               `json:"size"`
	Chunks int                  `json:"chunks"`
	Type   record.MediaType     `json:"type"`
}

// Attach encrypts a file chunk by chunk and attaches it to a record. Each chunk is a transaction
// of its own, so that calls go on meanwhile; nobody sees anything before the last, which signs it.
func (g *Gate) Attach(ctx context.Context, n NewAttachment) (Attached, error) {
	var a record.Attachment
	label, finish, err := g.attach(ctx, n, g.store.Do, &a)
	if err == nil {
		entry := journal.Entry{Record: a.Record, Subject: a.Subject, Attachment: a.ID}
		if entry.Content, err = a.Digest(); err == nil {
			err = g.administer(ctx, "attach", "", entry, func(tx *store.Tx) error { return finish(ctx, tx) })
		}
	}
	if err != nil {
		return Attached{}, fmt.Errorf("attach: %w", err)
	}
	return Attached{ID: a.ID, Record: a.Record, Size: a.Size, Chunks: a.Count(), Type: label.Type}, nil
}

// attach stores the chunks by do, transaction by transaction, fills a, and returns what ends it.
// Where it fails nothing stays.
func (g *Gate) attach(ctx context.Context, n NewAttachment, do func(context.Context, func(*store.Tx) error) error, a *record.Attachment) (record.Label, func(context.Context, *store.Tx) error, error) {
	label, err := n.label()
	if err != nil {
		return label, nil, err
	}
	if n.ID == "" {
		random := make([]byte, 16)
		rand.Read(random)
		n.ID = journal.AttachmentID("b-" + hex.EncodeToString(random))
	}
	*a = record.Attachment{Org: g.org, ID: n.ID, Record: n.Record, Size: uint64(n.Size)}
	begin := func(tx *store.Tx) error {
		row, err := tx.Record(ctx, string(n.Record))
		if err != nil {
			return known(err, "record", string(n.Record))
		}
		if _, err := tx.Attachment(ctx, string(n.ID)); !store.Missing(err) {
			return errors.Join(err, fmt.Errorf("%w: attachment %s; another file is another attachment", ErrExists, n.ID))
		}
		if err := g.sweepAttachments(ctx, tx); err != nil {
			return err
		}
		a.Subject = journal.SubjectID(row.Subject)
		return tx.AddAttachment(ctx, sqlc.AddAttachmentParams{ID: string(n.ID), RecordID: row.ID, Subject: row.Subject,
			BeganAt: int64(g.now()), Body: []byte{}, ContentKey: []byte{}, LineMac: some(n.mac)})
	}
	if err := do(ctx, begin); err != nil {
		return label, nil, err
	}
	number := int64(0)
	sealed, key, err := record.SealAttachment(*a, label, io.NewSectionReader(n.File, 0, n.Size), func(hash record.ChunkHash, cipher []byte) error {
		err := do(ctx, func(tx *store.Tx) error {
			return tx.PutAttachmentChunk(ctx, sqlc.PutAttachmentChunkParams{AttachmentID: string(n.ID), Number: number, Hash: hash[:], Cipher: cipher})
		})
		number++
		return err
	})
	var box []byte
	if err == nil {
		err = do(ctx, func(tx *store.Tx) error {
			var err error
			box, err = tx.Seal(ctx, string(a.Subject), "attachments:content_key", string(a.ID), key)
			return err
		})
		clear(key)
	}
	if err != nil {
		clean := context.WithoutCancel(ctx)
		return label, nil, errors.Join(err, do(clean, func(tx *store.Tx) error { return dropAttachment(clean, tx, string(n.ID)) }))
	}
	*a = sealed
	return label, func(ctx context.Context, tx *store.Tx) error {
		_, err := g.completeAttachment(ctx, tx, *a, box)
		return err
	}, nil
}

// label tells by the content what a file is, and that it can be shown.
func (n NewAttachment) label() (record.Label, error) {
	if n.Size <= 0 || n.Size > record.MaxChunks*record.ChunkSize {
		return record.Label{}, fmt.Errorf("%w: %d bytes; an attachment has between 1 byte and 4 GiB", ErrInput, n.Size)
	}
	if n.ID != "" && identity.CheckOpaque(string(n.ID)) != nil {
		return record.Label{}, fmt.Errorf("%w: id", ErrInput)
	}
	label, err := record.LabelOf(n.Name, n.File, n.Size)
	if err != nil {
		return record.Label{}, fmt.Errorf("%w: %w", ErrInput, err)
	}
	return label, nil
}

// completeAttachment signs what is whole. box is its content key, encrypted for its column.
func (g *Gate) completeAttachment(ctx context.Context, tx *store.Tx, a record.Attachment, box []byte) ([]byte, error) {
	a.Issued = g.now()
	message, err := a.Sign(g.keys().Issuing)
	if err != nil {
		return nil, err
	}
	body, err := tx.Seal(ctx, string(a.Subject), "attachments:body", string(a.ID), message)
	if err != nil {
		return nil, err
	}
	n, err := tx.CompleteAttachment(ctx, sqlc.CompleteAttachmentParams{ID: string(a.ID), Chunks: int64(a.Count()), Body: body, ContentKey: box})
	if err == nil && n != 1 {
		err = fmt.Errorf("attachment %s is gone: %w", a.ID, ErrUnknown) // erased meanwhile
	}
	return message, err
}

// openAttachment is the signed attachment in a row that is whole.
func (g *Gate) openAttachment(ctx context.Context, tx *store.Tx, row sqlc.Attachment) (record.Attachment, []byte, error) {
	message, err := tx.Open(ctx, row.Subject, "attachments:body", row.ID, row.Body)
	if err != nil {
		return record.Attachment{}, nil, err
	}
	a, err := record.OpenAttachment(message, g.org, g.keys().Parsed.Issuing)
	return a, message, err
}

// Detach takes one attachment away, here and, at their next sync, from every device that has it.
func (g *Gate) Detach(ctx context.Context, id journal.AttachmentID) error {
	err := g.store.Do(ctx, func(tx *store.Tx) error {
		row, err := tx.Attachment(ctx, string(id))
		if err != nil {
			return known(err, "attachment", string(id))
		}
		if err := dropAttachment(ctx, tx, row.ID); err != nil {
			return err
		}
		return g.sayChanged(ctx, tx, "detach", "", journal.Entry{Record: journal.RecordID(row.RecordID), Subject: journal.SubjectID(row.Subject), Attachment: id})
	})
	if err == nil {
		err = g.store.Settle(ctx)
	}
	if err != nil {
		return fmt.Errorf("detach: %w", err)
	}
	return nil
}

// AttachmentRow is an attachment as lists show it: what it is called stands under its key.
type AttachmentRow struct {
	ID      journal.AttachmentID `json:"id"`
	Device  identity.DeviceID    `json:"device,omitempty"` // that made it
	Chunks  int                  `json:"chunks"`
	Whole   bool                 `json:"whole"` // false: under way
	BeganAt signed.Time          `json:"began_at"`
}

// ListAttachments lists a record's attachments, the oldest first.
func (g *Gate) ListAttachments(ctx context.Context, id journal.RecordID) ([]AttachmentRow, error) {
	var all []AttachmentRow
	err := g.store.Read(ctx, func(tx *store.Tx) error {
		if _, err := tx.Record(ctx, string(id)); err != nil {
			return known(err, "record", string(id))
		}
		rows, err := tx.AttachmentsOfRecord(ctx, string(id))
		for _, r := range rows {
			all = append(all, AttachmentRow{ID: journal.AttachmentID(r.ID), Device: identity.DeviceID(r.DeviceID), Chunks: int(r.Chunks),
				Whole: r.Whole == 1, BeganAt: signed.Time(r.BeganAt)})
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list attachments: %w", err)
	}
	return all, nil
}

func dropAttachment(ctx context.Context, tx *store.Tx, id string) error {
	if err := tx.DeleteAttachmentChunks(ctx, id); err != nil {
		return err
	}
	return tx.DeleteAttachment(ctx, id)
}

// sweepAttachments drops what began to come long ago and never came whole.
func (g *Gate) sweepAttachments(ctx context.Context, tx *store.Tx) error {
	rows, err := tx.AttachmentsBegun(ctx)
	for _, r := range rows {
		patience := underWay
		if r.DeviceID == "" {
			patience = commandsBegun
		}
		if err == nil && signed.Time(r.BeganAt).Add(patience) < g.now() {
			err = dropAttachment(ctx, tx, r.ID)
		}
	}
	return err
}
