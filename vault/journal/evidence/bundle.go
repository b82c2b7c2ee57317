// Package evidence is what is shown of the audit log to somebody who trusts nobody but the organisation ID:
// a bundle of entries with everything by which their signatures, their place in the log and the log's
// witnesses can be checked, in formats that are public each by itself, and the check. It fetches nothing, and
// holds no words of an entry, which can be erased and then are gone here too.
package evidence

import (
	"errors"
	"fmt"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal/audit"
)

// Bundle is evidence about some entries. It is not signed: all that counts in it is.
type Bundle struct {
	Version     uint64         `cbor:"1,keyasint"`
	Org         identity.OrgID `cbor:"2,keyasint"`
	Statement   []byte         `cbor:"3,keyasint"`           // of the organisation, signed by its root key: whose issuing and log keys count
	Credentials [][]byte       `cbor:"4,keyasint,omitempty"` // of the devices that made the entries and of those that cosigned
	Trail       []Seen         `cbor:"5,keyasint"`           // checkpoints of the log, the smallest first
	Entries     []Entry        `cbor:"6,keyasint"`           // in the log's order
	Receipts    [][]byte       `cbor:"7,keyasint,omitempty"` // of the devices, that end with the entries
}

// Seen is a checkpoint with cosignatures (C2SP tlog-checkpoint, tlog-cosignature), and the proof that it begins with
// the one before it in the trail (RFC 6962 §2.1.2).
type Seen struct {
	_      struct{} `cbor:",toarray"`
	Note   []byte
	Growth []audit.Hash
}

// Entry is one entry as it was signed, and the proof that it is under the trail's first checkpoint (RFC 6962
// §2.1.1).
type Entry struct {
	_        struct{} `cbor:",toarray"`
	Place    uint64   // in the log, from 1
	Signed   []byte
	Received signed.Time // what the log says of when it came
	Proof    []audit.Hash
}

// Bounds of a bundle.
const (
	Limit          = 8 << 20 // bytes
	MaxEntries     = 100
	MaxCheckpoints = 16
	MaxReceipts    = MaxEntries
	MaxCredentials = MaxEntries + MaxCheckpoints*audit.MaxCosignatures
	maxProof       = 64
)

// ErrBundle says that something is no bundle of evidence.
var ErrBundle = errors.New("not a bundle of evidence")

// Encode is the bundle as a file has it.
func (b Bundle) Encode() ([]byte, error) {
	if err := b.check(); err != nil {
		return nil, fmt.Errorf("write evidence: %w", err)
	}
	data, err := signed.Encode(b)
	if err == nil && len(data) > Limit {
		err = signed.ErrTooLarge
	}
	if err != nil {
		return nil, fmt.Errorf("write evidence: %w", err)
	}
	return data, nil
}

// Decode reads what Encode wrote; nothing in it is verified yet.
func Decode(data []byte) (Bundle, error) {
	var b Bundle
	if err := signed.Decode(data, Limit, &b); err != nil {
		return Bundle{}, fmt.Errorf("read evidence: %w: %w", ErrBundle, err)
	}
	if err := b.check(); err != nil {
		return Bundle{}, fmt.Errorf("read evidence: %w", err)
	}
	return b, nil
}

func (b Bundle) check() error {
	switch {
	case b.Version != 1:
		return fmt.Errorf("%w: version %d is not known", ErrBundle, b.Version)
	case len(b.Entries) == 0, len(b.Entries) > MaxEntries, len(b.Trail) == 0, len(b.Trail) > MaxCheckpoints,
		len(b.Credentials) > MaxCredentials, len(b.Receipts) > MaxReceipts:
		return fmt.Errorf("%w: too few or too many of something", ErrBundle)
	}
	for i, s := range b.Trail {
		if len(s.Growth) > maxProof || i == 0 && len(s.Growth) > 0 {
			return fmt.Errorf("%w: malformed proof of growth", ErrBundle)
		}
	}
	for i, e := range b.Entries {
		if len(e.Proof) > maxProof || e.Place == 0 || i > 0 && e.Place <= b.Entries[i-1].Place {
			return fmt.Errorf("%w: malformed entry", ErrBundle)
		}
	}
	return nil
}
