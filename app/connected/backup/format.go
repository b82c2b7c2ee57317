package backup

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"handslag/identity"
	"handslag/identity/signed"
)

// A file is a sequence of frames: one byte for the kind, four for the length (big endian), and so
// many bytes. First the header, then chunks, the last of which says that it is, then the manifest.
const (
	frameHeader   = 'h'
	frameChunk    = 'c'
	frameLast     = 'l'
	frameManifest = 'm'
)

// Bounds, in bytes.
const (
	ChunkSize     = 1 << 20 // of a chunk's plaintext
	LineLimit     = 64 << 20
	headerLimit   = 40 << 10
	manifestLimit = 4 << 10
	frameLimit    = ChunkSize + 64
	idSize        = 16
)

// Part says which half of a backup a file is.
type Part string

// The parts. Keys has the subjects' keys and the organisation's own: what a person's erasure
// destroys, so its files live for a set time and no longer. Data opens with no key of its own.
const (
	Data Part = "data"
	Keys Part = "keys"
)

// Errors about files.
var (
	ErrFile      = errors.New("the backup's file is damaged, cut off, or none")
	ErrForeign   = errors.New("the backup is not this organisation's, or nobody of it signed")
	ErrSealedFor = errors.New("the backup is sealed to a key that the recovery file does not have")
)

// Header stands in the clear at the beginning.
type Header struct {
	Version   uint64      `cbor:"1,keyasint"`
	ID        []byte      `cbor:"2,keyasint"` // 16 random bytes, the same in both parts
	Part      Part        `cbor:"3,keyasint"`
	Made      signed.Time `cbor:"4,keyasint"`
	Statement []byte      `cbor:"5,keyasint"` // the organisation's newest, signed
	Key       []byte      `cbor:"6,keyasint"` // the file's key, sealed to the statement's first sealing key
}

// Manifest is signed with the organisation's log key, over everything before it.
type Manifest struct {
	Version uint64         `cbor:"1,keyasint"`
	Org     identity.OrgID `cbor:"2,keyasint"`
	ID      []byte         `cbor:"3,keyasint"`
	Part    Part           `cbor:"4,keyasint"`
	Made    signed.Time    `cbor:"5,keyasint"`
	Schema  uint64         `cbor:"6,keyasint"` // number of the newest migration that the tables had
	Size    uint64         `cbor:"7,keyasint"` // of the audit log
	Root    []byte         `cbor:"8,keyasint"` // of the tree over it, 32 bytes
	Lines   uint64         `cbor:"9,keyasint"`
	Hash    []byte         `cbor:"10,keyasint"`           // SHA-256 of the file up to here
	Until   signed.Time    `cbor:"11,keyasint,omitempty"` // when the file has to be gone; 0: it may stay
}

// info binds the sealed key to its file.
func (h Header) info(org identity.OrgID) string {
	return fmt.Sprintf("handslag/1/backup/%s/%s/%x", org, h.Part, h.ID)
}

// context binds a chunk to its file and place, and says whether it is the last.
func (h Header) context(index uint64, last bool) []byte {
	return fmt.Appendf(nil, "handslag/1/backup-chunk\x00%s\x00%x\x00%d\x00%t", h.Part, h.ID, index, last)
}

func (h Header) check() error {
	if h.Version != 1 || len(h.ID) != idSize || h.Part != Data && h.Part != Keys || h.Made <= 0 {
		return ErrFile
	}
	return nil
}

func writeFrame(w io.Writer, kind byte, body []byte) error {
	head := binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(body)))
	if _, err := w.Write(head); err != nil {
		return err
	}
	_, err := w.Write(body)
	return err
}

// readFrame reads one frame into buffer, which it may make larger.
func readFrame(r io.Reader, buffer []byte) (kind byte, head, body []byte, err error) {
	head = make([]byte, 5)
	if _, err := io.ReadFull(r, head); err != nil {
		return 0, nil, nil, fmt.Errorf("%w: %w", ErrFile, err)
	}
	n := binary.BigEndian.Uint32(head[1:])
	if n > frameLimit {
		return 0, nil, nil, fmt.Errorf("%w: a frame of %d bytes", ErrFile, n)
	}
	if uint32(cap(buffer)) < n {
		buffer = make([]byte, n)
	}
	body = buffer[:n]
	if _, err := io.ReadFull(r, body); err != nil {
		return 0, nil, nil, fmt.Errorf("%w: %w", ErrFile, err)
	}
	return head[0], head, body, nil
}
