package journal

import (
	"errors"
	"fmt"
	"slices"

	"handslag/identity"
	"handslag/identity/signed"
)

// Receipt is the connected system's signed word that entries of a device's journal are in the
// audit log. Ranges cover contiguous prefixes of generations: all that is there of each, and,
// shorter, as far as the entries go that this receipt answers, so that a device whose journal ends
// before can compare. Held are further entries of those answered that are stored
// outside the prefix, on another branch or behind a gap: each follows the one before it
// in its range.
type Receipt struct {
	Version uint64            `cbor:"1,keyasint"`
	Org     identity.OrgID    `cbor:"2,keyasint"`
	Device  identity.DeviceID `cbor:"3,keyasint"`
	Ranges  []Range           `cbor:"4,keyasint,omitempty"`
	Time    signed.Time       `cbor:"5,keyasint"`
	Held    []Range           `cbor:"6,keyasint,omitempty"`
}

// Range is entries From to To of a generation; Hash is the hash of entry To.
type Range struct {
	_          struct{} `cbor:",toarray"`
	Generation uint64
	From       uint64
	To         uint64
	Hash       []byte // 32 bytes
}

// Bounds of a receipt.
const (
	ReceiptLimit  = 16 << 10 // bytes, signed
	ReceiptRanges = 128      // of either kind
)

// ErrReceipt says that a receipt is not well formed or another's.
var ErrReceipt = errors.New("receipt is not valid")

// Sign signs the receipt with the organisation's log key.
func (r Receipt) Sign(key *signed.PrivateKey) ([]byte, error) {
	return signed.Sign(signed.DomainReceipt, key, r)
}

// OpenReceipt verifies a receipt of org for device under the organisation's log keys. The
// caller compares each range's hash with its own chain before it believes the range.
func OpenReceipt(data []byte, org identity.OrgID, device identity.DeviceID, log []signed.Key) (Receipt, error) {
	var r Receipt
	if err := signed.OpenAny(signed.DomainReceipt, log, data, ReceiptLimit, &r); err != nil {
		return Receipt{}, fmt.Errorf("open receipt: %w", err)
	}
	if r.Version != 1 || r.Org != org || r.Device != device || r.Time <= 0 {
		return Receipt{}, fmt.Errorf("open receipt: %w", ErrReceipt)
	}
	if len(r.Ranges) > ReceiptRanges || len(r.Held) > ReceiptRanges {
		return Receipt{}, fmt.Errorf("open receipt: %w: too many ranges", ErrReceipt)
	}
	for _, rng := range slices.Concat(r.Ranges, r.Held) {
		if rng.Generation == 0 || rng.From == 0 || rng.To < rng.From || len(rng.Hash) != hashSize {
			return Receipt{}, fmt.Errorf("open receipt: %w: malformed range", ErrReceipt)
		}
	}
	return r, nil
}
