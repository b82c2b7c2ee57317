package vault

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/dgraph-io/badger/v4"

	"handslag/identity/signed"
	"handslag/vault/journal"
	"handslag/vault/record"
)

func titles(t testing.TB, v *Vault, f RecordFilter) (all []string) {
	t.Helper()
	rows, err := v.Records(f)
	must(t, err)
	for _, row := range rows {
		all = append(all, row.Card.Title)
	}
	return all
}

// named is a record whose card has a title of its own.
func (w *world) named(id journal.RecordID, number uint64, title string) RecordCopy {
	w.t.Helper()
	p := inhabitant(1)
	p.id, p.subject, p.card = id, journal.SubjectID("s-"+id), record.Card{Title: title}
	cipher, hash, key, err := record.SealProtected(w.org, p.id, number, p.part)
	must(w.t, err)
	data, err := record.Record{Version: 1, Org: w.org, ID: p.id, Number: number, Subject: p.subject, Kind: "person", Unit: p.unit,
		Card: p.card, Cipher: hash, Issued: morning}.WithKey(key).Sign(w.issuing)
	must(w.t, err)
	return RecordCopy{Signed: data, Cipher: cipher, ContentKey: key, Hands: []record.Hand{{Loan: w.loan(p.id, number, morning+signed.Time(number))}}}
}

func TestTheListFollowsWhatIsCommittedAndNothingElse(t *testing.T) {
	w := newWorld(t)
	holds := func(when string, want ...string) {
		t.Helper()
		for range 2 {
			if got := titles(t, w.vault, RecordFilter{}); !slices.Equal(got, want) {
				t.Errorf("%s: %q", when, got)
			}
			w.reopen() // made anew it is the same
		}
	}
	for n, title := range []string{"Örjan", "anna", "Bo Ek", "Bo"} {
		w.put(w.named(journal.RecordID(fmt.Sprintf("r-%d", n)), 1, title))
	}
	_ = titles(t, w.vault, RecordFilter{})
	w.put(w.named("r-c", 1, "Cecilia"))
	w.put(w.named("r-c", 2, "Cissi"))
	holds("by title", "anna", "Bo", "Bo Ek", "Cissi", "Örjan")
	failed := errors.New("no")
	err := w.vault.Update(func(tx *Tx) error {
		_, err := tx.PutRecord(w.named("r-d", 1, "David"))
		return errors.Join(err, tx.RemoveRecord("r-c"), failed)
	})
	if !errors.Is(err, failed) {
		t.Fatal(err)
	}
	holds("after a transaction that failed", "anna", "Bo", "Bo Ek", "Cissi", "Örjan")
	must(t, w.vault.Update(func(tx *Tx) error {
		_, err := tx.PutRecord(w.named("r-d", 1, "David"))
		return errors.Join(err, tx.RemoveRecord("r-d"), tx.RemoveRecord("r-c"))
	}))
	holds("put and taken away in one", "anna", "Bo", "Bo Ek", "Örjan")
	must(t, w.vault.Update(func(tx *Tx) error {
		_, err := tx.PutRecord(w.named("r-c", 3, "Cajsa"))
		return errors.Join(tx.RemoveRecord("r-c"), err)
	}))
	if got := titles(t, w.vault, RecordFilter{Text: "c"}); len(got) != 0 {
		t.Errorf("put and taken away in one: %q", got)
	}
	ended, err := w.vault.Expired(morning + 2)
	if err != nil || len(ended) != 4 {
		t.Errorf("%d have ended, %v", len(ended), err)
	}
	must(t, w.vault.ResetView())
	holds("after a reset")
}

func TestARecordsAssignmentsAreFoundByIt(t *testing.T) {
	w := newWorld(t)
	w.put(w.copy(rita, ritaS, 1, morning))
	w.put(w.copy("rec-bosse", "subject-bosse", 1, morning))
	for range 2 { // the same again, as a later sync brings it
		w.putAssignment(w.assignment(1))
	}
	for range 2 {
		row, err := w.vault.Record(rita)
		if err != nil || !slices.Equal(row.Assignments, []journal.AssignmentID{lamp}) {
			t.Errorf("of the record: %v, %v", row.Assignments, err)
		}
		rows, err := w.vault.Records(RecordFilter{Text: "rita"})
		if err != nil || len(rows) != 2 || len(rows[0].Assignments)+len(rows[1].Assignments) != 1 {
			t.Errorf("of the list: %+v, %v", rows, err)
		}
		for record, want := range map[journal.RecordID]int{rita: 1, "rec-bosse": 0, "": 1} {
			if tasks, err := w.vault.Assignments(AssignmentFilter{Record: record}); err != nil || len(tasks) != want {
				t.Errorf("at %q: %d, %v", record, len(tasks), err)
			}
		}
		w.reopen()
	}
	elsewhere, err := record.Assignment{Version: 1, Org: w.org, ID: lamp, Number: 2, Record: "rec-bosse", Subject: "subject-bosse", Unit: "u1",
		Title: "Byt lampa", Issued: morning}.Sign(w.issuing)
	must(t, err)
	w.putAssignment(AssignmentCopy{Signed: elsewhere})
	if row, err := w.vault.Record(rita); err != nil || len(row.Assignments) != 0 {
		t.Errorf("it moved, and the first record still says %v, %v", row.Assignments, err)
	}
	must(t, w.vault.Update(func(tx *Tx) error { return tx.RemoveAssignment(lamp) }))
	if row, err := w.vault.Record("rec-bosse"); err != nil || len(row.Assignments) != 0 {
		t.Errorf("it is gone, and the record still says %v, %v", row.Assignments, err)
	}
}

func TestRowsThatDoNotOpenAtUnlockAreNamedUntilTheyComeAnew(t *testing.T) {
	w := newWorld(t)
	w.put(w.copy(rita, ritaS, 1, morning))
	w.put(w.copy("rec-bosse", "subject-bosse", 1, morning))
	w.putAssignment(w.assignment(1))
	must(t, w.vault.Whole())
	w.overwrite(rowCard, string(rita), []byte("rubbish"))
	w.reopen()
	if err := w.vault.Whole(); !errors.Is(err, ErrView) {
		t.Errorf("a damaged card: %v", err)
	}
	if rows, err := w.vault.Records(RecordFilter{}); !errors.Is(err, ErrView) || len(rows) != 1 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	if tasks, err := w.vault.Assignments(AssignmentFilter{}); err != nil || len(tasks) != 1 {
		t.Errorf("assignments, which are whole: %d, %v", len(tasks), err)
	}
	w.put(w.copy(rita, ritaS, 1, morning))
	must(t, w.vault.Whole())
	w.overwrite(rowAssignment, string(lamp), []byte("rubbish"))
	w.reopen()
	if err := w.vault.Whole(); !errors.Is(err, ErrView) {
		t.Errorf("a damaged assignment: %v", err)
	}
	must(t, w.vault.Update(func(tx *Tx) error { return tx.RemoveAssignment(lamp) }))
	must(t, w.vault.Whole())
	for what, damage := range map[string]func(){
		"a card is missing": func() { w.takeAway(rowCard, string(rita)) },
		"a card came back":  func() { w.overwrite(rowCard, "rec-none", w.raw(rowCard, "rec-bosse")) },
		"a key is nobody's": func() {
			must(t, w.vault.view.db.Update(func(txn *badger.Txn) error { return txn.Set([]byte("c, but no row's key"), nil) }))
		},
		"an assignment is missing": func() { w.putAssignment(w.assignment(1)); w.takeAway(rowAssignment, string(lamp)) },
	} {
		w.put(w.copy(rita, ritaS, 1, morning))
		damage()
		w.reopen()
		if err := w.vault.Whole(); !errors.Is(err, ErrView) {
			t.Errorf("%s: %v", what, err)
		}
		if n, err := w.vault.MendView(); err != nil || n == 0 {
			t.Errorf("%s: %d rows mended, %v", what, n, err)
		}
		if err := w.vault.Whole(); err != nil {
			t.Errorf("%s, and was mended: %v", what, err)
		}
	}
}

func TestLockingWipesTheList(t *testing.T) {
	w := newWorld(t)
	w.put(w.copy(rita, ritaS, 1, morning))
	w.reopen()
	w.put(w.copy("rec-bosse", "subject-bosse", 1, morning))
	w.putAssignment(w.assignment(1))
	l := w.vault.view.list
	texts := [][]byte{l.cards.text}
	for _, c := range l.fresh {
		texts = append(texts, c.text)
	}
	for _, task := range l.tasks {
		texts = append(texts, task.text)
	}
	for n, want := range []string{"rita planterad", "rita planterad", "byt planterad lampa"} {
		if len(texts) != 3 || !bytes.Contains(texts[n], []byte(want)) {
			t.Fatalf("the list holds %q", texts)
		}
	}
	must(t, w.vault.Close())
	for _, text := range texts {
		if len(bytes.Trim(text, "\x00")) > 0 {
			t.Errorf("after the lock it still says %q", text)
		}
	}
}
