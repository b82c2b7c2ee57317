package vault

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
	"handslag/vault/record"
)

const lamp = journal.AssignmentID("asg-lamp")

// does is an operation on the lamp, as its writer's journal has it.
func (w *world) does(seq uint64, kind journal.Kind, words journal.Details) Work {
	w.t.Helper()
	return w.doesOn(lamp, 2, seq, kind, words)
}

func (w *world) doesOn(id journal.AssignmentID, number, seq uint64, kind journal.Kind, words journal.Details) Work {
	w.t.Helper()
	payload := journal.Payload{Version: 1, Salt: bytes.Repeat([]byte{byte(seq)}, 32), Details: words}
	commit, err := payload.Commit()
	must(w.t, err)
	e := journal.Entry{Version: 1, Device: w.device(), Generation: 1, Seq: seq, Prev: make([]byte, 32), Kind: kind, Clock: morning,
		Assignment: id, AssignmentVersion: number, Payload: commit}
	if seq > 1 {
		e.Prev[0] = byte(seq)
	}
	if kind == journal.AssignmentDone {
		e.Signature, err = w.keys.Sign(signed.DomainWork, record.Work{Version: 1, Org: w.org, Assignment: id, Number: number, Content: make([]byte, 32),
			Device: w.device(), State: record.StateOf(nil)})
		must(w.t, err)
	}
	raw, err := e.Sign(w.keys.SignContent)
	must(w.t, err)
	return Work{Said: record.Said{Entry: raw, Payload: payload, Person: identity.Person{ID: "p1", First: "Anna"}}}
}

func (w *world) assignment(number uint64) AssignmentCopy {
	w.t.Helper()
	data, err := record.Assignment{Version: 1, Org: w.org, ID: lamp, Number: number, Record: rita, Subject: ritaS, Unit: "u1",
		People: []identity.PersonID{"p1"}, Title: "Byt planterad lampa", Due: "2026-03-02", Issued: morning}.Sign(w.issuing)
	must(w.t, err)
	return AssignmentCopy{Signed: data}
}

func (w *world) putAssignment(c AssignmentCopy) (kept bool) {
	w.t.Helper()
	must(w.t, w.vault.Update(func(tx *Tx) (err error) {
		kept, err = tx.PutAssignment(c)
		return err
	}))
	return kept
}

func TestWorkOnAnAssignmentUntilItIsConfirmed(t *testing.T) {
	w := newWorld(t)
	if !w.putAssignment(w.assignment(2)) || w.putAssignment(w.assignment(1)) {
		t.Fatal("the newer version does not stay")
	}
	work := w.does(2, journal.AssignmentDone, journal.Details{Note: "Planterad anteckning"})
	for range 2 { // a replay changes nothing
		must(t, w.vault.Update(func(tx *Tx) error { return tx.PutWork(lamp, work) }))
	}
	must(t, w.vault.Update(func(tx *Tx) error {
		return tx.PutWork(lamp, w.does(3, journal.AssignmentNoted, journal.Details{Note: "mer"}))
	}))
	if !w.putAssignment(w.assignment(3)) {
		t.Fatal("a newer version does not come down")
	}
	w.reopen()
	row, err := w.vault.Assignment(lamp)
	must(t, err)
	if ops := row.Operations(); !row.Done() || len(ops) != 2 || ops[0].Number != 2 || row.Number != 3 || row.Work[0].Confirmed {
		t.Fatalf("done, signed version 2 of 3, not confirmed: %+v", row)
	}
	entry := journal.HashOf(work.Said.Entry)
	must(t, w.vault.Update(func(tx *Tx) error {
		return errors.Join(tx.ConfirmWork(lamp, entry), tx.ConfirmWork(lamp, journal.Hash{}), tx.ConfirmWork("asg-none", entry))
	}))
	settled := w.assignment(3) // the same operation comes down, with its order
	settled.Work = []record.Said{work.Said}
	settled.Work[0].Order = 5
	w.putAssignment(settled)
	must(t, w.vault.Update(func(tx *Tx) error { return tx.PutWork(lamp, work) })) // replayed after it was confirmed
	if row, err = w.vault.Assignment(lamp); err != nil || len(row.Work) != 2 || !row.Work[0].Confirmed || row.Work[1].Confirmed || row.Operations()[0].Order != 5 {
		t.Errorf("confirmed: %+v, %v", row.Work, err)
	}
	for what, c := range map[string]struct {
		filter AssignmentFilter
		want   int
	}{
		"all":            {AssignmentFilter{}, 1},
		"of the record":  {AssignmentFilter{Record: rita}, 1},
		"Anna's there":   {AssignmentFilter{Record: rita, Person: "p1"}, 1},
		"Bo's":           {AssignmentFilter{Person: "p2"}, 0},
		"another record": {AssignmentFilter{Record: "rec-other"}, 0},
	} {
		if rows, err := w.vault.Assignments(c.filter); err != nil || len(rows) != c.want {
			t.Errorf("%s: %d, %v", what, len(rows), err)
		}
	}
	must(t, w.vault.Update(func(tx *Tx) error { return tx.RemoveAssignment(lamp) }))
	if _, err := w.vault.Assignment(lamp); !errors.Is(err, ErrNotFound) {
		t.Errorf("a removed assignment: %v", err)
	}
	if err := w.vault.Update(func(tx *Tx) error { return tx.PutWork(lamp, work) }); !errors.Is(err, ErrNotFound) {
		t.Errorf("work on it: %v", err)
	}
}

func TestMalformedAssignmentsAndWorkAreRefused(t *testing.T) {
	w := newWorld(t)
	if err := w.vault.Update(func(tx *Tx) error { _, err := tx.PutAssignment(AssignmentCopy{Signed: []byte{1}}); return err }); err == nil {
		t.Error("an assignment of rubbish is taken")
	}
	w.putAssignment(w.assignment(2))
	for what, spoil := range map[string]func(*Work){
		"of no entry":            func(work *Work) { work.Said.Entry = []byte("short") },
		"with other words":       func(work *Work) { work.Said.Payload.Details.Note = "annat" },
		"without words":          func(work *Work) { work.Said.Payload = journal.Payload{} },
		"of an entry of its own": func(work *Work) { *work = w.does(4, journal.RecordOpened, journal.Details{Note: "x"}) },
		"a note of nothing":      func(work *Work) { *work = w.does(4, journal.AssignmentNoted, journal.Details{}) },
		"about no field": func(work *Work) {
			*work = w.does(4, journal.AssignmentEdited, journal.Details{Topic: "wish", Value: "x"})
		},
		"a note that is an edit": func(work *Work) {
			*work = w.does(4, journal.AssignmentEdited, journal.Details{Topic: "note", Value: "x"})
		},
		"a status that is nothing": func(work *Work) {
			*work = w.does(4, journal.AssignmentEdited, journal.Details{Topic: "status", Value: "x"})
		},
	} {
		work := w.does(3, journal.AssignmentNoted, journal.Details{Note: "ett"})
		spoil(&work)
		if err := w.vault.Update(func(tx *Tx) error { return tx.PutWork(lamp, work) }); err == nil {
			t.Errorf("work %s is taken", what)
		}
	}
	elsewhere := w.does(3, journal.AssignmentNoted, journal.Details{Note: "ett"})
	if err := w.vault.Update(func(tx *Tx) error { return tx.PutWork("asg-other", elsewhere) }); !errors.Is(err, record.ErrOperation) {
		t.Errorf("work on another assignment: %v", err)
	}
	err := w.vault.Update(func(tx *Tx) error {
		for i := range uint64(record.Operations + 1) {
			if err := tx.PutWork(lamp, w.does(i+1, journal.AssignmentNoted, journal.Details{Note: "ett"})); err != nil {
				return err
			}
		}
		return nil
	})
	if !errors.Is(err, ErrTooLarge) {
		t.Errorf("endless work: %v", err)
	}
}

func TestAssignmentsComeInTheOrderOfTheDayAndInPages(t *testing.T) {
	w := newWorld(t)
	add := func(id journal.AssignmentID, number uint64, title, due string, signed uint64, people ...identity.PersonID) {
		t.Helper()
		data, err := record.Assignment{Version: 1, Org: w.org, ID: id, Number: number, Record: rita, Subject: ritaS, Unit: "u1",
			People: people, Title: title, Due: due, Issued: morning}.Sign(w.issuing)
		must(t, err)
		c := AssignmentCopy{Signed: data}
		if signed > 0 {
			c.Work = []record.Said{w.doesOn(id, signed, 9, journal.AssignmentDone, journal.Details{}).Said}
			c.Work[0].Order = 1
		}
		w.putAssignment(c)
	}
	work := func(id journal.AssignmentID, seq uint64, kind journal.Kind, words journal.Details) {
		must(t, w.vault.Update(func(tx *Tx) error { return tx.PutWork(id, w.doesOn(id, 1, seq, kind, words)) }))
	}
	add("done", 1, "A", "2026-03-01", 1, "p1")
	add("by-me", 1, "B", "2026-03-02", 0, "p1")
	work("by-me", 1, journal.AssignmentDone, journal.Details{})
	work("by-me", 2, journal.AssignmentNoted, journal.Details{Note: "mer"})
	add("later", 1, "C", "2026-03-03", 0, "p1")
	add("some-day", 1, "D", "", 0, "p2")
	add("late", 1, "E", "2026-02-28", 0, "p1")
	add("others", 1, "F", "2026-02-01", 0, "p2")
	add("older", 2, "Kran", "2026-03-02", 1, "p1")
	add("today", 1, "Hiss", "2026-03-02", 0, "p1")
	list := func(f AssignmentFilter) (ids []journal.AssignmentID) {
		t.Helper()
		f.Today, f.First = "2026-03-02", "p1"
		rows, err := w.vault.Assignments(f)
		must(t, err)
		for _, row := range rows {
			ids = append(ids, row.ID)
		}
		return ids
	}
	all := []journal.AssignmentID{"late", "today", "older", "others", "later", "some-day", "done", "by-me"}
	after := func(id journal.AssignmentID) Place {
		row, err := w.vault.Assignment(id)
		must(t, err)
		return row.Place()
	}
	for range 2 {
		for what, c := range map[string]struct {
			filter AssignmentFilter
			want   []journal.AssignmentID
		}{
			"all":              {AssignmentFilter{}, all},
			"the first":        {AssignmentFilter{Limit: 3}, all[:3]},
			"the next":         {AssignmentFilter{After: after("older"), Limit: 3}, all[3:6]},
			"the last":         {AssignmentFilter{After: after("some-day"), Limit: 3}, all[6:]},
			"behind the end":   {AssignmentFilter{After: after("by-me")}, nil},
			"today's":          {AssignmentFilter{When: WhenToday}, all[:4]},
			"later":            {AssignmentFilter{When: WhenLater}, all[4:6]},
			"what is done":     {AssignmentFilter{When: WhenDone}, all[6:]},
			"by a word":        {AssignmentFilter{Text: "KRA older"}, all[2:3]},
			"by words of two":  {AssignmentFilter{Text: "kran hiss"}, nil},
			"a person's":       {AssignmentFilter{Person: "p2"}, []journal.AssignmentID{"others", "some-day"}},
			"another record's": {AssignmentFilter{Record: "rec-none"}, nil},
		} {
			if got := list(c.filter); !slices.Equal(got, c.want) {
				t.Errorf("%s: %v, not %v", what, got, c.want)
			}
		}
		w.reopen() // made anew it is the same
	}
	older := after("older")
	add("older", 3, "Kran", "2026-03-05", 0, "p1")
	add("new", 1, "Aa", "2026-03-02", 0, "p1")
	if got := list(AssignmentFilter{After: older}); !slices.Equal(got, []journal.AssignmentID{"others", "later", "older", "some-day", "done", "by-me"}) {
		t.Errorf("behind one that has moved behind, when another came before it: %v", got)
	}
	add("by-me", 2, "B", "2026-03-02", 0, "p1")
	if got := list(AssignmentFilter{When: WhenDone}); !slices.Equal(got, all[6:7]) {
		t.Errorf("a new version of what was done: %v", got)
	}
	must(t, w.vault.Update(func(tx *Tx) error { return tx.RemoveAssignment("today") }))
	add("today", 1, "Hiss", "2026-03-02", 0, "p1")
	if got := list(AssignmentFilter{Text: "hiss"}); len(got) != 1 {
		t.Errorf("taken away and put again: %v", got)
	}
}

// A page is no shorter for what does not open, so that nobody takes it for the last.
func TestADamagedRowMakesNoPageShorter(t *testing.T) {
	w := street(t, 30)
	all := titles(t, w.vault, RecordFilter{})
	first, err := w.vault.Records(RecordFilter{Limit: 2})
	must(t, err)
	w.overwrite(rowCard, string(first[1].ID), []byte("rubbish"))
	rows, err := w.vault.Records(RecordFilter{Limit: 3})
	if !errors.Is(err, ErrView) || len(rows) != 3 || rows[2].Card.Title != all[3] {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}
