package journal

import (
	"errors"
	"fmt"

	"handslag/identity"
	"handslag/identity/signed"
)

// Head is a device's signed word on how far its journal goes: entry Seq of a generation is its
// newest, and has that hash. It says nothing of what the entry says. Whoever has been shown
// one is a witness: a journal that ends before it, or has another entry there, is an older copy
// or a branch.
type Head struct {
	Version    uint64            `cbor:"1,keyasint"`
	Org        identity.OrgID    `cbor:"2,keyasint"`
	Device     identity.DeviceID `cbor:"3,keyasint"`
	Generation uint64            `cbor:"4,keyasint"`
	Seq        uint64            `cbor:"5,keyasint"`
	Hash       []byte            `cbor:"6,keyasint"` // of entry Seq, 32 bytes
}

// HeadLimit bounds a signed head, in bytes; it fits into an entry.
const HeadLimit = 512

// ErrHead says that a head is not well formed or another's.
var ErrHead = errors.New("journal head is not valid")

// HeadOf is the head of a device's journal that goes as far as c.
func HeadOf(org identity.OrgID, device identity.DeviceID, c Chain) Head {
	return Head{Version: 1, Org: org, Device: device, Generation: c.Generation, Seq: c.Last, Hash: c.Head[:]}
}

func (h Head) check() error {
	if h.Version != 1 || h.Generation == 0 || h.Seq == 0 || len(h.Hash) != hashSize {
		return ErrHead
	}
	return nil
}

// Sign signs the head with sign, a KeySet's Sign.
func (h Head) Sign(sign func(signed.Domain, any) ([]byte, error)) ([]byte, error) {
	if err := h.check(); err != nil {
		return nil, fmt.Errorf("sign head: %w", err)
	}
	data, err := sign(signed.DomainHead, h)
	if err != nil {
		return nil, fmt.Errorf("sign head: %w", err)
	}
	return data, nil
}

// OpenHead verifies a head of org under key, the signing key of the device that it names.
func OpenHead(data []byte, org identity.OrgID, key signed.Key) (Head, error) {
	var h Head
	if err := signed.Open(signed.DomainHead, key, data, HeadLimit, &h); err != nil {
		return Head{}, fmt.Errorf("open head: %w", err)
	}
	if err := h.check(); err != nil {
		return Head{}, fmt.Errorf("open head: %w", err)
	}
	if h.Org != org || h.Device != identity.DeviceIDOf(key) {
		return Head{}, fmt.Errorf("open head: another's: %w", ErrHead)
	}
	return h, nil
}

// Before reports whether h stands at an earlier place than other.
func (h Head) Before(other Head) bool {
	return h.Generation < other.Generation || h.Generation == other.Generation && h.Seq < other.Seq
}
