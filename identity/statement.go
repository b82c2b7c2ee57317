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

	// Generations are those of the audit log after its first, the newest last: it was restored from
	// a backup each time.
	Generations []LogGeneration `cbor:"11,keyasint,omitempty"`
}

// LogGeneration is the root key's word that the audit log was restored from a backup: what it held
// beyond that is gone from it, and no device has to take that for a log that was taken back. What it
// held then it holds still.
type LogGeneration struct {
	_      struct{} `cbor:",toarray"`
	Number uint64   // from 2
	Size   uint64   // entries at the backup
	Root   []byte   // of the tree over them, 32 bytes
	Orders uint64   // number of the newest erasure order that was carried out in it: there is none newer
}

// Generation is the number of the audit log's generation in force.
func (s Statement) Generation() uint64 {
	if len(s.Generations) == 0 {
		return 1
	}
	return s.Generations[len(s.Generations)-1].Number
}

// Since is the least size from which the log went on in a generation after this one; false where none
// was opened since.
func (s Statement) Since(generation uint64) (size uint64, restored bool) {
	for _, g := range s.Generations {
		if g.Number > generation && (!restored || g.Size < size) {
			size, restored = g.Size, true
		}
	}
	return size, restored
}

// Bounds of a statement.
const (
	StatementLimit = 32 << 10 // bytes
	maxKeys        = 8        // of those in use
	maxFormerKeys  = 64       // of those whose signatures hold for ever
	MaxGenerations = 16       // of the log that are named
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
		len(s.TLS) > maxKeys, len(s.Issuing) > maxFormerKeys, len(s.Sealing) > maxKeys, len(s.Log) > maxFormerKeys:
		return fmt.Errorf("%w: too few or too many keys", ErrStatement)
	}
	for i, g := range s.Generations {
		if len(s.Generations) > MaxGenerations || g.Number < 2 || len(g.Root) != sha256.Size ||
			i > 0 && g.Number != s.Generations[i-1].Number+1 {
			return fmt.Errorf("%w: malformed generation of the log", ErrStatement)
		}
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
