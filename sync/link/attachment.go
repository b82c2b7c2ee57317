package link

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"handslag/vault/journal"
	"handslag/vault/record"
)

// AttachmentCopy is an attachment on its way to a device. Its chunks follow, each by itself.
type AttachmentCopy struct {
	Attachment []byte `json:"attachment"`  // signed record.Attachment
	ContentKey []byte `json:"content_key"` // wrapped under the page's key, with record.AttachmentKeyInfo
}

// MadeAttachment begins to hand in what a device made. The entry that names it has been handed
// in before. Said again it changes nothing, and the answer says what is missing still.
type MadeAttachment struct {
	Draft      []byte `json:"draft"`       // as record.Attachment's EncodeDraft writes it
	ContentKey []byte `json:"content_key"` // sealed to the connected system with record.MadeKeyInfo
}

// MadeLimit bounds a MadeAttachment as it travels, in bytes.
const MadeLimit = 256 << 10

// Handed says how far an attachment has come up.
type Handed struct {
	Missing    []int  `json:"missing,omitempty"`    // chunks that are not there, ascending; at PathAttachments only
	Attachment []byte `json:"attachment,omitempty"` // signed record.Attachment: it is whole, and everybody's
}

// Made begins to hand in an attachment that this device made.
func (c *Client) Made(ctx context.Context, made MadeAttachment) (Handed, error) {
	body, err := json.Marshal(made)
	if err != nil {
		return Handed{}, fmt.Errorf("hand in attachment: %w", err)
	}
	return decode[Handed](c.do(ctx, request{
		method: http.MethodPost, path: PathAttachments, body: body, media: mediaJSON, proved: true, limit: MadeLimit,
	}))
}

// HandInChunk hands in chunk number, from 0, of an attachment that Made began.
func (c *Client) HandInChunk(ctx context.Context, id journal.AttachmentID, number int, cipher []byte) (Handed, error) {
	return decode[Handed](c.do(ctx, request{
		method: http.MethodPost, path: PathChunks, query: chunkQuery(id, number), body: cipher, media: mediaFile, proved: true, limit: MadeLimit,
	}))
}

// Chunk fetches chunk number, from 0, of an attachment: what a cut line had let through is not
// asked for again, as long as each try brings something. What comes has the name that the
// attachment gives it; ErrAnswer otherwise.
func (c *Client) Chunk(ctx context.Context, a record.Attachment, number int) ([]byte, error) {
	whole := make([]byte, 0, a.ChunkLen(number)+record.ChunkLimit-record.ChunkSize)
	for {
		some, err := c.do(ctx, request{
			method: http.MethodGet, path: PathChunks, query: chunkQuery(a.ID, number), proved: true,
			limit: int64(cap(whole) - len(whole)), from: len(whole), partial: true,
		})
		whole = append(whole, some...)
		if err == nil || len(whole) == cap(whole) {
			break
		}
		if !errors.Is(err, ErrAway) || len(some) == 0 || ctx.Err() != nil {
			return nil, err
		}
	}
	if record.ChunkHashOf(whole) != a.Chunk(number) {
		return nil, fmt.Errorf("fetch chunk: %w: it is another one", ErrAnswer)
	}
	return whole, nil
}

func chunkQuery(id journal.AttachmentID, number int) string {
	return url.Values{"attachment": {string(id)}, "chunk": {strconv.Itoa(number)}}.Encode()
}
