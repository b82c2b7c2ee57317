// Package audit holds the formats by which anybody can see that the audit log only ever grew: the
// leaf that an entry becomes, the signed checkpoint over all leaves, and the proofs between them. It
// is a transparency log as RFC 6962 §2.1 hashes it, with checkpoints as C2SP tlog-checkpoint and
// signed-note write them (https://c2sp.org), devices' cosignatures as tlog-cosignature, and tiles as
// tlog-tiles. Both ends use it, and a verifier that trusts neither.
//
// It stores nothing and fetches nothing; the hashing is golang.org/x/mod/sumdb's.
package audit

import (
	"crypto/sha256"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"handslag/identity/signed"
)

// Leaf is what the log says of one entry: which bytes it has, the signature among them, and since
// when. Whose data it is about, and what it says, is in the entry; payloads can be erased and no
// leaf changes.
type Leaf struct {
	_        struct{} `cbor:",toarray"`
	Entry    []byte   // SHA-256 of the entry as it was signed: the chain's hash leaves the signature out
	Received signed.Time
}

// NewLeaf is the leaf of a signed entry that was received then.
func NewLeaf(raw []byte, received signed.Time) Leaf {
	sum := sha256.Sum256(raw)
	return Leaf{Entry: sum[:], Received: received}
}

// Encode is the leaf's deterministic CBOR, which the log hashes.
func (l Leaf) Encode() ([]byte, error) {
	data, err := signed.Encode(l)
	if err != nil {
		return nil, fmt.Errorf("write leaf: %w", err)
	}
	return data, nil
}

// Hash is the leaf's hash: RFC 6962 over its deterministic CBOR.
func (l Leaf) Hash() (Hash, error) {
	data, err := l.Encode()
	if err != nil {
		return Hash{}, err
	}
	return tlog.RecordHash(data), nil
}

// Hash is SHA-256, of a leaf, a node or the root.
type Hash = tlog.Hash

// Errors of proofs.
var (
	ErrCheckpoint   = errors.New("checkpoint is not valid")
	ErrInconsistent = errors.New("the audit log has been rewritten")
	ErrNotIncluded  = errors.New("the audit log does not have it")
)

// maxProof bounds a proof: a log of 2^60 leaves needs fewer hashes.
const maxProof = 64

// Consistent returns nil where newer has all of older at its beginning, as proof shows, and
// ErrInconsistent where it has not, or where the proof shows nothing.
func Consistent(older, newer Checkpoint, proof []Hash) error {
	switch {
	case older.Org != newer.Org:
		return fmt.Errorf("compare checkpoints: of two organisations: %w", ErrCheckpoint)
	case older.Size == newer.Size && older.Root != newer.Root:
		return fmt.Errorf("compare checkpoints: two roots over %d leaves: %w", older.Size, ErrInconsistent)
	case older.Size == newer.Size, older.Size == 0:
		return nil
	case len(proof) > maxProof:
		return fmt.Errorf("compare checkpoints: a proof of %d hashes: %w", len(proof), ErrInconsistent)
	}
	if err := tlog.CheckTree(proof, newer.Size, newer.Root, older.Size, older.Root); err != nil {
		return fmt.Errorf("compare checkpoints of %d and %d leaves: %w: %w", older.Size, newer.Size, ErrInconsistent, err)
	}
	return nil
}

// Included returns nil where leaf is number index, from 0, of what c is over, as proof shows, and
// ErrNotIncluded otherwise.
func Included(c Checkpoint, leaf Leaf, index int64, proof []Hash) error {
	h, err := leaf.Hash()
	if err != nil {
		return err
	}
	if err := tlog.CheckRecord(proof, c.Size, c.Root, index, h); err != nil {
		return fmt.Errorf("find leaf %d of %d: %w: %w", index, c.Size, ErrNotIncluded, err)
	}
	return nil
}
