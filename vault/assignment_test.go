package vault

import (
	"bytes"
	"errors"
	"testing"

	"handslag/identity"
	"handslag/vault/journal"
	"handslag/vault/record"
)

const lamp = journal.AssignmentID("asg-lamp")

func (w *world) assignment(number uint64, state AssignmentState) AssignmentCopy {
	w.t.Helper()
	data, err := record.Assignment{Version: 1, Org: w.org, ID: lamp, Number: number, Record: rita, Subject: ritaS, Unit: "u1",
		People: []identity.PersonID{"p1"}, Title: "Byt planterad lampa", Due: "2026-03-02", Issued: morning}.Sign(w.issuing)
	must(w.t, err)
	return AssignmentCopy{Signed: data, State: state}
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
	if !w.putAssignment(w.assignment(2, AssignmentState{})) || w.putAssignment(w.assignment(1, AssignmentState{Done: true})) {
		t.Fatal("the newer version does not stay")
	}
	entry := bytes.Repeat([]byte{7}, 32)
	work := Work{Entry: entry, Done: true, Note: "Planterad anteckning", Signature: []byte("signature"), Number: 2, At: morning}
	for range 2 { // a replay changes nothing
		must(t, w.vault.Update(func(tx *Tx) error { return tx.PutWork(lamp, work) }))
	}
	must(t, w.vault.Update(func(tx *Tx) error { return tx.PutWork(lamp, Work{Entry: bytes.Repeat([]byte{8}, 32), Note: "mer"}) }))
	if !w.putAssignment(w.assignment(3, AssignmentState{})) {
		t.Fatal("a newer version does not come down")
	}
	w.reopen()
	row, err := w.vault.Assignment(lamp)
	must(t, err)
	if !row.Done() || len(row.Work) != 2 || row.Work[0].Number != 2 || row.Number != 3 || row.Work[0].Confirmed {
		t.Fatalf("done, signed version 2 of 3, not confirmed: %+v", row)
	}
	must(t, w.vault.Update(func(tx *Tx) error {
		return errors.Join(tx.ConfirmWork(lamp, entry), tx.ConfirmWork(lamp, make([]byte, 32)), tx.ConfirmWork("asg-none", entry))
	}))
	must(t, w.vault.Update(func(tx *Tx) error { return tx.PutWork(lamp, work) })) // replayed after it was confirmed
	if row, err = w.vault.Assignment(lamp); err != nil || !row.Work[0].Confirmed || row.Work[1].Confirmed {
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
	w.putAssignment(w.assignment(1, AssignmentState{}))
	if err := w.vault.Update(func(tx *Tx) error { return tx.PutWork(lamp, Work{Entry: []byte("short")}) }); err == nil {
		t.Error("work of no entry is taken")
	}
	err := w.vault.Update(func(tx *Tx) error {
		for i := range maxWork + 1 {
			if err := tx.PutWork(lamp, Work{Entry: bytes.Repeat([]byte{byte(i)}, 32)}); err != nil {
				return err
			}
		}
		return nil
	})
	if !errors.Is(err, ErrTooLarge) {
		t.Errorf("endless work: %v", err)
	}
}
