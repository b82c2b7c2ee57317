package peer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"handslag/identity"
	"handslag/identity/access"
	"handslag/identity/signed"
	"handslag/sync/peer/internal/message"
	"handslag/sync/peer/internal/road"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// works lets a colleague work on assignments of their unit.
func works(c *identity.Credential) {
	c.Grants = append(c.Grants, identity.Grant{Right: access.AssignmentWork, Scope: access.Unit})
}

// place is an assignment as somebody holds it.
func (o organisation) place(id journal.AssignmentID, unit identity.UnitID, people ...identity.PersonID) Shelved {
	o.t.Helper()
	a := record.Assignment{Version: 1, Org: o.id, ID: id, Number: 1, Unit: unit, People: people, Title: "Byt termostat", Issued: noon}
	data, err := a.Sign(o.key)
	if err != nil {
		o.t.Fatal(err)
	}
	return Shelved{Signed: data, Value: a}
}

// says is an operation in a device's journal; change may alter the entry before it is signed.
func (d *device) says(seq uint64, kind journal.Kind, words journal.Details, on Shelved, change ...func(*journal.Entry)) record.Said {
	d.org.t.Helper()
	payload, err := journal.NewPayload(words)
	if err != nil {
		d.org.t.Fatal(err)
	}
	commit, _ := payload.Commit()
	e := journal.Entry{Version: 1, Device: d.credential.Device(), Generation: 1, Seq: seq + 1, Prev: bytes.Repeat([]byte{1}, 32), Kind: kind,
		Assignment: on.Value.ID, AssignmentVersion: on.Value.Number, Clock: noon, Payload: commit}
	if kind == journal.AssignmentDone {
		e.Signature = d.signs(on, record.WorkContent(commit, on.Signed))
	}
	for _, f := range change {
		f(&e)
	}
	raw, err := e.Sign(d.keys.SignContent)
	if err != nil {
		d.org.t.Fatal(err)
	}
	return record.Said{Entry: raw, Payload: payload, Person: d.credential.Person}
}

func (d *device) signs(on Shelved, content []byte) []byte {
	work, err := d.keys.Sign(signed.DomainWork, record.Work{Version: 1, Org: d.org.id, Assignment: on.Value.ID, Number: on.Value.Number,
		Content: content, Device: d.credential.Device(), State: record.StateOf(nil)})
	if err != nil {
		d.org.t.Fatal(err)
	}
	return work
}

// desk is what a device's journal and store would do.
type desk struct {
	mu      sync.Mutex
	held    []Shelved
	joined  []Joint
	got     []Worked
	refused chan RefusedWork
	came    chan Worked
	here    chan journal.AssignmentID
	wake    chan struct{}
	full    bool
}

func newDesk(held ...Shelved) *desk {
	return &desk{held: held, refused: make(chan RefusedWork, 64), came: make(chan Worked, 64), here: make(chan journal.AssignmentID, 64), wake: make(chan struct{}, 1)}
}

func (d *desk) workshop() Workshop {
	return Workshop{
		Shelf: func() []Shelved {
			d.mu.Lock()
			defer d.mu.Unlock()
			return slices.Clone(d.held)
		},
		Joined: func(_ context.Context, one Joint) error {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.joined = append(d.joined, one)
			return nil
		},
		Received: func(_ context.Context, one Worked) error {
			d.mu.Lock()
			defer d.mu.Unlock()
			if d.full {
				return &RefusedWork{Operation: one.Operation.Hash, Joint: one.Joint, Why: TooMuchWork}
			}
			if len(d.joined) == 0 {
				return errors.New("work comes before the entry that says so")
			}
			d.got = append(d.got, one)
			for i := range d.held {
				if d.held[i].Value.ID == one.Joint.Assignment {
					d.held[i].Work = append(slices.Clone(d.held[i].Work), one.Said)
				}
			}
			d.came <- one
			return nil
		},
		Refused:  func(_ context.Context, one RefusedWork) error { d.refused <- one; return nil },
		Answered: func(journal.Hash, Why) {},
		Joint:    func([]journal.AssignmentID) {},
		Here:     func(id journal.AssignmentID) { d.here <- id },
		At:       func() journal.AssignmentID { return "" },
		Wake:     d.wake,
	}
}

// intruder is a modified program at the other end, which is S: it says what it likes.
func intruder(t *testing.T, v *Verified) *talk {
	t.Helper()
	stream, err := v.arranged(t.Context(), road.Together, v.session.mates)
	if err != nil {
		t.Fatal(err)
	}
	return newTalk(t.Context(), stream, v.session.timing)
}

func (t *talk) must(tt *testing.T, body message.Body) {
	tt.Helper()
	if err := t.say(body); err != nil {
		tt.Fatal(err)
	}
}

// packed is an operation as S sends it.
func packed(t *testing.T, v *Verified, said record.Said) operationMessage {
	t.Helper()
	m, err := v.packOperation(said)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

var note = journal.Details{Note: "Packningen var slut."}

func TestWorkThatIsNotTheColleaguesOwnOrNotSharedIsRefusedByName(t *testing.T) {
	org := newOrganisation(t, 1)
	anna, bo, carl := org.enrol("anna", works), org.enrol("bo", works), org.enrol("carl", works)
	both, annas, bos := org.place("U-1", "u-1"), org.place("U-2", "u-1"), org.place("U-3", "u-2", "p-bo")
	revoked := false
	var mu sync.Mutex
	config := bo.config()
	config.Revoked = func(id identity.DeviceID, _ uint64) bool {
		mu.Lock()
		defer mu.Unlock()
		return revoked && id == anna.credential.Device()
	}
	_, _, s, d := meet(t, anna.config(), config)
	desk := newDesk(both, bos)
	ended := make(chan error, 1)
	go func() { ended <- d.Together(t.Context(), desk.workshop()) }()
	talk := intruder(t, s)
	defer talk.fail()
	talk.must(t, shelf{Items: []shelfItem{{Assignment: "U-1", Had: [][]byte{}}, {Assignment: "U-2", Had: [][]byte{}}, {Assignment: "U-3", Had: [][]byte{}}}})
	var theirs shelf
	if err := talk.hear(shelfLimit, talk.timing.item, &theirs); err != nil {
		t.Fatal(err)
	}
	if len(theirs.Items) != 1 || theirs.Items[0].Assignment != "U-1" {
		t.Errorf("Bo's device tells Anna of what she may not work on: %+v", theirs)
	}
	good := anna.says(1, journal.AssignmentNoted, note, both)
	spoilt := func(f func(*operationMessage)) operationMessage {
		m := packed(t, s, good)
		f(&m)
		return m
	}
	forged := bytes.Clone(good.Entry)
	forged[len(forged)-1] ^= 1
	other := anna.says(2, journal.AssignmentNoted, journal.Details{Note: "annat"}, both)
	for _, c := range []struct {
		sentence string
		message  operationMessage
		why      Why
	}{
		{"a forged operation", spoilt(func(m *operationMessage) { m.Entry = forged }), BadOperation},
		{"an operation by a third", packed(t, s, carl.says(1, journal.AssignmentNoted, note, both)), NotItsWriter},
		{"Bo's own, come back", packed(t, s, bo.says(1, journal.AssignmentNoted, note, both)), NotItsWriter},
		{"a third's in Anna's name", packed(t, s, carl.says(1, journal.AssignmentNoted, note, both, func(e *journal.Entry) { e.Device = anna.credential.Device() })), BadOperation},
		{"work on what Bo does not hold", packed(t, s, anna.says(3, journal.AssignmentNoted, note, annas)), NotShared},
		{"work on what Anna may not work on", packed(t, s, anna.says(4, journal.AssignmentNoted, note, bos)), NotShared},
		{"work on what nobody holds", packed(t, s, anna.says(5, journal.AssignmentNoted, note, org.place("U-9", "u-1"))), NotShared},
		{"other words", spoilt(func(m *operationMessage) { m.Box, m.Sealed = packed(t, s, other).Box, packed(t, s, other).Sealed }), BadOperation},
		{"words that open for nobody", spoilt(func(m *operationMessage) { m.Sealed = m.Sealed[:40] }), BadOperation},
		{"words of another meeting", spoilt(func(m *operationMessage) {
			m.Sealed, _ = identity.Seal(bo.keys.Public().Sealing, WorkKeyInfo(make([]byte, 32), journal.HashOf(good.Entry)), make([]byte, 32))
		}), BadOperation},
		{"an entry of another kind", packed(t, s, anna.says(6, journal.RecordOpened, journal.Details{Reason: "x"}, both)), BadOperation},
		{"an edit of no field", packed(t, s, anna.says(7, journal.AssignmentEdited, journal.Details{Topic: "wish", Value: "x"}, both)), BadOperation},
		{"about somebody else", packed(t, s, anna.says(8, journal.AssignmentNoted, note, both, func(e *journal.Entry) { e.Subject = "s-other" })), BadOperation},
		{"a signature for something else", packed(t, s, anna.says(9, journal.AssignmentDone, note, both, func(e *journal.Entry) { e.Signature = anna.signs(both, make([]byte, 32)) })), BadOperation},
		{"rubbish", operationMessage{Entry: []byte("x"), Box: []byte("x"), Sealed: []byte("x")}, BadOperation},
	} {
		talk.must(t, c.message)
		var answer operationAck
		if err := talk.hear(answerLimit, talk.timing.item, &answer); err != nil {
			t.Fatalf("%s: %v", c.sentence, err)
		}
		told := await(t, "the refusal", desk.refused)
		if answer.Refused != c.why || told.Why != c.why || told.Operation != journal.HashOf(c.message.Entry) {
			t.Errorf("%s: refused as %q, journalled as %q (%v)", c.sentence, answer.Refused, told.Why, told.Err)
		}
	}
	if len(desk.joined) != 0 || len(desk.got) != 0 {
		t.Errorf("something landed: %+v", desk.got)
	}
	// What is right still goes, once.
	for range 2 {
		talk.must(t, packed(t, s, good))
		var answer operationAck
		if err := talk.hear(answerLimit, talk.timing.item, &answer); err != nil || answer.Refused != "" {
			t.Fatalf("the right one: %q, %v", answer.Refused, err)
		}
	}
	if one := await(t, "the work", desk.came); len(desk.got) != 1 || one.Said.Person.Username != "anna" || one.Operation.Value != note.Note || len(desk.joined) != 1 {
		t.Errorf("Bo got %+v", desk.got)
	}
	mu.Lock()
	revoked = true // a colleague brought the news meanwhile
	mu.Unlock()
	talk.must(t, packed(t, s, other))
	if told := await(t, "the refusal", desk.refused); told.Why != DeviceRevoked {
		t.Errorf("a revoked device's work: %q", told.Why)
	}
	if err := await(t, "the end", ended); err == nil {
		t.Error("it goes on after too much was refused")
	}
}

func TestWhatTwoSayToEachOtherIsBounded(t *testing.T) {
	many := func(n int) (s shelf) {
		s.Items = []shelfItem{}
		for i := range n {
			s.Items = append(s.Items, shelfItem{Assignment: journal.AssignmentID(fmt.Sprint("U-", i)), Had: [][]byte{}})
		}
		return s
	}
	org := newOrganisation(t, 1)
	_, _, s, d := meet(t, org.enrol("anna", works).config(), org.enrol("bo", works).config())
	first := shelf{Items: []shelfItem{{Assignment: "U-1", Had: [][]byte{}}}}
	for what, c := range map[string]struct {
		shelf shelf
		then  message.Body
		err   error
	}{
		"a shelf without end":           {shelf: many(MaxShelf + 1), err: signed.ErrTooLarge},
		"a shelf larger than its frame": {shelf: shelf{Items: []shelfItem{{Assignment: "U-1", Had: [][]byte{make([]byte, shelfLimit)}}}}, err: signed.ErrTooLarge},
		"twice the same":                {shelf: shelf{Items: append(first.Items, first.Items...)}, err: ErrShare},
		"a malformed ID":                {shelf: shelf{Items: []shelfItem{{Assignment: "../U", Had: [][]byte{}}}}, err: ErrShare},
		"half a hash":                   {shelf: shelf{Items: []shelfItem{{Assignment: "U-1", Had: [][]byte{{1}}}}}, err: ErrShare},
		"more hashes than there is work": {shelf: shelf{Items: []shelfItem{{Assignment: "U-1", Had: slices.Repeat([][]byte{make([]byte, 32)}, shelfHad)},
			{Assignment: "U-2", Had: [][]byte{make([]byte, 32)}}}}, err: signed.ErrTooLarge},
		"an answer to nothing":        {first, operationAck{Operation: make([]byte, 32)}, ErrShare},
		"half an answer":              {first, operationAck{Operation: make([]byte, 31)}, ErrShare},
		"an answer that is no reason": {first, operationAck{Operation: make([]byte, 32), Refused: "because"}, ErrShare},
		"somebody is where none is":   {first, here{Assignment: "U-7"}, ErrShare},
		"another protocol's message":  {first, want{Lines: []uint64{}}, message.ErrMalformed},
		"an operation without end":    {first, operationMessage{Entry: make([]byte, operationLimit)}, signed.ErrTooLarge},
	} {
		ended := make(chan error, 1)
		go func() { ended <- d.Together(t.Context(), newDesk(org.place("U-1", "u-1")).workshop()) }()
		talk := intruder(t, s)
		_ = talk.say(c.shelf) // may be cut off before its last byte
		if c.then != nil {
			_ = talk.say(c.then)
		}
		if err := await(t, "the end", ended); !errors.Is(err, c.err) {
			t.Errorf("%s: %v", what, err)
		}
		talk.fail()
	}
}

func TestAFullStoreRefusesByNameAndTheWriterHearsIt(t *testing.T) {
	org := newOrganisation(t, 1)
	anna, bo := org.enrol("anna", works), org.enrol("bo", works)
	sw, _, s, d := meet(t, anna.config(), bo.config())
	place := org.place("U-1", "u-1")
	mine := place
	mine.Work = []record.Said{anna.says(1, journal.AssignmentNoted, note, place)}
	full, other := newDesk(place), newDesk(mine)
	full.full = true
	heard := make(chan Why, 1)
	shop := other.workshop()
	shop.Answered = func(_ journal.Hash, why Why) { heard <- why }
	shop.At = func() journal.AssignmentID { return "U-1" }
	ends := make(chan error, 2)
	go func() { ends <- d.Together(t.Context(), full.workshop()) }()
	go func() { ends <- s.Together(t.Context(), shop) }()
	if why := await(t, "the answer", heard); why != TooMuchWork {
		t.Errorf("Anna hears %q", why)
	}
	if told := await(t, "Bo's entry", full.refused); told.Why != TooMuchWork {
		t.Errorf("Bo's entry says %q", told.Why)
	}
	if at := await(t, "where Anna is", full.here); at != "U-1" {
		t.Errorf("Anna is at %q", at)
	}
	sw.session.Close()
	for range 2 {
		if err := await(t, "the end", ends); err == nil {
			t.Error("it ends well though it was cut")
		}
	}
	if err := s.Together(t.Context(), shop); !errors.Is(err, ErrNotVerified) {
		t.Errorf("after the end: %v", err)
	}
	if err := (&Verified{}).Together(t.Context(), shop); !errors.Is(err, ErrNotVerified) {
		t.Errorf("a right that nobody minted: %v", err)
	}
}

func TestNoNameOrWordGoesInTheClear(t *testing.T) {
	org := newOrganisation(t, 1)
	anna := org.enrol("anna", works)
	_, _, s, _ := meet(t, anna.config(), org.enrol("bo", works).config())
	m := packed(t, s, anna.says(1, journal.AssignmentEdited, journal.Details{Topic: string(record.TopicPlanned), Value: "2026-03-02 14:00"}, org.place("U-1", "u-1")))
	data, err := message.Encode(m)
	if err != nil || strings.Contains(string(data), "14:00") || strings.Contains(string(data), "planned") {
		t.Errorf("the words stand in the message, %v", err)
	}
}

// What has come is said again after a cut, by as many messages as can have been under way; more is somebody who
// keeps this device at work.
func TestTheSameOperationIsNotHeardForEver(t *testing.T) {
	org := newOrganisation(t, 1)
	anna, bo, both := org.enrol("anna", works), org.enrol("bo", works), org.place("U-1", "u-1")
	_, _, s, d := meet(t, anna.config(), bo.config())
	desk := newDesk(both)
	ended := make(chan error, 1)
	go func() { ended <- d.Together(t.Context(), desk.workshop()) }()
	talk := intruder(t, s)
	defer talk.fail()
	talk.must(t, shelf{Items: []shelfItem{{Assignment: "U-1", Had: [][]byte{}}}})
	var theirs shelf
	if err := talk.hear(shelfLimit, talk.timing.item, &theirs); err != nil {
		t.Fatal(err)
	}
	m := packed(t, s, anna.says(1, journal.AssignmentNoted, note, both))
	for range 1 + inFlight {
		var answer operationAck
		talk.must(t, m)
		if err := talk.hear(answerLimit, talk.timing.item, &answer); err != nil || answer.Refused != "" {
			t.Fatalf("within bounds: %q, %v", answer.Refused, err)
		}
	}
	talk.must(t, m)
	if err := await(t, "the end", ended); !errors.Is(err, ErrShare) || len(desk.got) != 1 {
		t.Errorf("it ends with %v, %d kept", err, len(desk.got))
	}
}
