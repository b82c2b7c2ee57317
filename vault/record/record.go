// Package record holds what the work is about, as pure values: records, assignments,
// loans, the work that a device signs, with their signed forms and the rules by which
// versions follow each other. It stores nothing and opens no protected part: that is the
// vault's, against a stamp.
package record

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"handslag/identity"
	"handslag/identity/access"
	"handslag/identity/signed"
	"handslag/vault/journal"
)

// Record is one version of what the organisation keeps about a person or place, signed by
// it. The card is for lists; of the protected part only the ciphertext's hash stands here.
type Record struct {
	Version           uint64              `cbor:"1,keyasint"`
	Org               identity.OrgID      `cbor:"2,keyasint"`
	ID                journal.RecordID    `cbor:"3,keyasint"`
	Number            uint64              `cbor:"4,keyasint"` // counts this record's versions, from 1
	Subject           journal.SubjectID   `cbor:"5,keyasint"`
	Kind              string              `cbor:"6,keyasint"` // "person" or "place"
	Unit              identity.UnitID     `cbor:"7,keyasint"`
	People            []identity.PersonID `cbor:"8,keyasint,omitempty"`
	Restricted        bool                `cbor:"9,keyasint,omitempty"`
	ProtectedIdentity bool                `cbor:"10,keyasint,omitempty"`
	Card              Card                `cbor:"11,keyasint"`
	Cipher            []byte              `cbor:"12,keyasint"` // SHA-256 of the protected part's ciphertext
	Issued            signed.Time         `cbor:"13,keyasint"`
	Tokens            []byte              `cbor:"14,keyasint,omitempty"` // of the protected part: Tokens
	Commitment        []byte              `cbor:"15,keyasint"`           // to the protected part's content key: CommitKey
}

// Card is what lists show. Of a person with protected identity it holds an assignment
// number and an area, nothing else.
type Card struct {
	Title  string   `cbor:"1,keyasint" json:"title"`
	Street string   `cbor:"2,keyasint,omitempty" json:"street,omitempty"`
	Area   string   `cbor:"3,keyasint,omitempty" json:"area,omitempty"`
	Tags   []string `cbor:"4,keyasint,omitempty" json:"tags,omitempty"`
}

// LogValue keeps it out of every log.
func (Card) LogValue() slog.Value { return slog.StringValue("redacted card") }

// Bounds, in bytes.
const (
	RecordLimit = 16 << 10
	CipherLimit = 256 << 10
	maxText     = 4000
	maxPeople   = 256
)

// Errors about records and assignments.
var (
	ErrRecord     = errors.New("record is not valid")
	ErrAssignment = errors.New("assignment is not valid")
	ErrLoan       = errors.New("loan is not valid")
)

// Thing is the record as identity/access asks about it. people are further persons
// whose assignments name the record.
func (r Record) Thing(people ...identity.PersonID) access.Thing {
	return access.Thing{Unit: r.Unit, People: append(slices.Clone(r.People), people...), Restricted: r.Restricted}
}

// Check says whether the record is well formed.
func (r Record) Check() error {
	switch {
	case r.Version != 1:
		return fmt.Errorf("%w: version %d is not known", ErrRecord, r.Version)
	case r.Number == 0, r.Issued <= 0, len(r.Cipher) != sha256.Size, len(r.Commitment) != sha256.Size, len(r.People) > maxPeople:
		return fmt.Errorf("%w: a field is out of bounds", ErrRecord)
	case identity.CheckOpaque(string(r.ID)) != nil, identity.CheckOpaque(string(r.Subject)) != nil, identity.CheckOpaque(string(r.Unit)) != nil:
		return fmt.Errorf("%w: malformed ID", ErrRecord)
	case r.Card.Title == "", len(r.Card.Title)+len(r.Card.Street)+len(r.Card.Area) > maxText:
		return fmt.Errorf("%w: malformed card", ErrRecord)
	}
	return checkTokens(r.Tokens)
}

// Sign signs the record with the organisation's issuing key.
func (r Record) Sign(key *signed.PrivateKey) ([]byte, error) {
	if err := r.Check(); err != nil {
		return nil, fmt.Errorf("sign record: %w", err)
	}
	return signed.Sign(signed.DomainRecord, key, r)
}

// OpenRecord verifies a record of org under its issuing keys, and that cipher is the
// ciphertext that it names.
func OpenRecord(data, cipher []byte, org identity.OrgID, issuing []signed.Key) (Record, error) {
	var r Record
	if err := signed.OpenAny(signed.DomainRecord, issuing, data, RecordLimit, &r); err != nil {
		return Record{}, fmt.Errorf("open record: %w", err)
	}
	if err := r.is(cipher, org); err != nil {
		return Record{}, err
	}
	return r, nil
}

// ReadRecord is OpenRecord without the signature, for who has the organisation's word for data and cipher otherwise.
func ReadRecord(data, cipher []byte, org identity.OrgID) (Record, error) {
	var r Record
	if err := signed.Unverified(data, RecordLimit, &r); err != nil {
		return Record{}, fmt.Errorf("open record: %w", err)
	}
	if err := r.is(cipher, org); err != nil {
		return Record{}, err
	}
	return r, nil
}

// is says whether the record is well formed, and of org and this ciphertext.
func (r Record) is(cipher []byte, org identity.OrgID) error {
	if err := r.Check(); err != nil {
		return fmt.Errorf("open record: %w", err)
	}
	sum := sha256.Sum256(cipher)
	if r.Org != org || len(cipher) > CipherLimit || !slices.Equal(sum[:], r.Cipher) {
		return fmt.Errorf("open record: %w: another organisation's, or another ciphertext", ErrRecord)
	}
	return nil
}
