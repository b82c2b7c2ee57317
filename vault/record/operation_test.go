package record_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/identity/signed/signedtest"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// kept is an operation of device 3 as it is kept; spoil may alter its entry before it is signed.
func kept(t testing.TB, kind journal.Kind, words journal.Details, spoil ...func(*journal.Entry)) record.Said {
	t.Helper()
	payload := journal.Payload{Version: 1, Salt: make([]byte, 32), Details: words}
	commit, err := payload.Commit()
	if err != nil {
		t.Fatal(err)
	}
	e := journal.Entry{Version: 1, Device: device(t, 3), Generation: 1, Seq: 2, Prev: make([]byte, 32), Kind: kind, Clock: now, Payload: commit,
		Subject: "s-1", Record: "r-1", Assignment: "U-1042", AssignmentVersion: 1, Heads: [][]byte{bytes.Repeat([]byte{4}, 32)}}
	e.Prev[0] = 1
	if kind == journal.AssignmentDone {
		e.Signature = sign(t, signed.DomainWork, 3, record.Work{Version: 1, Org: org(t), Assignment: "U-1042", Number: 1, Content: make([]byte, 32),
			Device: device(t, 3), State: record.StateOf(nil)})
	}
	for _, f := range spoil {
		f(&e)
	}
	raw, err := e.Sign(func(c signed.Content) ([]byte, error) { return c.Sign(signedtest.Key(t, 3)) })
	if err != nil {
		t.Fatal(err)
	}
	return record.Said{Entry: raw, Payload: payload, Person: identity.Person{ID: "p-bo", Username: "bo.ek", First: "Bo", Last: "Ek"}, Order: 7}
}

func encoded(t testing.TB, said record.Said) []byte {
	t.Helper()
	data, err := signed.Encode(said)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

var edit = journal.Details{Topic: "point/Kallvatten", Value: "8,5"}

func TestAnOperationIsItsWritersOwnEntry(t *testing.T) {
	said := kept(t, journal.AssignmentEdited, edit)
	signedtest.Golden(t, "said", encoded(t, said))
	o, err := said.Open(signedtest.Key(t, 3).Public())
	if err != nil || o.Topic != record.PointTopic("Kallvatten") || o.Value != "8,5" || o.Device != device(t, 3) || len(o.Heads) != 1 || o.Order != 7 || o.At != now {
		t.Fatalf("%+v, %v", o, err)
	}
	if _, err := said.Open(signedtest.Key(t, 5).Public()); err == nil {
		t.Error("it opens under another's key")
	}
	done := kept(t, journal.AssignmentDone, journal.Details{Note: "Klart."})
	if o, err := done.Open(signedtest.Key(t, 3).Public()); err != nil || o.Topic != record.TopicDone || !bytes.Equal(o.State, record.StateOf(nil)) {
		t.Errorf("a signature: %+v, %v", o, err)
	}
	for what, said := range map[string]record.Said{
		"other words":           {Entry: said.Entry, Payload: kept(t, journal.AssignmentEdited, journal.Details{Topic: "point/Kallvatten", Value: "9"}).Payload},
		"no words":              {Entry: said.Entry},
		"of no assignment":      kept(t, journal.AssignmentEdited, edit, func(e *journal.Entry) { e.Assignment = "" }),
		"of no version":         kept(t, journal.AssignmentEdited, edit, func(e *journal.Entry) { e.AssignmentVersion = 0 }),
		"of another kind":       kept(t, journal.RecordOpened, edit),
		"an edit without field": kept(t, journal.AssignmentEdited, journal.Details{Value: "x"}),
		"a signature unsigned":  kept(t, journal.AssignmentDone, journal.Details{Note: "Klart."}, func(e *journal.Entry) { e.Signature = nil }),
		"a signature of more": kept(t, journal.AssignmentDone, journal.Details{Note: "Klart."}, func(e *journal.Entry) {
			e.AssignmentVersion = 2
		}),
		"a signature of another assignment": kept(t, journal.AssignmentDone, journal.Details{Note: "Klart."}, func(e *journal.Entry) {
			e.Assignment = "U-1043"
		}),
		"a signature of another's": kept(t, journal.AssignmentDone, journal.Details{Note: "Klart."}, func(e *journal.Entry) {
			e.Signature = sign(t, signed.DomainWork, 5, record.Work{Version: 1, Org: org(t), Assignment: "U-1042", Number: 1, Content: make([]byte, 32), Device: device(t, 5), State: record.StateOf(nil)})
		}),
	} {
		if _, err := said.Open(signedtest.Key(t, 3).Public()); err == nil {
			t.Errorf("an operation with %s opens", what)
		}
	}
}

func TestWhatMayBeSaidAboutWhat(t *testing.T) {
	for _, c := range []struct {
		topic record.Topic
		value string
		ok    bool
	}{
		{record.TopicStatus, record.StatusBegun, true}, {record.TopicStatus, "perhaps", false}, {record.TopicStatus, "", false},
		{record.TopicPlanned, "2026-03-02 14:00", true}, {record.TopicPlanned, "", true}, {record.TopicPlanned, "2026-3-2 14:00", false}, {record.TopicPlanned, "2026-02-30 14:00", false},
		{record.TopicNote, "Nyckeln hänger i porten.\nAndra raden.", true}, {record.TopicNote, " ", false}, {record.TopicNote, strings.Repeat("a", record.OperationNote+1), false}, {record.TopicNote, "\xff", false},
		{record.TopicDone, "", true}, {record.TopicDone, strings.Repeat("a", record.OperationNote+1), false},
		{record.PointTopic("Kallvatten"), "8,5 °C", true}, {record.PointTopic("Kallvatten"), "", true}, {record.PointTopic("Kallvatten"), "a\nb", false},
		{record.PointTopic("Kallvatten"), strings.Repeat("a", record.OperationValue+1), false}, {record.PointTopic(""), "x", false},
		{record.PointTopic(" x"), "x", false}, {record.PointTopic(strings.Repeat("a", 81)), "x", false}, {record.PointTopic("a\x07"), "x", false},
		{"wish", "x", false}, {"", "x", false},
	} {
		if err := record.CheckValue(c.topic, c.value); (err == nil) != c.ok || err != nil && !errors.Is(err, record.ErrOperation) && !errors.Is(err, record.ErrAssignment) {
			t.Errorf("%q %.20q: %v", c.topic, c.value, err)
		}
	}
	for what, points := range map[string][]record.Point{
		"a point twice": {{Name: "a"}, {Name: "a", Unit: "m"}}, "a point without name": {{}}, "a unit of two lines": {{Name: "a", Unit: "m\ns"}},
		"points without end": make([]record.Point, 41), "a unit without end": {{Name: "a", Unit: strings.Repeat("m", 81)}},
	} {
		a := anAssignment(t)
		a.Points = points
		if err := a.Check(); !errors.Is(err, record.ErrAssignment) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// What was signed is shown with the signature, and nothing else is.
func TestEvidenceShowsWhatWasSeen(t *testing.T) {
	var e record.Evidence
	if err := signed.Decode(evidence(t), record.EvidenceLimit, &e); err != nil {
		t.Fatal(err)
	}
	said := kept(t, journal.AssignmentEdited, edit)
	o, _ := said.Read()
	var w record.Work
	if err := signed.Unverified(e.Work, record.WorkLimit, &w); err != nil {
		t.Fatal(err)
	}
	w.State = record.StateOf([]journal.Hash{o.Hash})
	e.Work = sign(t, signed.DomainWork, 3, w)
	check := func(seen ...record.Said) (record.Finding, error) {
		e.Seen = seen
		data, err := signed.Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		return record.OpenEvidence(data, org(t))
	}
	if f, err := check(said); err != nil || len(f.Seen) != 1 || f.Seen[0].Value != "8,5" {
		t.Errorf("%+v, %v", f.Seen, err)
	}
	for what, seen := range map[string][]record.Said{
		"nothing":              nil,
		"something else":       {kept(t, journal.AssignmentNoted, journal.Details{Note: "annat"})},
		"something more":       {said, kept(t, journal.AssignmentNoted, journal.Details{Note: "annat"})},
		"another assignment's": {kept(t, journal.AssignmentEdited, edit, func(e *journal.Entry) { e.Assignment = "U-1" })},
	} {
		if _, err := check(seen...); !errors.Is(err, record.ErrWork) {
			t.Errorf("a signature shown with %s: %v", what, err)
		}
	}
}

func FuzzReadSaid(f *testing.F) {
	f.Add(signedtest.Load(f, "said"))
	f.Add(encoded(f, kept(f, journal.AssignmentDone, journal.Details{Note: "Klart."})))
	f.Add([]byte{0x84, 0x40, 0x83, 0, 0x40, 0xa0, 0xa0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		var said record.Said
		if signed.Decode(data, 64<<10, &said) != nil {
			return
		}
		o, err := said.Read()
		if err != nil {
			return
		}
		if record.CheckValue(o.Topic, o.Value) != nil || o.Assignment == "" || len(o.Heads) > record.MaxHeads {
			t.Fatalf("it reads, and is not well formed: %+v", o)
		}
		if s := record.Merge([]record.Operation{o, o}); len(s.Topics)+len(s.Notes)+len(s.Signatures) != 1 {
			t.Fatalf("it stands %+v", s)
		}
	})
}
