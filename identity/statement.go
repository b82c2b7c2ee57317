package identity

import (
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"

	"handslag/identity/signed"
)

// Pin is SHA-256 of a TLS certificate's SubjectPublicKeyInfo (RFC 7469 §2.4), 32 bytes.
type Pin []byte

// PinOf is the pin of a certificate.
func PinOf(cert *x509.Certificate) Pin {
	sum := sha256.Sum256(cert.RawSubjectPublicKeyInfo)
	return sum[:]
}

// Statement is what an organisation says of itself, signed by its root key: where its
// connected system is and which keys are its own. Statements are numbered; a device
// never goes back to a lower number.
type Statement struct {
	Version uint64       `cbor:"1,keyasint"`
	Number  uint64       `cbor:"2,keyasint"` // from 1
	Root    signed.Key   `cbor:"3,keyasint"`
	Name    string       `cbor:"4,keyasint"`
	URL     string       `cbor:"5,keyasint"` // https://host[:port], no path
	TLS     []Pin        `cbor:"6,keyasint"` // current and next
	Issuing []signed.Key `cbor:"7,keyasint"` // the first one signs; former ones still verify
	Sealing []SealKey    `cbor:"8,keyasint"` // the first one is sealed to
	Log     []signed.Key `cbor:"9,keyasint"` // receipts and server times; the first one signs
	Issued  signed.Time  `cbor:"10,keyasint"`
}

// Bounds of a statement.
const (
	StatementLimit = 32 << 10 // bytes
	maxKeys        = 8
)

// Errors about statements.
var (
	ErrStatement = errors.New("statement is not valid")
	ErrForeign   = errors.New("statement is not signed by this organisation")
)

// Org is the ID of the organisation that speaks.
func (s Statement) Org() OrgID { return OrgIDOf(s.Root) }

// Check says whether the statement is well formed.
func (s Statement) Check() error {
	switch {
	case s.Version != 1:
		return fmt.Errorf("%w: version %d is not known", ErrStatement, s.Version)
	case s.Number == 0, s.Name == "", len(s.Name) > maxNameLength, s.Issued <= 0:
		return fmt.Errorf("%w: number, name or time is missing", ErrStatement)
	case len(s.TLS) == 0, len(s.Issuing) == 0, len(s.Sealing) == 0, len(s.Log) == 0,
		len(s.TLS) > maxKeys, len(s.Issuing) > maxKeys, len(s.Sealing) > maxKeys, len(s.Log) > maxKeys:
		return fmt.Errorf("%w: too few or too many keys", ErrStatement)
	}
	for _, pin := range s.TLS {
		if len(pin) != sha256.Size {
			return fmt.Errorf("%w: malformed TLS pin", ErrStatement)
		}
	}
	for _, keys := range [][]signed.Key{s.Issuing, s.Log} {
		for _, key := range keys {
			if key.Check() != nil {
				return fmt.Errorf("%w: key of an unknown kind", ErrStatement)
			}
		}
	}
	for _, key := range s.Sealing {
		if key.Suite != SuiteHybrid {
			return fmt.Errorf("%w: key of an unknown kind", ErrStatement)
		}
	}
	u, err := url.Parse(s.URL)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return fmt.Errorf("%w: URL is not https://host[:port]", ErrStatement)
	}
	return nil
}

// OpenStatement verifies a signed statement of the organisation org: its root key must
// have org's fingerprint. It returns ErrForeign where another key signed.
func OpenStatement(data []byte, org OrgID) (Statement, error) {
	var claim Statement
	if err := signed.Unverified(data, StatementLimit, &claim); err != nil {
		return Statement{}, fmt.Errorf("open statement: %w: %w", ErrStatement, err)
	}
	if claim.Org() != org {
		return Statement{}, fmt.Errorf("open statement: %w", ErrForeign)
	}
	var s Statement
	if err := signed.Open(signed.DomainStatement, claim.Root, data, StatementLimit, &s); err != nil {
		return Statement{}, fmt.Errorf("open statement: %w: %w", ErrForeign, err)
	}
	if err := s.Check(); err != nil {
		return Statement{}, fmt.Errorf("open statement: %w", err)
	}
	return s, nil
}
