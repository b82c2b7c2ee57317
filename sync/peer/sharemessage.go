package peer

import (
	"crypto/cipher"
	"fmt"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/record"
)

// What is said in a share. The sharer says the manifest, and then, once it has heard a want, one
// message for each line in order: assignments, records, attachments. The receiver answers in acks as it
// stores them, and when it has heard all it says once which chunks it lacks. Those follow, each behind its
// length and without any message around it, in order; a length of zero says that no more
// comes of this attachment. When either side wants to end, it says stop, and what is left is skipped.

// Bounds of messages, in bytes.
const (
	itemLimit  = record.RecordLimit + record.CipherLimit + wrappedKey + record.MaxHands*(record.LoanLimit+identity.CredentialLimit) + 1024
	taskLimit  = record.AssignmentLimit + 64
	fileLimit  = record.AttachmentLimit + wrappedKey + 64
	wantLimit  = MaxItems*3 + MaxTasks*3 + 64
	acksLimit  = maxAcks*(40+64) + 64
	lackLimit  = MaxFiles*(lackSize+8) + 64
	lackSize   = record.MaxChunks / 8
	stopLimit  = 64
	maxAcks    = 256 // in one message
	replyLimit = max(acksLimit, lackLimit, stopLimit)
)

// manifestMessage carries the signed manifest.
type manifestMessage struct {
	_        struct{} `cbor:",toarray"`
	Manifest []byte
}

// want is the receiver's answer: which records' ciphertext and which assignments to send; the
// others it has.
type want struct {
	_     struct{} `cbor:",toarray"`
	Lines []uint64 // rising, of the manifest's order
}

// taskMessage is one assignment on its way.
type taskMessage struct {
	_      struct{} `cbor:",toarray"`
	Line   uint64
	Signed []byte // empty where the receiver has it
}

// itemMessage is one record on its way.
type itemMessage struct {
	_      struct{} `cbor:",toarray"`
	Line   uint64
	Record []byte        // signed
	Cipher []byte        // as the connected system encrypted it; empty where the receiver has it
	Key    []byte        // the content key, wrapped under the share's
	Hands  []record.Hand // from the connected system to the recipient

	held []byte // the ciphertext that the receiver has
}

// fileMessage is one attachment on its way, before its chunks.
type fileMessage struct {
	_      struct{} `cbor:",toarray"`
	Line   uint64
	Signed []byte
	Key    []byte // the content key, wrapped under the share's
}

// lacks says which chunks the receiver lacks of the attachments that it takes, in order.
type lacks struct {
	_     struct{} `cbor:",toarray"`
	Files []lack
}

type lack struct {
	_      struct{} `cbor:",toarray"`
	Line   uint64
	Chunks []byte // a bit for each chunk, the first is the lowest of the first byte
}

// acks say what became of lines.
type acks struct {
	_    struct{} `cbor:",toarray"`
	Acks []ack
}

type ack struct {
	_       struct{} `cbor:",toarray"`
	Line    uint64
	Entry   []byte // hash of the receiver's entry, 32 bytes; empty where it was refused
	Refused Why
}

// stop says that the other lines are to be skipped.
type stop struct {
	_    struct{} `cbor:",toarray"`
	Stop bool
}

// sum binds what the record's own signature does not.
func (m itemMessage) sum() ([]byte, error) { return sumOf("share-item", m.Record, m.Key, m.Hands) }
func (m taskMessage) sum() ([]byte, error) { return sumOf("share-task", m.Signed) }
func (m fileMessage) sum() ([]byte, error) { return sumOf("share-file", m.Signed, m.Key) }

func sumOf(what string, parts ...any) ([]byte, error) {
	data, err := signed.Encode(parts)
	if err != nil {
		return nil, err
	}
	sum := digest(what, data)
	return sum[:], nil
}

// check says whether a want answers a manifest whose first n lines are assignments and records.
func (w want) check(n int) error {
	last := -1
	for _, line := range w.Lines {
		if line >= uint64(n) || int(line) <= last {
			return fmt.Errorf("read want: %w", ErrShare)
		}
		last = int(line)
	}
	return nil
}

// lackOf is a lack of chunks of an attachment.
func lackOf(line int, chunks []int) lack {
	l := lack{Line: uint64(line), Chunks: []byte{}}
	for _, i := range chunks {
		for len(l.Chunks) <= i/8 {
			l.Chunks = append(l.Chunks, 0)
		}
		l.Chunks[i/8] |= 1 << (i % 8)
	}
	return l
}

// chunks are the numbers of those that lack, of count.
func (l lack) chunks(count int) ([]int, error) {
	var chunks []int
	for i := range len(l.Chunks) * 8 {
		if l.Chunks[i/8]&(1<<(i%8)) == 0 {
			continue
		}
		if i >= count {
			return nil, fmt.Errorf("read which chunks are wanted: %w", ErrShare)
		}
		chunks = append(chunks, i)
	}
	if n := len(l.Chunks); n > 0 && l.Chunks[n-1] == 0 {
		return nil, fmt.Errorf("read which chunks are wanted: %w", ErrShare)
	}
	return chunks, nil
}

// shareKey opens what was wrapped for one share.
type shareKey struct{ cipher.AEAD }
