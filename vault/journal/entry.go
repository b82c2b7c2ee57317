// Package journal holds the formats of the journal, for both ends: the signed entry, the
// chain, the payload that an entry commits to, the batch and the sealed segment that carry
// entries up and the receipt that comes back. Everything here is pure: no file, no clock, no network.
package journal

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"

	"handslag/identity"
	"handslag/identity/signed"
)

// Opaque IDs of what entries are about.
type (
	SubjectID    string // a person or place that data is about
	RecordID     string
	AssignmentID string
	AttachmentID string
)

// Entry is one signed statement of a device: what it did, to what, after what. It holds
// no personal data: free text stands in the payload, to which Payload commits.
type Entry struct {
	Version    uint64            `cbor:"1,keyasint"`
	Device     identity.DeviceID `cbor:"2,keyasint"`
	Generation uint64            `cbor:"3,keyasint"` // from 1
	Seq        uint64            `cbor:"4,keyasint"` // from 1 in each generation, without gaps
	Prev       []byte            `cbor:"5,keyasint"` // hash of the entry before, 32 bytes; zeroes before the first
	Kind       Kind              `cbor:"6,keyasint"`

	// Time: the newest signed server time that the device knew, what its monotonic clock
	// counted since (µs, 0 where it does not know), and its wall clock, for what it is worth.
	After   signed.Time `cbor:"7,keyasint,omitempty"`
	Elapsed int64       `cbor:"8,keyasint,omitempty"`
	Clock   signed.Time `cbor:"9,keyasint,omitempty"`

	Subject           SubjectID         `cbor:"10,keyasint,omitempty"`
	Record            RecordID          `cbor:"11,keyasint,omitempty"`
	RecordVersion     uint64            `cbor:"12,keyasint,omitempty"`
	Assignment        AssignmentID      `cbor:"13,keyasint,omitempty"`
	AssignmentVersion uint64            `cbor:"14,keyasint,omitempty"`
	Peer              identity.DeviceID `cbor:"15,keyasint,omitempty"` // the other device
	Pair              []byte            `cbor:"16,keyasint,omitempty"` // what both halves of a double entry share, 32 bytes
	Until             signed.Time       `cbor:"17,keyasint,omitempty"` // end of a loan or of an opening
	Code              string            `cbor:"18,keyasint,omitempty"` // why it was refused or failed; form of a verification
	Count             uint64            `cbor:"19,keyasint,omitempty"`
	Payload           []byte            `cbor:"20,keyasint,omitempty"` // commitment, 32 bytes
	Signature         []byte            `cbor:"21,keyasint,omitempty"` // of an assignment's work, or another device's head; COSE_Sign1
	Ref               []byte            `cbor:"22,keyasint,omitempty"` // hash of an entry that this one answers, 32 bytes
	Epoch             uint64            `cbor:"23,keyasint,omitempty"` // of the credential in force
	Person            identity.PersonID `cbor:"24,keyasint,omitempty"` // in the connected system's own entries: who called
	Route             string            `cbor:"25,keyasint,omitempty"` // in the connected system's own entries: what was called
	Attachment        AttachmentID      `cbor:"26,keyasint,omitempty"`
	Content           []byte            `cbor:"27,keyasint,omitempty"` // digest of the attachment that the device made, 32 bytes
	Heads             [][]byte          `cbor:"28,keyasint,omitempty"` // hashes of the newest work on the assignment that the writer had seen, 32 bytes each, ascending
}

// Bounds of an entry, in bytes.
const (
	EntryLimit = 4 << 10
	hashSize   = sha256.Size
	maxCode    = 64
	maxRoute   = 128
	maxProof   = 1 << 10

	// MaxHeads bounds Entry.Heads.
	MaxHeads = 16
)

// ErrEntry says that an entry is not well formed.
var ErrEntry = errors.New("entry is not valid")

// Hash is what an entry's successor names: SHA-256 of a domain and of the bytes that the entry's
// signature is made over. So an entry has its place in the chain before it is signed, and a
// group's signatures are made side by side. That each is there and holds is asked of each entry
// by itself; which bytes it has, the frame's seal and the audit log's leaf know.
type Hash [hashSize]byte

// HashOf is the hash of a signed entry. What is none has a hash too, which no entry has.
func HashOf(raw []byte) Hash {
	c, err := signed.ContentOf(signed.DomainEntry, raw, EntryLimit)
	if err != nil {
		return sum("handslag/1/no-entry\x00", raw)
	}
	return HashOfContent(c)
}

// HashOfContent is the hash of the entry that c becomes when it is signed.
func HashOfContent(c signed.Content) Hash { return sum("handslag/1/entry-hash\x00", c.Bytes()) }

func sum(domain string, data []byte) Hash {
	h := sha256.New()
	h.Write([]byte(domain))
	h.Write(data)
	return Hash(h.Sum(nil))
}

// Check says whether the entry is well formed by itself.
func (e Entry) Check() error {
	switch {
	case e.Version != 1:
		return fmt.Errorf("%w: version %d is not known", ErrEntry, e.Version)
	case e.Generation == 0, e.Seq == 0:
		return fmt.Errorf("%w: generation or number is missing", ErrEntry)
	case len(e.Prev) != hashSize:
		return fmt.Errorf("%w: the hash before it is missing", ErrEntry)
	case !e.Kind.wellFormed():
		return fmt.Errorf("%w: malformed kind", ErrEntry)
	case len(e.Code) > maxCode, len(e.Route) > maxRoute, len(e.Signature) > maxProof, e.Elapsed < 0, e.After < 0:
		return fmt.Errorf("%w: a field is out of bounds", ErrEntry)
	}
	if e.Generation == 1 && (e.Seq == 1) != bytes.Equal(e.Prev, make([]byte, hashSize)) {
		return fmt.Errorf("%w: only the first entry follows nothing", ErrEntry)
	}
	for _, hash := range [][]byte{e.Pair, e.Payload, e.Ref, e.Content} {
		if len(hash) != 0 && len(hash) != hashSize {
			return fmt.Errorf("%w: a hash is not 32 bytes", ErrEntry)
		}
	}
	if len(e.Heads) > MaxHeads {
		return fmt.Errorf("%w: too many heads", ErrEntry)
	}
	for i, head := range e.Heads {
		if len(head) != hashSize || i > 0 && bytes.Compare(e.Heads[i-1], head) >= 0 {
			return fmt.Errorf("%w: malformed heads", ErrEntry)
		}
	}
	for _, id := range []string{string(e.Subject), string(e.Record), string(e.Assignment), string(e.Person), string(e.Attachment)} {
		if id != "" && identity.CheckOpaque(id) != nil {
			return fmt.Errorf("%w: malformed ID", ErrEntry)
		}
	}
	for _, id := range []identity.DeviceID{e.Device, e.Peer} {
		if id == "" {
			continue
		}
		if got, err := identity.ParseDeviceID(string(id)); err != nil || got != id {
			return fmt.Errorf("%w: malformed device ID", ErrEntry)
		}
	}
	if e.Device == "" {
		return fmt.Errorf("%w: device is missing", ErrEntry)
	}
	return nil
}

// Time is when the entry was made, as well as its device knew.
func (e Entry) Time() signed.Time {
	if e.After > 0 && e.Elapsed > 0 {
		return e.After + signed.Time(e.Elapsed)
	}
	return max(e.Clock, e.After)
}

// Unsigned is the entry ready to be signed.
func (e Entry) Unsigned() (signed.Content, error) {
	if err := e.Check(); err != nil {
		return signed.Content{}, err
	}
	c, err := signed.NewContent(signed.DomainEntry, e)
	if err != nil {
		return signed.Content{}, fmt.Errorf("make entry: %w", err)
	}
	if len(c.Bytes())+signed.Overhead > EntryLimit {
		return signed.Content{}, fmt.Errorf("make entry: %w", signed.ErrTooLarge)
	}
	return c, nil
}

// Sign signs the entry with sign, which is a KeySet's SignContent or the connected system's own.
func (e Entry) Sign(sign func(signed.Content) ([]byte, error)) ([]byte, error) {
	c, err := e.Unsigned()
	if err != nil {
		return nil, err
	}
	raw, err := sign(c)
	if err != nil {
		return nil, fmt.Errorf("sign entry: %w", err)
	}
	return raw, nil
}

// OpenEntry verifies a signed entry under key, which must be the key of the device that
// the entry names.
func OpenEntry(raw []byte, key signed.Key) (Entry, error) {
	var e Entry
	if err := signed.Open(signed.DomainEntry, key, raw, EntryLimit, &e); err != nil {
		return Entry{}, fmt.Errorf("open entry: %w", err)
	}
	if err := e.Check(); err != nil {
		return Entry{}, fmt.Errorf("open entry: %w", err)
	}
	if e.Device != identity.DeviceIDOf(key) {
		return Entry{}, fmt.Errorf("open entry: %w: another device's", ErrEntry)
	}
	return e, nil
}

// ReadEntry reads an entry and its hash as OpenEntry would, but for the signature: somebody else has to vouch
// for it. An entry whose signature holds does for the one before it in its chain, whose hash it names.
func ReadEntry(raw []byte, key signed.Key) (Entry, Hash, error) {
	var e Entry
	c, err := signed.Read(signed.DomainEntry, raw, EntryLimit, &e)
	if err != nil {
		return Entry{}, Hash{}, fmt.Errorf("read entry: %w", err)
	}
	if err := e.Check(); err != nil {
		return Entry{}, Hash{}, fmt.Errorf("read entry: %w", err)
	}
	if e.Device != identity.DeviceIDOf(key) {
		return Entry{}, Hash{}, fmt.Errorf("read entry: %w: another device's", ErrEntry)
	}
	return e, HashOfContent(c), nil
}

// Vouches reports whether e, whose signature holds, vouches for the entry before, which has this hash.
func (e Entry) Vouches(before Entry, hash Hash) bool {
	return e.Device == before.Device && e.Generation == before.Generation && e.Seq == before.Seq+1 && bytes.Equal(e.Prev, hash[:])
}
