package record

import (
	"errors"
	"fmt"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
)

// Erasure is the organisation's order that nothing about a person or place opens any more,
// anywhere. It names an opaque ID only, so every device may have every order, and whoever
// finds one learns nothing from it.
type Erasure struct {
	Version uint64            `cbor:"1,keyasint"`
	Org     identity.OrgID    `cbor:"2,keyasint"`
	Number  uint64            `cbor:"3,keyasint"` // counts the organisation's orders, from 1
	Subject journal.SubjectID `cbor:"4,keyasint"`
	At      signed.Time       `cbor:"5,keyasint"`
}

// ErasureLimit bounds a signed order, in bytes.
const ErasureLimit = 1 << 10

// ErrErasure says that an order is not valid.
var ErrErasure = errors.New("erasure order is not valid")

// Check says whether the order is well formed.
func (e Erasure) Check() error {
	switch {
	case e.Version != 1:
		return fmt.Errorf("%w: version %d is not known", ErrErasure, e.Version)
	case e.Number == 0, e.At <= 0:
		return fmt.Errorf("%w: a field is out of bounds", ErrErasure)
	case identity.CheckOpaque(string(e.Subject)) != nil:
		return fmt.Errorf("%w: malformed ID", ErrErasure)
	}
	return nil
}

// Sign signs the order with the organisation's issuing key.
func (e Erasure) Sign(key *signed.PrivateKey) ([]byte, error) {
	if err := e.Check(); err != nil {
		return nil, fmt.Errorf("sign erasure order: %w", err)
	}
	return signed.Sign(signed.DomainErasure, key, e)
}

// OpenErasure verifies an order of org under its issuing keys.
func OpenErasure(data []byte, org identity.OrgID, issuing []signed.Key) (Erasure, error) {
	var e Erasure
	if err := signed.OpenAny(signed.DomainErasure, issuing, data, ErasureLimit, &e); err != nil {
		return Erasure{}, fmt.Errorf("open erasure order: %w", err)
	}
	if err := e.Check(); err != nil {
		return Erasure{}, fmt.Errorf("open erasure order: %w", err)
	}
	if e.Org != org {
		return Erasure{}, fmt.Errorf("open erasure order: %w: another organisation's", ErrErasure)
	}
	return e, nil
}
