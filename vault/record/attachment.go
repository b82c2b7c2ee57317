package record

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
)

// Attachment is a picture, a document or a text that belongs to a record, signed by the
// organisation. It never changes: another picture is another attachment. Its content travels
// as chunks, each encrypted under the attachment's own random content key and named by the hash
// of its ciphertext, so that whoever carries or stores them needs no key and can read nothing.
// What it is called is protected like its content, and stands here encrypted.
type Attachment struct {
	Version    uint64               `cbor:"1,keyasint"`
	Org        identity.OrgID       `cbor:"2,keyasint"`
	ID         journal.AttachmentID `cbor:"3,keyasint"`
	Record     journal.RecordID     `cbor:"4,keyasint"`
	Subject    journal.SubjectID    `cbor:"5,keyasint"`           // the record's
	Assignment journal.AssignmentID `cbor:"6,keyasint,omitempty"` // that it was made for
	Device     identity.DeviceID    `cbor:"7,keyasint,omitempty"` // that made it; empty: the connected system
	Size       uint64               `cbor:"8,keyasint"`           // of the plaintext, in bytes
	Chunks     []byte               `cbor:"9,keyasint"`           // SHA-256 of each chunk's ciphertext, 32 bytes each, in order
	Label      []byte               `cbor:"10,keyasint"`          // a Label, encrypted
	Commitment []byte               `cbor:"11,keyasint"`          // to the content key: CommitKey
	Issued     signed.Time          `cbor:"12,keyasint"`          // 0 in a draft, which nobody has signed yet
}

// Bounds, in bytes but for MaxChunks.
const (
	ChunkSize       = 1 << 20        // of plaintext in every chunk but the last
	ChunkLimit      = ChunkSize + 28 // of ciphertext: a nonce of 12 in front, a tag of 16 behind
	MaxChunks       = 4096
	AttachmentLimit = MaxChunks*sha256.Size + 2<<10 // signed
	labelLimit      = 512                           // encrypted
)

// ErrAttachment says that an attachment, or a chunk of it, is not valid.
var ErrAttachment = errors.New("attachment is not valid")

// ChunkHash names a chunk: SHA-256 of its ciphertext.
type ChunkHash [sha256.Size]byte

// ChunkHashOf is the name of a chunk's ciphertext.
func ChunkHashOf(cipher []byte) ChunkHash { return sha256.Sum256(cipher) }

// Count is the number of chunks.
func (a Attachment) Count() int { return len(a.Chunks) / sha256.Size }

// Chunk is the name of chunk i, from 0.
func (a Attachment) Chunk(i int) ChunkHash { return ChunkHash(a.Chunks[i*sha256.Size:]) }

// ChunkLen is the length of chunk i's plaintext, in bytes.
func (a Attachment) ChunkLen(i int) int {
	return int(min(ChunkSize, a.Size-uint64(i)*ChunkSize))
}

// Check says whether the attachment is well formed, and complete but for the signature.
func (a Attachment) Check() error {
	if a.Issued <= 0 {
		return fmt.Errorf("%w: time is missing", ErrAttachment)
	}
	return a.CheckDraft()
}

// CheckDraft says whether a draft is well formed: an attachment that its maker sealed and the
// organisation has not signed yet.
func (a Attachment) CheckDraft() error {
	switch {
	case a.Version != 1:
		return fmt.Errorf("%w: version %d is not known", ErrAttachment, a.Version)
	case a.Size == 0, a.Size > MaxChunks*ChunkSize, uint64(len(a.Chunks)) != (a.Size+ChunkSize-1)/ChunkSize*sha256.Size:
		return fmt.Errorf("%w: %d bytes in %d chunks", ErrAttachment, a.Size, a.Count())
	case len(a.Label) == 0, len(a.Label) > labelLimit, len(a.Commitment) != sha256.Size, a.Issued < 0:
		return fmt.Errorf("%w: a field is out of bounds", ErrAttachment)
	case identity.CheckOpaque(string(a.ID)) != nil, identity.CheckOpaque(string(a.Record)) != nil, identity.CheckOpaque(string(a.Subject)) != nil,
		a.Assignment != "" && identity.CheckOpaque(string(a.Assignment)) != nil:
		return fmt.Errorf("%w: malformed ID", ErrAttachment)
	}
	if a.Device == "" {
		return nil
	}
	if id, err := identity.ParseDeviceID(string(a.Device)); err != nil || id != a.Device {
		return fmt.Errorf("%w: malformed device ID", ErrAttachment)
	}
	return nil
}

// Digest is what an entry says of an attachment that its device makes (Entry.Content), 32 bytes:
// the organisation signs the same or nothing. It says nothing of the content, whose key is random.
func (a Attachment) Digest() ([]byte, error) {
	a.Issued = 0
	data, err := signed.Encode(a)
	if err != nil {
		return nil, fmt.Errorf("digest attachment: %w", err)
	}
	h := sha256.New()
	h.Write([]byte("handslag/1/attachment-digest\x00"))
	h.Write(data)
	return h.Sum(nil), nil
}

// Sign signs the attachment with the organisation's issuing key.
func (a Attachment) Sign(key *signed.PrivateKey) ([]byte, error) {
	if err := a.Check(); err != nil {
		return nil, fmt.Errorf("sign attachment: %w", err)
	}
	return signed.Sign(signed.DomainAttachment, key, a)
}

// OpenAttachment verifies an attachment of org under its issuing keys.
func OpenAttachment(data []byte, org identity.OrgID, issuing []signed.Key) (Attachment, error) {
	var a Attachment
	if err := signed.OpenAny(signed.DomainAttachment, issuing, data, AttachmentLimit, &a); err != nil {
		return Attachment{}, fmt.Errorf("open attachment: %w", err)
	}
	if err := a.Check(); err != nil {
		return Attachment{}, fmt.Errorf("open attachment: %w", err)
	}
	if a.Org != org {
		return Attachment{}, fmt.Errorf("open attachment: %w: another organisation's", ErrAttachment)
	}
	return a, nil
}

// DecodeDraft reads a draft as EncodeDraft wrote it, and checks its form.
func DecodeDraft(data []byte) (Attachment, error) {
	var a Attachment
	if err := signed.Decode(data, AttachmentLimit, &a); err != nil {
		return Attachment{}, fmt.Errorf("read attachment's draft: %w", err)
	}
	if err := a.CheckDraft(); err != nil || a.Issued != 0 {
		return Attachment{}, fmt.Errorf("read attachment's draft: %w", errors.Join(ErrAttachment, err))
	}
	return a, nil
}

// EncodeDraft writes a draft.
func (a Attachment) EncodeDraft() ([]byte, error) {
	if err := a.CheckDraft(); err != nil {
		return nil, fmt.Errorf("write attachment's draft: %w", err)
	}
	return signed.Encode(a)
}

// CheckKey says whether key is the content key that the attachment commits to: ErrAttachment
// where it is not.
func (a Attachment) CheckKey(key []byte) error {
	if len(key) != identity.AEADKeySize {
		return fmt.Errorf("%w: content key is not 32 bytes", ErrAttachment)
	}
	if err := CheckKey(a.Commitment, a.keyContext(), key); err != nil {
		return fmt.Errorf("%w: %w", ErrAttachment, err)
	}
	return nil
}

// Same reports whether two attachments are one and the same but for who signed it when.
func (a Attachment) Same(b Attachment) bool {
	one, err := a.Digest()
	other, err2 := b.Digest()
	return err == nil && err2 == nil && bytes.Equal(one, other)
}

func (a Attachment) keyContext() []byte {
	return fmt.Appendf(nil, "handslag/1/attachment-key/%s/%s", a.Org, a.ID)
}

// AttachmentKeyInfo is the AAD of an attachment's content key that is wrapped under a page's key, on its way from
// the connected system to a device.
func AttachmentKeyInfo(org identity.OrgID, id journal.AttachmentID, device identity.DeviceID) string {
	return fmt.Sprintf("handslag/1/attachment-key/%s/%s/%s", org, id, device)
}

// MadeKeyInfo is the HPKE info of an attachment's content key on its way from the device that
// made it to the connected system.
func MadeKeyInfo(org identity.OrgID, id journal.AttachmentID, device identity.DeviceID) string {
	return fmt.Sprintf("handslag/1/made-attachment-key/%s/%s/%s", org, id, device)
}

// SharedAttachmentKeyInfo is the AAD of an attachment's content key that is wrapped under a share's
// key: transcript is H(T) of the verification.
func SharedAttachmentKeyInfo(transcript []byte, id journal.AttachmentID) string {
	return fmt.Sprintf("handslag/1/shared-attachment-key/%x/%s", transcript, id)
}
