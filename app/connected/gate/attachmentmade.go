package gate

import (
	"bytes"
	"errors"
	"fmt"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/identity/access"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// Bounds of what devices hand in.
const (
	madeSize   = 128 << 20 // bytes of one attachment
	madeBegun  = 64        // attachments of one device under way at once
	madeChunks = 1 << 10   // their chunks: a gibibyte
	allChunks  = 64 << 10  // of all devices'
)

// MadeThing is the record that an attachment in the call's body is for.
func MadeThing(c *Call) (access.Thing, error) {
	a, _, err := c.made()
	if err != nil {
		return access.Thing{}, err
	}
	return c.thingOf(string(a.Record))
}

// thingOf is the record with this ID. One that is not there is nobody's: who may not have all hears the same of
// it as of another's, and learns nothing by trying IDs.
func (c *Call) thingOf(id string) (access.Thing, error) {
	row, err := c.tx.Record(c.ctx, id)
	if store.Missing(err) {
		return access.Thing{}, nil
	}
	if err != nil {
		return access.Thing{}, err
	}
	return recordThing(c.ctx, c.tx, row)
}

// made reads the call's body.
func (c *Call) made() (record.Attachment, link.MadeAttachment, error) {
	var made link.MadeAttachment
	if err := c.Read(&made); err != nil {
		return record.Attachment{}, made, err
	}
	a, err := record.DecodeDraft(made.Draft)
	if err != nil || a.Org != c.g.org || a.Size > madeSize || a.Device != identity.DeviceID(c.device.ID) {
		return a, made, Refuse(link.CodeChunk)
	}
	return a, made, nil
}

// TakeMade begins to take an attachment that the calling device made and said so: its entry is in
// the log already and names exactly this one. Begun before, it goes on.
func (c *Call) TakeMade() (link.Handed, error) {
	a, made, err := c.made()
	if err != nil {
		return link.Handed{}, err
	}
	row, err := c.tx.Attachment(c.ctx, string(a.ID))
	switch {
	case store.Missing(err):
		if err := c.begin(a, made); err != nil {
			return link.Handed{}, err
		}
		return link.Handed{Missing: missing(a, nil)}, nil
	case err != nil:
		return link.Handed{}, err
	}
	have, raw, err := c.g.openDraft(c, row)
	if err != nil {
		return link.Handed{}, err
	}
	if !have.Same(a) {
		return link.Handed{}, Refuse(link.CodeConflict)
	}
	if row.Whole == 1 {
		return link.Handed{Attachment: raw}, nil
	}
	numbers, err := c.tx.AttachmentChunkNumbers(c.ctx, row.ID)
	return link.Handed{Missing: missing(a, numbers)}, err
}

// openDraft is what the row holds: a draft, or the signed attachment.
func (g *Gate) openDraft(c *Call, row sqlc.Attachment) (record.Attachment, []byte, error) {
	if row.Whole == 1 {
		return g.openAttachment(c.ctx, c.tx, row)
	}
	if len(row.Body) == 0 { // an attach command is at it
		return record.Attachment{}, nil, Refuse(link.CodeConflict)
	}
	raw, err := c.tx.Open(c.ctx, row.Subject, "attachments:body", row.ID, row.Body)
	if err != nil {
		return record.Attachment{}, nil, err
	}
	a, err := record.DecodeDraft(raw)
	return a, raw, err
}

// begin stores the draft with its content key, which must be the one that it commits to.
func (c *Call) begin(a record.Attachment, made link.MadeAttachment) error {
	rec, err := c.tx.Record(c.ctx, string(a.Record))
	if store.Missing(err) {
		return Refuse(link.CodeNotFound)
	}
	if err != nil {
		return err
	}
	if rec.Subject != string(a.Subject) {
		return Refuse(link.CodeChunk)
	}
	if a.Assignment != "" {
		work, err := c.tx.Assignment(c.ctx, string(a.Assignment))
		if store.Missing(err) || err == nil && work.RecordID != rec.ID {
			return Refuse(link.CodeChunk)
		}
		if err != nil {
			return err
		}
	}
	if err := c.said(a); err != nil {
		return err
	}
	if err := c.g.sweepAttachments(c.ctx, c.tx); err != nil {
		return err
	}
	begun, err := c.tx.AttachmentsBegun(c.ctx)
	if err != nil {
		return err
	}
	own, ownChunks, chunks := 0, a.Count(), a.Count()
	for _, r := range begun {
		chunks += int(r.Chunks)
		if r.DeviceID == c.device.ID {
			own++
			ownChunks += int(r.Chunks)
		}
	}
	if own >= madeBegun || ownChunks > madeChunks || chunks > allChunks {
		return Refuse(link.CodeTooMany)
	}
	key, err := c.g.openMadeKey(a, made.ContentKey)
	if err != nil {
		return Refuse(link.CodeChunk)
	}
	defer clear(key)
	if _, err := record.OpenLabel(key, a); err != nil { // another key than it commits to, too
		return Refuse(link.CodeChunk)
	}
	row := sqlc.AddAttachmentParams{ID: string(a.ID), RecordID: rec.ID, Subject: rec.Subject, DeviceID: c.device.ID,
		Chunks: int64(a.Count()), BeganAt: int64(c.Now), LineMac: []byte{}}
	if row.Body, err = c.tx.Seal(c.ctx, rec.Subject, "attachments:body", row.ID, made.Draft); err != nil {
		return err
	}
	if row.ContentKey, err = c.tx.Seal(c.ctx, rec.Subject, "attachments:content_key", row.ID, key); err != nil {
		return err
	}
	return c.tx.AddAttachment(c.ctx, row)
}

func (g *Gate) openMadeKey(a record.Attachment, sealed []byte) ([]byte, error) {
	err := errors.New("no sealing key")
	for _, own := range g.keys().Sealing {
		var key []byte
		if key, err = own.Open(record.MadeKeyInfo(g.org, a.ID, a.Device), sealed); err == nil {
			return key, nil
		}
	}
	return nil, err
}

// said looks in the log for the device's own entry that it made this attachment.
func (c *Call) said(a record.Attachment) error {
	digest, err := a.Digest()
	if err != nil {
		return err
	}
	rows, err := c.tx.EntriesOfKind(c.ctx, sqlc.EntriesOfKindParams{RecordID: string(a.Record), DeviceID: string(a.Device), Kind: string(journal.AttachmentAdded)})
	if err != nil {
		return err
	}
	for _, raw := range rows {
		var e journal.Entry
		if err := signed.Unverified(raw, journal.EntryLimit, &e); err != nil { // verified when it was stored
			return fmt.Errorf("read entry: %w", err)
		}
		if e.Attachment == a.ID && e.Subject == a.Subject && e.Assignment == a.Assignment && bytes.Equal(e.Content, digest) {
			return nil
		}
	}
	return Refuse(link.CodeUnsaid)
}
