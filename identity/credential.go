package identity

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"handslag/identity/signed"
)

// Person is a member of staff, as the connected system knows them.
type Person struct {
	ID       PersonID `cbor:"1,keyasint" json:"id"`
	Username string   `cbor:"2,keyasint" json:"username"`
	First    string   `cbor:"3,keyasint" json:"first"`
	Last     string   `cbor:"4,keyasint" json:"last"`
}

// LogValue keeps who it is out of every log.
func (Person) LogValue() slog.Value { return slog.StringValue("redacted person") }

// Name is the name as screens show it.
func (p Person) Name() string { return p.First + " " + p.Last }

// Unit is a part of the organisation.
type Unit struct {
	ID   UnitID `cbor:"1,keyasint" json:"id"`
	Name string `cbor:"2,keyasint" json:"name"`
}

// Right is one typed permission, Scope how far it reaches; identity/access knows them.
type (
	Right string
	Scope string
)

// Grant is a right within a scope.
type Grant struct {
	Right Right `cbor:"1,keyasint" json:"right"`
	Scope Scope `cbor:"2,keyasint" json:"scope"`
}

// Credential binds a device's keys to its person, for at most MaxValidity, in the
// words of the organisation. Peers check it offline.
type Credential struct {
	Version uint64      `cbor:"1,keyasint"`
	Org     OrgID       `cbor:"2,keyasint"`
	Person  Person      `cbor:"3,keyasint"`
	Machine MachineID   `cbor:"4,keyasint"`
	Units   []Unit      `cbor:"5,keyasint,omitempty"`
	Roles   []string    `cbor:"6,keyasint,omitempty"`
	Grants  []Grant     `cbor:"7,keyasint,omitempty"`
	Keys    PublicKeys  `cbor:"8,keyasint"`
	Epoch   uint64      `cbor:"9,keyasint"` // counts this device's credentials, from 1
	Issued  signed.Time `cbor:"10,keyasint"`
	Expires signed.Time `cbor:"11,keyasint"`
}

// Bounds of a credential.
const (
	MaxValidity     = 14 * 24 * time.Hour
	CredentialLimit = 16 << 10 // bytes
	maxNameLength   = 128
)

// Errors about credentials.
var (
	ErrCredential = errors.New("credential is not valid")
	ErrExpired    = errors.New("credential has expired")
)

// Device is the ID of the device that the credential is for.
func (c Credential) Device() DeviceID { return DeviceIDOf(c.Keys.Signing) }

// HasUnit reports whether the person works at unit.
func (c Credential) HasUnit(unit UnitID) bool {
	for _, u := range c.Units {
		if u.ID == unit {
			return true
		}
	}
	return false
}

// ValidAt returns ErrExpired when now is past the credential's end. A time before its
// issue is no error: that clock is wrong, and the caller says so.
func (c Credential) ValidAt(now signed.Time) error {
	if now > c.Expires {
		return fmt.Errorf("check credential: %w", ErrExpired)
	}
	return nil
}

// Check says whether the credential is well formed: everything but its signature and
// whether it has expired.
func (c Credential) Check() error {
	switch {
	case c.Version != 1:
		return fmt.Errorf("%w: version %d is not known", ErrCredential, c.Version)
	case CheckOpaque(string(c.Person.ID)) != nil, CheckOpaque(string(c.Machine)) != nil:
		return fmt.Errorf("%w: malformed ID", ErrCredential)
	case c.Person.Username == "", len(c.Person.Username) > maxNameLength, len(c.Person.First) > maxNameLength, len(c.Person.Last) > maxNameLength:
		return fmt.Errorf("%w: malformed name", ErrCredential)
	case c.Keys.Check() != nil:
		return fmt.Errorf("%w: %w", ErrCredential, c.Keys.Check())
	case c.Epoch == 0, c.Issued <= 0, c.Expires <= c.Issued, c.Expires > c.Issued.Add(MaxValidity):
		return fmt.Errorf("%w: epoch or validity out of bounds", ErrCredential)
	}
	return nil
}

// OpenCredential verifies a signed credential of org under its issuing keys. It does not
// ask whether the credential has expired: what a device signed while it was valid stays
// true; use ValidAt where a live credential is needed.
func OpenCredential(data []byte, org OrgID, issuing []signed.Key) (Credential, error) {
	var c Credential
	if err := signed.OpenAny(signed.DomainCredential, issuing, data, CredentialLimit, &c); err != nil {
		return Credential{}, fmt.Errorf("open credential: %w", err)
	}
	if c.Org != org {
		return Credential{}, fmt.Errorf("open credential: %w: another organisation's", ErrCredential)
	}
	if err := c.Check(); err != nil {
		return Credential{}, fmt.Errorf("open credential: %w", err)
	}
	return c, nil
}
