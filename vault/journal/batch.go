package journal

import (
	"errors"
	"fmt"

	"handslag/identity"
	"handslag/identity/signed"
)

// Batch carries entries of one device up, in order. It needs no signature of its own:
// each entry has one, and whoever carries the batch, it says the same.
type Batch struct {
	Version    uint64            `cbor:"1,keyasint"`
	Device     identity.DeviceID `cbor:"2,keyasint"`
	Credential []byte            `cbor:"3,keyasint"` // the newest one of the device, as issued
	Segments   []SegmentKey      `cbor:"4,keyasint,omitempty"`
	Items      []Item            `cbor:"5,keyasint"`
}

// SegmentKey is the payload key of one segment, sealed to the connected system.
type SegmentKey struct {
	_      struct{} `cbor:",toarray"`
	ID     []byte   // 16 bytes
	Sealed []byte   // opened with SegmentKeyInfo
}

// Item is an entry with its payload, still encrypted, where it has one.
type Item struct {
	Entry   []byte `cbor:"1,keyasint"`
	Box     []byte `cbor:"2,keyasint,omitempty"`
	Key     []byte `cbor:"3,keyasint,omitempty"` // the payload's key under the segment's payload key
	Segment uint64 `cbor:"4,keyasint,omitempty"` // index in Segments
}

// Bounds of a batch.
const (
	BatchLimit   = 4 << 20 // bytes
	BatchItems   = 500
	maxSegments  = 64
	segmentIDLen = 16
)

// ErrBatch says that a batch is not well formed.
var ErrBatch = errors.New("batch is not valid")

// Encode is the batch as it travels.
func (b Batch) Encode() ([]byte, error) {
	if err := b.check(); err != nil {
		return nil, err
	}
	return signed.Encode(b)
}

// DecodeBatch reads what Encode wrote; nothing in it is verified yet.
func DecodeBatch(data []byte) (Batch, error) {
	var b Batch
	if err := signed.Decode(data, BatchLimit, &b); err != nil {
		return Batch{}, fmt.Errorf("read batch: %w", err)
	}
	if err := b.check(); err != nil {
		return Batch{}, fmt.Errorf("read batch: %w", err)
	}
	return b, nil
}

func (b Batch) check() error {
	switch {
	case b.Version != 1:
		return fmt.Errorf("%w: version %d is not known", ErrBatch, b.Version)
	case len(b.Items) == 0, len(b.Items) > BatchItems, len(b.Segments) > maxSegments:
		return fmt.Errorf("%w: no entries, or too many", ErrBatch)
	case len(b.Credential) == 0, len(b.Credential) > identity.CredentialLimit:
		return fmt.Errorf("%w: credential is missing", ErrBatch)
	}
	for _, s := range b.Segments {
		if len(s.ID) != segmentIDLen || len(s.Sealed) == 0 {
			return fmt.Errorf("%w: malformed segment key", ErrBatch)
		}
	}
	for _, item := range b.Items {
		hasBox := len(item.Box) > 0
		switch {
		case len(item.Entry) == 0, len(item.Entry) > EntryLimit, len(item.Box) > boxLimit:
			return fmt.Errorf("%w: entry or payload out of bounds", ErrBatch)
		case hasBox != (len(item.Key) > 0), hasBox && item.Segment >= uint64(len(b.Segments)), !hasBox && item.Segment != 0:
			return fmt.Errorf("%w: payload without its key", ErrBatch)
		}
	}
	return nil
}
