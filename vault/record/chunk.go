package record

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"handslag/identity"
	"handslag/identity/signed"
)

// Label is what an attachment is called and what it is, in the clear.
type Label struct {
	_    struct{} `cbor:",toarray"`
	Name string   // one line, without a path
	Type MediaType
}

const maxName = 255 // bytes

// SealAttachment encrypts what r holds, exactly a.Size bytes, under a new content key, chunk by
// chunk: keep is handed each chunk's ciphertext with its name, in order, and must not hold on to
// the slice. a says whose it is (Org, ID, Record, Subject, Assignment, Device) and how large;
// it comes back as a draft, with the key, which the caller wipes. At most one chunk's plaintext
// is in memory.
func SealAttachment(a Attachment, label Label, r io.Reader, keep func(ChunkHash, []byte) error) (Attachment, []byte, error) {
	if err := label.Check(); err != nil {
		return Attachment{}, nil, fmt.Errorf("seal attachment: %w", err)
	}
	if a.Size == 0 || a.Size > MaxChunks*ChunkSize {
		return Attachment{}, nil, fmt.Errorf("seal attachment: %w: %d bytes", ErrAttachment, a.Size)
	}
	key := make([]byte, identity.AEADKeySize)
	rand.Read(key)
	a, err := a.sealed(key, label, r, keep)
	if err != nil {
		clear(key)
		return Attachment{}, nil, fmt.Errorf("seal attachment: %w", err)
	}
	return a, key, nil
}

func (a Attachment) sealed(key []byte, label Label, r io.Reader, keep func(ChunkHash, []byte) error) (Attachment, error) {
	aead, err := identity.NewAEAD(key)
	if err != nil {
		return Attachment{}, err
	}
	a.Version, a.Issued, a.Commitment = 1, 0, CommitKey(a.keyContext(), key)
	words, err := signed.Encode(label)
	if err != nil {
		return Attachment{}, err
	}
	a.Label = aead.Seal(nil, nil, words, a.labelContext())
	a.Chunks = make([]byte, (a.Size+ChunkSize-1)/ChunkSize*sha256.Size)
	plain, box := make([]byte, min(ChunkSize, a.Size)), make([]byte, 0, ChunkLimit)
	defer clear(plain)
	for i := range a.Count() {
		part := plain[:a.ChunkLen(i)]
		if _, err := io.ReadFull(r, part); err != nil {
			return Attachment{}, fmt.Errorf("read chunk %d of %d: %w", i+1, a.Count(), err)
		}
		box = aead.Seal(box[:0], nil, part, a.chunkContext(i))
		hash := ChunkHashOf(box)
		copy(a.Chunks[i*sha256.Size:], hash[:])
		if err := keep(hash, box); err != nil {
			return Attachment{}, fmt.Errorf("keep chunk %d of %d: %w", i+1, a.Count(), err)
		}
	}
	switch n, err := io.ReadFull(r, make([]byte, 1)); {
	case n != 0:
		return Attachment{}, fmt.Errorf("%w: it is larger than it was said to be", ErrAttachment)
	case !errors.Is(err, io.EOF):
		return Attachment{}, fmt.Errorf("read its end: %w", err)
	}
	return a, a.CheckDraft()
}

// OpenChunk decrypts chunk i of the attachment, from 0: cipher must be what the attachment
// names at that place, and key the one that it commits to. It returns ErrAttachment otherwise.
// The caller wipes what it is given.
func OpenChunk(key []byte, a Attachment, i int, cipher []byte) ([]byte, error) {
	if i < 0 || i >= a.Count() || ChunkHashOf(cipher) != a.Chunk(i) {
		return nil, fmt.Errorf("open chunk: %w: not chunk %d of %d", ErrAttachment, i+1, a.Count())
	}
	plain, err := a.open(key, cipher, a.chunkContext(i))
	if err != nil {
		return nil, fmt.Errorf("open chunk: %w", err)
	}
	if len(plain) != a.ChunkLen(i) {
		clear(plain)
		return nil, fmt.Errorf("open chunk: %w: chunk %d of %d has %d bytes", ErrAttachment, i+1, a.Count(), len(plain))
	}
	return plain, nil
}

// OpenLabel decrypts what the attachment is called. Errors as from OpenChunk.
func OpenLabel(key []byte, a Attachment) (Label, error) {
	words, err := a.open(key, a.Label, a.labelContext())
	if err != nil {
		return Label{}, fmt.Errorf("open label: %w", err)
	}
	defer clear(words)
	var label Label
	if err := signed.Decode(words, labelLimit, &label); err != nil {
		return Label{}, fmt.Errorf("open label: %w: %w", ErrAttachment, err)
	}
	if err := label.Check(); err != nil {
		return Label{}, fmt.Errorf("open label: %w", err)
	}
	return label, nil
}

func (a Attachment) open(key, cipher, context []byte) ([]byte, error) {
	if err := a.CheckKey(key); err != nil {
		return nil, err
	}
	aead, err := identity.NewAEAD(key)
	if err != nil {
		return nil, err
	}
	plain, err := aead.Open(nil, nil, cipher, context)
	if err != nil {
		return nil, fmt.Errorf("%w: it does not decrypt", ErrAttachment)
	}
	return plain, nil
}

func (a Attachment) chunkContext(i int) []byte {
	return fmt.Appendf(nil, "handslag/1/attachment-chunk/%s/%s/%d/%d", a.Org, a.ID, i, a.Count())
}

func (a Attachment) labelContext() []byte {
	return fmt.Appendf(nil, "handslag/1/attachment-label/%s/%s", a.Org, a.ID)
}

// Check says whether a label can be shown and written as a file's name as it is.
func (l Label) Check() error {
	if l.Name == "" || l.Name != CleanName(l.Name) || !l.Type.Known() {
		return fmt.Errorf("%w: name or type of the file", ErrAttachment)
	}
	return nil
}

// CleanName is a file's name without folders, and without what could make it look like another
// or be taken for a path: control characters, directions of writing, dots in front and at the end.
func CleanName(name string) string {
	name = strings.ToValidUTF8(name, "")
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.C, r) || r == utf8.RuneError || strings.ContainsRune(`:*?"<>|`, r) || !unicode.IsGraphic(r) {
			return -1
		}
		return r
	}, name)
	outside := func(r rune) bool { return r == '.' || unicode.IsSpace(r) }
	name = strings.TrimFunc(name, outside) // a name that ends in a dot is another one on Windows
	for len(name) > maxName {
		_, n := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-n]
	}
	return strings.TrimRightFunc(name, outside)
}
