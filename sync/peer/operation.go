package peer

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// operationMessage is one operation on its way: the entry as it stands in its writer's journal, and its
// words, whose key is sealed to the other device.
type operationMessage struct {
	_      struct{} `cbor:",toarray"`
	Entry  []byte
	Box    []byte // the words, encrypted under a key of their own, the commitment as AAD
	Sealed []byte // that key, with WorkKeyInfo
}

// operationAck says what became of it: the receiver's entry is durable, or it was refused.
type operationAck struct {
	_         struct{} `cbor:",toarray"`
	Operation []byte   // hash of the entry, 32 bytes
	Refused   Why
}

// here says which assignment a person has before them; "" for none of those that both hold.
type here struct {
	_          struct{} `cbor:",toarray"`
	Assignment journal.AssignmentID
}

const (
	operationLimit = journal.EntryLimit + journal.PayloadLimit + sealedLimit + 1024
	answerLimit    = 1 << 10
)

// WorkKeyInfo is the HPKE info of the key to an operation's words on their way from one verified device
// to another: transcript is H(T) of their verification.
func WorkKeyInfo(transcript []byte, operation journal.Hash) string {
	return fmt.Sprintf("handslag/1/work-key/%x/%x", transcript, operation)
}

// packOperation reseals an operation's words to the other device.
func (v *Verified) packOperation(said record.Said) (operationMessage, error) {
	key := make([]byte, identity.AEADKeySize)
	rand.Read(key)
	defer clear(key)
	box, _, err := said.Payload.Seal(key)
	if err != nil {
		return operationMessage{}, err
	}
	sealed, err := identity.Seal(v.meeting.Peer.Keys.Sealing, WorkKeyInfo(v.meeting.Transcript, journal.HashOf(said.Entry)), key)
	if err != nil {
		return operationMessage{}, fmt.Errorf("seal words: %w", err)
	}
	return operationMessage{Entry: said.Entry, Box: box, Sealed: sealed}, nil
}

// Worked is an operation of the other device that arrived and verified.
type Worked struct {
	Said      record.Said
	Operation record.Operation
	Joint     Joint
}

// RefusedWork is one that was not taken. Joint is zero where it is about nothing that both hold.
type RefusedWork struct {
	Operation journal.Hash
	Joint     Joint
	Why       Why
	Err       error
}

// judgeOperation checks an operation against its writer, this meeting and both persons' rights. places are
// the assignments that both hold.
func (v *Verified) judgeOperation(m operationMessage, places map[journal.AssignmentID]Shelved) (Worked, *RefusedWork) {
	refuse := RefusedWork{Operation: journal.HashOf(m.Entry)}
	no := func(why Why, err error) (Worked, *RefusedWork) {
		refuse.Why, refuse.Err = why, err
		return Worked{}, &refuse
	}
	var e journal.Entry
	if err := signed.Unverified(m.Entry, journal.EntryLimit, &e); err != nil {
		return no(BadOperation, err)
	}
	if e.Device != v.meeting.Peer.Device() {
		return no(NotItsWriter, nil)
	}
	if _, err := journal.OpenEntry(m.Entry, v.meeting.Peer.Keys.Signing); err != nil {
		return no(BadOperation, err)
	}
	place, shared := places[e.Assignment]
	if !shared {
		return no(NotShared, nil)
	}
	refuse.Joint = v.joint(place.Value)
	if why := v.stillGood(); why != "" {
		return no(why, nil)
	}
	if !v.bothMay(place.Value) {
		return no(NoRightToWork, nil)
	}
	if e.Subject != place.Value.Subject || e.Record != place.Value.Record {
		return no(BadOperation, errors.New("about somebody else than its assignment"))
	}
	key, err := v.session.config.Keys.OpenSealed(WorkKeyInfo(v.meeting.Transcript, refuse.Operation), m.Sealed)
	defer clear(key)
	if err != nil {
		return no(BadOperation, err)
	}
	words, err := journal.OpenPayload(m.Box, key, e.Payload)
	if err != nil {
		return no(BadOperation, err)
	}
	w := Worked{Said: record.Said{Entry: m.Entry, Payload: words, Person: v.meeting.Peer.Person}, Joint: refuse.Joint}
	if w.Operation, err = w.Said.Open(v.meeting.Peer.Keys.Signing); err != nil {
		return no(BadOperation, err)
	}
	if w.Operation.Topic == record.TopicDone && w.Operation.Number == place.Value.Number {
		var work record.Work
		err := signed.Unverified(w.Operation.Work, record.WorkLimit, &work)
		if err != nil || work.Org != v.self.org || !bytes.Equal(work.Content, record.WorkContent(e.Payload, place.Signed)) {
			return no(BadOperation, errors.Join(record.ErrWork, err))
		}
	}
	return w, nil
}

// Error says why an operation was not taken.
func (r *RefusedWork) Error() string {
	text := fmt.Sprintf("work on assignment %s: refused: %s", r.Joint.Assignment, r.Why)
	if r.Err != nil {
		text += ": " + r.Err.Error()
	}
	return text
}

// Unwrap is what did not verify.
func (r *RefusedWork) Unwrap() error { return r.Err }
