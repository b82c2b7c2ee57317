package record

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"handslag/identity"
	"handslag/identity/access"
	"handslag/identity/signed"
	"handslag/vault/journal"
)

// Assignment is one version of work to do, signed by the organisation.
type Assignment struct {
	Version uint64               `cbor:"1,keyasint"`
	Org     identity.OrgID       `cbor:"2,keyasint"`
	ID      journal.AssignmentID `cbor:"3,keyasint"`
	Number  uint64               `cbor:"4,keyasint"` // counts this assignment's versions, from 1
	Record  journal.RecordID     `cbor:"5,keyasint,omitempty"`
	Subject journal.SubjectID    `cbor:"6,keyasint,omitempty"`
	Unit    identity.UnitID      `cbor:"7,keyasint"`
	People  []identity.PersonID  `cbor:"8,keyasint,omitempty"`
	Title   string               `cbor:"9,keyasint"`
	Area    string               `cbor:"10,keyasint,omitempty"`
	Text    string               `cbor:"11,keyasint,omitempty"`
	Due     string               `cbor:"12,keyasint,omitempty"` // a day, 2006-01-02
	Issued  signed.Time          `cbor:"13,keyasint"`
	Points  []Point              `cbor:"14,keyasint,omitempty"` // what is to be measured or checked
}

// AssignmentLimit bounds a signed assignment, in bytes.
const AssignmentLimit = 16 << 10

const maxPoints = 40 // of one assignment

// Thing is the assignment as identity/access asks about it.
func (a Assignment) Thing() access.Thing {
	return access.Thing{Unit: a.Unit, People: slices.Clone(a.People)}
}

// Check says whether the assignment is well formed.
func (a Assignment) Check() error {
	switch {
	case a.Version != 1:
		return fmt.Errorf("%w: version %d is not known", ErrAssignment, a.Version)
	case a.Number == 0, a.Issued <= 0, a.Title == "", len(a.People) > maxPeople, len(a.Title)+len(a.Area)+len(a.Text) > maxText, len(a.Due) > 10:
		return fmt.Errorf("%w: a field is out of bounds", ErrAssignment)
	case identity.CheckOpaque(string(a.ID)) != nil, identity.CheckOpaque(string(a.Unit)) != nil,
		a.Record != "" && identity.CheckOpaque(string(a.Record)) != nil:
		return fmt.Errorf("%w: malformed ID", ErrAssignment)
	case len(a.Points) > maxPoints:
		return fmt.Errorf("%w: too many points", ErrAssignment)
	}
	names := map[string]bool{}
	for _, p := range a.Points {
		if err := checkPointName(p.Name); err != nil {
			return err
		}
		if names[p.Name] || len(p.Unit) > pointName || strings.ContainsFunc(p.Unit, unicode.IsControl) {
			return fmt.Errorf("%w: a point stands twice, or its unit is malformed", ErrAssignment)
		}
		names[p.Name] = true
	}
	return nil
}

// Sign signs the assignment with the organisation's issuing key.
func (a Assignment) Sign(key *signed.PrivateKey) ([]byte, error) {
	if err := a.Check(); err != nil {
		return nil, fmt.Errorf("sign assignment: %w", err)
	}
	return signed.Sign(signed.DomainAssignment, key, a)
}

// OpenAssignment verifies an assignment of org under its issuing keys.
func OpenAssignment(data []byte, org identity.OrgID, issuing []signed.Key) (Assignment, error) {
	var a Assignment
	if err := signed.OpenAny(signed.DomainAssignment, issuing, data, AssignmentLimit, &a); err != nil {
		return Assignment{}, fmt.Errorf("open assignment: %w", err)
	}
	if err := a.Check(); err != nil {
		return Assignment{}, fmt.Errorf("open assignment: %w", err)
	}
	if a.Org != org {
		return Assignment{}, fmt.Errorf("open assignment: %w: another organisation's", ErrAssignment)
	}
	return a, nil
}
