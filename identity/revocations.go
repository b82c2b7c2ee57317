package identity

import (
	"errors"
	"fmt"
	"slices"

	"handslag/identity/signed"
)

// Revocations is the organisation's list of devices that are to be met no more, whose
// credentials have not ended by themselves yet. A device judges others by the newest that it has
// heard of, without coverage too.
type Revocations struct {
	Version uint64      `cbor:"1,keyasint"`
	Org     OrgID       `cbor:"2,keyasint"`
	Number  uint64      `cbor:"3,keyasint"` // grows with each change of the list; a higher one replaces a lower
	Time    signed.Time `cbor:"4,keyasint"`
	Devices []DeviceID  `cbor:"5,keyasint,omitempty"` // ascending
}

// Bounds of a list. A device that would be beyond them is past meeting within MaxValidity.
const (
	RevocationsLimit = 64 << 10 // bytes of a signed list
	MaxRevocations   = 1000
)

// ErrRevocations says that a list is not valid.
var ErrRevocations = errors.New("revocation list is not valid")

// Has reports whether the list names device.
func (r Revocations) Has(device DeviceID) bool {
	_, found := slices.BinarySearch(r.Devices, device)
	return found
}

// Check says whether the list is well formed.
func (r Revocations) Check() error {
	switch {
	case r.Version != 1:
		return fmt.Errorf("%w: version %d is not known", ErrRevocations, r.Version)
	case r.Number == 0, r.Time <= 0, len(r.Devices) > MaxRevocations:
		return fmt.Errorf("%w: a field is out of bounds", ErrRevocations)
	}
	for i, id := range r.Devices {
		if got, err := ParseDeviceID(string(id)); err != nil || got != id || i > 0 && id <= r.Devices[i-1] {
			return fmt.Errorf("%w: malformed device ID, or out of order", ErrRevocations)
		}
	}
	return nil
}

// Sign signs the list with the organisation's issuing key.
func (r Revocations) Sign(key *signed.PrivateKey) ([]byte, error) {
	if err := r.Check(); err != nil {
		return nil, fmt.Errorf("sign revocation list: %w", err)
	}
	return signed.Sign(signed.DomainRevocations, key, r)
}

// OpenRevocations verifies a list of org under its issuing keys.
func OpenRevocations(data []byte, org OrgID, issuing []signed.Key) (Revocations, error) {
	var r Revocations
	if err := signed.OpenAny(signed.DomainRevocations, issuing, data, RevocationsLimit, &r); err != nil {
		return Revocations{}, fmt.Errorf("open revocation list: %w", err)
	}
	if err := r.Check(); err != nil {
		return Revocations{}, fmt.Errorf("open revocation list: %w", err)
	}
	if r.Org != org {
		return Revocations{}, fmt.Errorf("open revocation list: %w: another organisation's", ErrRevocations)
	}
	return r, nil
}
