package vault

import (
	"bytes"
	"errors"
	"testing"

	"handslag/vault/record"
)

// stages has a copy wait under name.
func (w *world) stages(name string, c RecordCopy) {
	w.t.Helper()
	must(w.t, w.vault.Update(func(tx *Tx) error { return tx.StageRecord([]byte(name), c) }))
}

func (w *world) unstages(name string, keep bool) {
	w.t.Helper()
	must(w.t, w.vault.Update(func(tx *Tx) error { return tx.Unstage([]byte(name), keep) }))
}

func TestACopyThatWaitsIsSeenByNobodyUntilItsEntryPutsItThere(t *testing.T) {
	w := newWorld(t)
	hidden := func(when string) {
		t.Helper()
		if rows, err := w.vault.Records(RecordFilter{}); err != nil || len(rows) != 0 {
			t.Errorf("%s: %d rows listed, %v", when, len(rows), err)
		}
		if _, err := w.vault.Record(rita); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: the row: %v", when, err)
		}
		if _, err := w.open(w.stamp(opened(rita, ritaS, 1)), rita, morning); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: the part: %v", when, err)
		}
		must(t, w.vault.Whole())
	}
	c := w.copy(rita, ritaS, 1, morning+1)
	w.stages("share", c)
	hidden("while it waits")
	w.reopen()
	w.journal = nil
	hidden("after a restart")
	w.unstages("another share", true)
	hidden("after another's entry")
	for range 2 { // a replay changes nothing
		w.unstages("share", true)
		if _, err := w.open(w.stamp(opened(rita, ritaS, 1)), rita, morning); err != nil {
			t.Errorf("after its entry: %v", err)
		}
	}
	if waiting := w.staged(); waiting != 0 {
		t.Errorf("%d wait", waiting)
	}
	older := w.copy(rita, ritaS, 1, morning)
	older.Source = Source{Device: "hs-x", Name: "Bo"}
	w.stages("older", older)
	w.unstages("older", true)
	if row, err := w.vault.Record(rita); err != nil || row.Source.IsPeer() || w.staged() != 0 {
		t.Errorf("a shorter loan of a colleague's replaces what is there: %+v, %v", row, err)
	}
}

// staged is how many copies wait.
func (w *world) staged() (n int) {
	w.t.Helper()
	must(w.t, w.vault.read(func(tx *Tx) error {
		for key := range tx.view.catalogue.rows {
			if key.kind() == rowStaged {
				n++
			}
		}
		return nil
	}))
	return n
}

func TestWhatWaitsGoesWhereNothingWillFetchIt(t *testing.T) {
	for what, end := range map[string]func(w *world){
		"no entry says that it came": func(w *world) { must(t, w.vault.DropStaged()) },
		"its subject is erased":      func(w *world) { must(t, w.vault.Erase(ritaS)) },
		"an order came before":       func(w *world) { w.unstages("share", false) },
		"it does not open any more": func(w *world) {
			w.overwrite(rowStaged, "share", []byte("rubbish"))
			w.unstages("share", true)
		},
		"it is gone": func(w *world) {
			w.takeAway(rowStaged, "share")
			w.unstages("share", true)
		},
	} {
		w := newWorld(t)
		w.stages("share", w.copy(rita, ritaS, 1, morning))
		w.put(w.copy(bosse, bosseS, 1, morning))
		end(w)
		if n := w.staged(); n != 0 {
			t.Errorf("%s: %d wait", what, n)
		}
		w.reopen()
		w.unstages("share", true)
		if rows, err := w.vault.Records(RecordFilter{}); err != nil || len(rows) != 1 || rows[0].ID != bosse {
			t.Errorf("%s: %d rows, %v", what, len(rows), err)
		}
	}
}

// A copy that waits is sealed under its subject's key, of whatever kind it is, and goes with that.
func TestWhatWaitsEndsWithItsSubject(t *testing.T) {
	for what, stage := range map[string]func(w *world, tx *Tx) error{
		"a record": func(w *world, tx *Tx) error {
			return tx.StageRecord([]byte("share"), w.copy(rita, ritaS, 2, morning))
		},
		"an attachment": func(w *world, tx *Tx) error {
			_, c := w.attach(photo, []byte("ett ord"), func(record.ChunkHash, []byte) error { return nil })
			return tx.StageAttachment([]byte("share"), c)
		},
		"an attachment without its key": func(w *world, tx *Tx) error {
			_, c := w.attach(photo, []byte("ett ord"), func(record.ChunkHash, []byte) error { return nil })
			c.ContentKey = nil
			return tx.StageAttachment([]byte("share"), c)
		},
		"an assignment": func(w *world, tx *Tx) error {
			return tx.StageAssignment([]byte("share"), w.assignment(1))
		},
	} {
		w := newWorld(t)
		w.put(w.copy(rita, ritaS, 1, morning))
		w.put(w.copy(bosse, bosseS, 1, morning))
		must(t, w.vault.Update(func(tx *Tx) error { return stage(w, tx) }))
		must(t, w.vault.Erase(bosseS))
		if n := w.staged(); n != 1 {
			t.Errorf("%s: after another's erasure %d wait", what, n)
		}
		must(t, w.vault.Erase(ritaS))
		if n := w.staged(); n != 0 {
			t.Errorf("%s: %d wait", what, n)
		}
		w.unstages("share", true)
		records, err := w.vault.Records(RecordFilter{})
		must(t, err)
		tasks, err := w.vault.Assignments(AssignmentFilter{})
		must(t, err)
		files, err := w.vault.Attachments("")
		must(t, err)
		if len(records)+len(tasks)+len(files) != 0 {
			t.Errorf("%s: it has come after all", what)
		}
	}
}

// What would not open later is refused before its entry, and stops no replay.
func TestNothingIsStagedThatCouldNotBeKept(t *testing.T) {
	w := newWorld(t)
	good := w.copy(rita, ritaS, 1, morning)
	for what, spoil := range map[string]func(c *RecordCopy){
		"no key":                func(c *RecordCopy) { c.ContentKey = nil },
		"half a key":            func(c *RecordCopy) { c.ContentKey = c.ContentKey[:16] },
		"a seal for another":    func(c *RecordCopy) { c.Sealed, c.Info = bytes.Repeat([]byte{7}, 1168), "info" },
		"no record":             func(c *RecordCopy) { c.Signed = []byte("x") },
		"no loan":               func(c *RecordCopy) { c.Hands = nil },
		"another record's loan": func(c *RecordCopy) { c.Hands = []record.Hand{{Loan: w.loan(bosse, 1, morning)}} },
	} {
		c := good
		spoil(&c)
		if err := w.vault.Update(func(tx *Tx) error { return tx.StageRecord([]byte("share"), c) }); err == nil {
			t.Errorf("%s: it waits", what)
		}
	}
	if n := w.staged(); n != 0 {
		t.Errorf("%d wait", n)
	}
}
