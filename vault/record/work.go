package record

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
)

// Work is what a device signs when an assignment is done: which version of it, and a
// salted hash of what was said, so that the signature names nobody once the payload is
// erased.
type Work struct {
	Version    uint64               `cbor:"1,keyasint"`
	Org        identity.OrgID       `cbor:"2,keyasint"`
	Assignment journal.AssignmentID `cbor:"3,keyasint"`
	Number     uint64               `cbor:"4,keyasint"` // version of the assignment
	Content    []byte               `cbor:"5,keyasint"` // WorkContent
	Device     identity.DeviceID    `cbor:"6,keyasint"`
	State      []byte               `cbor:"7,keyasint"` // of the work that the person saw: Sheet.State, 32 bytes
}

// WorkLimit bounds signed work, in bytes.
const WorkLimit = 1 << 10

// ErrWork says that a signature is not for what is shown.
var ErrWork = errors.New("signature is not for this content")

// WorkContent is SHA-256 of the entry's payload commitment (which is salted) and the
// assignment's signed bytes: what the person saw and what they said.
func WorkContent(commit, assignment []byte) []byte {
	sum := sha256.Sum256(assignment)
	h := sha256.New()
	h.Write([]byte("handslag/1/work-content\x00"))
	h.Write(commit)
	h.Write(sum[:])
	return h.Sum(nil)
}

// OpenWork verifies a signature under the device's signing key.
func OpenWork(data []byte, key signed.Key) (Work, error) {
	var w Work
	if err := signed.Open(signed.DomainWork, key, data, WorkLimit, &w); err != nil {
		return Work{}, fmt.Errorf("open signature: %w", err)
	}
	if w.Version != 1 || w.Number == 0 || len(w.Content) != sha256.Size || len(w.State) != sha256.Size || w.Device != identity.DeviceIDOf(key) {
		return Work{}, fmt.Errorf("open signature: %w", ErrWork)
	}
	return w, nil
}

// Evidence is a signature with everything needed to check it outside the program.
type Evidence struct {
	Version    uint64          `cbor:"1,keyasint"`
	Statement  []byte          `cbor:"2,keyasint"`
	Credential []byte          `cbor:"3,keyasint"`
	Assignment []byte          `cbor:"4,keyasint"`
	Payload    journal.Payload `cbor:"5,keyasint"`
	Work       []byte          `cbor:"6,keyasint"`
	Seen       []Said          `cbor:"7,keyasint,omitempty"` // what was visible when it was signed
}

// EvidenceLimit bounds an exported file, in bytes.
const EvidenceLimit = 768 << 10

// Finding is what checked evidence says.
type Finding struct {
	Statement  identity.Statement
	Credential identity.Credential
	Assignment Assignment
	Details    journal.Details
	Work       Work
	Seen       []Operation
}

// OpenEvidence reads an exported file and checks everything in it, trusting nothing but
// org, the fingerprint of the organisation's root key.
func OpenEvidence(data []byte, org identity.OrgID) (Finding, error) {
	var e Evidence
	if err := signed.Decode(data, EvidenceLimit, &e); err != nil {
		return Finding{}, fmt.Errorf("read evidence: %w", err)
	}
	if e.Version != 1 {
		return Finding{}, fmt.Errorf("read evidence: version %d is not known: %w", e.Version, ErrWork)
	}
	var f Finding
	var err error
	if f.Statement, err = identity.OpenStatement(e.Statement, org); err != nil {
		return Finding{}, err
	}
	if f.Credential, err = identity.OpenCredential(e.Credential, org, f.Statement.Issuing); err != nil {
		return Finding{}, err
	}
	if f.Assignment, err = OpenAssignment(e.Assignment, org, f.Statement.Issuing); err != nil {
		return Finding{}, err
	}
	if f.Work, err = OpenWork(e.Work, f.Credential.Keys.Signing); err != nil {
		return Finding{}, err
	}
	commit, err := e.Payload.Commit()
	if err != nil {
		return Finding{}, fmt.Errorf("read evidence: %w", err)
	}
	if f.Work.Org != org || f.Work.Assignment != f.Assignment.ID || f.Work.Number != f.Assignment.Number ||
		string(f.Work.Content) != string(WorkContent(commit, e.Assignment)) {
		return Finding{}, fmt.Errorf("check evidence: %w", ErrWork)
	}
	f.Details = e.Payload.Details
	var visible []journal.Hash
	if len(e.Seen) > Operations {
		return Finding{}, fmt.Errorf("check evidence: %w", signed.ErrTooLarge)
	}
	for _, said := range e.Seen {
		o, err := said.Read()
		if err != nil || o.Assignment != f.Assignment.ID {
			return Finding{}, fmt.Errorf("check evidence: %w", errors.Join(ErrWork, err))
		}
		f.Seen, visible = append(f.Seen, o), append(visible, o.Hash)
	}
	if !bytes.Equal(StateOf(visible), f.Work.State) {
		return Finding{}, fmt.Errorf("check evidence: it was signed for another state: %w", ErrWork)
	}
	return f, nil
}
