package gate

import (
	"errors"
	"strconv"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity/access"
	"handslag/sync/link"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// ChunkThing is the record that the attachment in the call's query belongs to.
func ChunkThing(c *Call) (access.Thing, error) {
	row, _, err := c.chunk()
	if p, ok := errors.AsType[*link.Problem](err); ok && p.Code == link.CodeNotFound {
		return access.Thing{}, nil
	}
	if err != nil {
		return access.Thing{}, err
	}
	return c.thingOf(row.RecordID)
}

// chunk reads the call's query, and the row of the attachment that it names.
func (c *Call) chunk() (sqlc.Attachment, int, error) {
	number, err := strconv.ParseUint(c.Query.Get("chunk"), 10, 16)
	if err != nil || len(c.Query) != 2 || len(c.Query["attachment"]) != 1 || len(c.Query["chunk"]) != 1 {
		return sqlc.Attachment{}, 0, Refuse(link.CodeBadRequest)
	}
	row, err := c.tx.Attachment(c.ctx, c.Query.Get("attachment"))
	if store.Missing(err) {
		return row, 0, Refuse(link.CodeNotFound)
	}
	return row, int(number), err
}

// TakeChunk takes one chunk of what TakeMade began. It must decrypt in its place, and the first
// must be what the label says. With the last one the attachment is signed, and everybody's.
func (c *Call) TakeChunk() (link.Handed, error) {
	row, number, err := c.chunk()
	if err != nil {
		return link.Handed{}, err
	}
	if row.DeviceID != c.device.ID {
		return link.Handed{}, Refuse(link.CodeNotFound)
	}
	a, raw, err := c.g.openDraft(c, row)
	if err != nil {
		return link.Handed{}, err
	}
	if row.Whole == 1 {
		return link.Handed{Attachment: raw}, nil
	}
	if err := c.checkChunk(a, row, number); err != nil {
		return link.Handed{}, err
	}
	hash := a.Chunk(number)
	err = c.tx.PutAttachmentChunk(c.ctx, sqlc.PutAttachmentChunkParams{AttachmentID: row.ID, Number: int64(number), Hash: hash[:], Cipher: c.Body})
	if err != nil {
		return link.Handed{}, err
	}
	numbers, err := c.tx.AttachmentChunkNumbers(c.ctx, row.ID)
	if err != nil || len(numbers) < a.Count() {
		return link.Handed{}, err
	}
	message, err := c.g.completeAttachment(c.ctx, c.tx, a, row.ContentKey)
	if err != nil {
		return link.Handed{}, err
	}
	e := journal.Entry{Kind: journal.AttachmentTaken, Person: c.Person.ID, Peer: a.Device, Record: a.Record, Subject: a.Subject,
		Assignment: a.Assignment, Attachment: a.ID, Count: a.Size, Route: c.route.Path}
	if e.Content, err = a.Digest(); err != nil {
		return link.Handed{}, err
	}
	if _, err := c.g.say(c.ctx, c.tx, e, nil); err != nil {
		return link.Handed{}, err
	}
	return link.Handed{Attachment: message}, nil
}

func (c *Call) checkChunk(a record.Attachment, row sqlc.Attachment, number int) error {
	key, err := c.tx.Open(c.ctx, row.Subject, "attachments:content_key", row.ID, row.ContentKey)
	if err != nil {
		return err
	}
	defer clear(key)
	plain, err := record.OpenChunk(key, a, number, c.Body)
	if err != nil {
		return Refuse(link.CodeChunk)
	}
	defer clear(plain)
	if number > 0 {
		return nil
	}
	label, err := record.OpenLabel(key, a)
	if err != nil {
		return Refuse(link.CodeChunk)
	}
	if kind, err := record.MediaTypeOf(plain[:min(len(plain), record.HeadSize)]); err != nil || kind != label.Type {
		return Refuse(link.CodeChunk)
	}
	return nil
}

// Chunk is one chunk of an attachment that the calling device was sent, as it travels.
func (c *Call) Chunk() ([]byte, error) {
	row, number, err := c.chunk()
	if err != nil {
		return nil, err
	}
	sent, err := c.tx.SentThing(c.ctx, sqlc.SentThingParams{DeviceID: c.device.ID, Kind: sentAttachment, ThingID: row.ID})
	if store.Missing(err) || err == nil && sent.Gone == 1 || row.Whole == 0 {
		return nil, Refuse(link.CodeNotFound)
	}
	if err != nil {
		return nil, err
	}
	chunk, err := c.tx.AttachmentChunk(c.ctx, sqlc.AttachmentChunkParams{AttachmentID: row.ID, Number: int64(number)})
	if store.Missing(err) {
		return nil, Refuse(link.CodeNotFound)
	}
	return chunk.Cipher, err
}

// missing are the chunks of a that are not among have, which ascends.
func missing(a record.Attachment, have []int64) []int {
	var all []int
	for i := range a.Count() {
		if len(have) > 0 && have[0] == int64(i) {
			have = have[1:]
			continue
		}
		all = append(all, i)
	}
	return all
}
