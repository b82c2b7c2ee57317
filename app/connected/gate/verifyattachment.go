package gate

import (
	"bytes"
	"context"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/vault/record"
)

// verifyAttachments checks every attachment that is whole: its signature, its columns, its content
// key against its commitment, and every chunk against its hash. Of those under way, that each chunk is what
// its draft says.
func (g *Gate) verifyAttachments(ctx context.Context, tx *store.Tx, v *Verification) error {
	last := ""
	for {
		rows, err := tx.AttachmentsAfter(ctx, last)
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, row := range rows {
			last = row.ID
			if row.Whole == 0 && len(row.Body) == 0 {
				continue // an attach command is at it
			}
			what, err := g.verifyAttachment(ctx, tx, row)
			switch {
			case err != nil && !damaged(err):
				return err
			case err != nil:
				v.problem("attachment %s: it does not decrypt", row.ID)
			case what != "":
				v.problem("attachment %s: %s", row.ID, what)
			case row.Whole == 1:
				v.Attachments++
			}
		}
	}
}

// verifyAttachment says what is wrong with one; nothing where it holds.
func (g *Gate) verifyAttachment(ctx context.Context, tx *store.Tx, row sqlc.Attachment) (string, error) {
	open := func() (record.Attachment, error) {
		if row.Whole == 1 {
			a, _, err := g.openAttachment(ctx, tx, row)
			return a, err
		}
		raw, err := tx.Open(ctx, row.Subject, "attachments:body", row.ID, row.Body)
		if err != nil {
			return record.Attachment{}, err
		}
		return record.DecodeDraft(raw)
	}
	a, err := open()
	if damaged(err) {
		return "", err
	}
	if err != nil || string(a.ID) != row.ID || string(a.Record) != row.RecordID || string(a.Subject) != row.Subject ||
		string(a.Device) != row.DeviceID || int64(a.Count()) != row.Chunks {
		return "its signature or a column does not hold", nil
	}
	key, err := tx.Open(ctx, row.Subject, "attachments:content_key", row.ID, row.ContentKey)
	if err != nil {
		return "", err
	}
	defer clear(key)
	if a.CheckKey(key) != nil {
		return "its content key is another one", nil
	}
	numbers, err := tx.AttachmentChunkNumbers(ctx, row.ID)
	if err != nil {
		return "", err
	}
	if row.Whole == 1 && len(missing(a, numbers)) > 0 {
		return "chunks are missing", nil
	}
	for _, n := range numbers {
		chunk, err := tx.AttachmentChunk(ctx, sqlc.AttachmentChunkParams{AttachmentID: row.ID, Number: n})
		if err != nil {
			return "", err
		}
		if n < 0 || n >= row.Chunks {
			return "a chunk stands outside of it", nil
		}
		want := a.Chunk(int(n))
		if !bytes.Equal(chunk.Hash, want[:]) || record.ChunkHashOf(chunk.Cipher) != want {
			return "a chunk is not what was signed", nil
		}
	}
	return "", nil
}
