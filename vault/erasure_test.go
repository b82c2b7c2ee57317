package vault

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"handslag/vault/internal/folder"
	"handslag/vault/internal/keybag"
	"handslag/vault/journal"
)

const bosseS = journal.SubjectID("subject-bosse")

func TestAnErasedSubjectIsGoneAndTheOthersStay(t *testing.T) {
	w := newWorld(t)
	w.put(w.copy(rita, ritaS, 1, morning))
	w.put(w.copy("rec-rita-2", ritaS, 1, morning))
	w.put(w.copy(bosse, bosseS, 1, morning))
	rita, err := w.vault.SubjectKey(ritaS)
	must(t, err)
	box := rita.Seal(nil, nil, []byte("payload key"), nil)
	bosseKey, err := w.vault.SubjectKey(bosseS)
	must(t, err)
	other := bosseKey.Seal(nil, nil, []byte("payload key"), nil)

	if err := w.vault.Erase("no subject's id"); err == nil {
		t.Error("a malformed subject is erased")
	}
	must(t, w.vault.Erase(ritaS, "subject-nobody-knows"))
	for _, when := range []string{"at once", "after a restart"} {
		rows, err := w.vault.Records(RecordFilter{})
		if err != nil || len(rows) != 1 || rows[0].ID != bosse {
			t.Errorf("%s: the list: %d rows, %v", when, len(rows), err)
		}
		if _, err := w.vault.Record("rec-rita-2"); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: the erased record: %v", when, err)
		}
		if w.vault.bag.Knows(map[keybag.ID]bool{w.vault.bag.IDOf(ritaS): true}) {
			t.Errorf("%s: the key is there", when)
		}
		if _, err := w.open(w.stamp(opened(bosse, bosseS, 1)), bosse, morning); err != nil {
			t.Errorf("%s: the other's part: %v", when, err)
		}
		key, err := w.vault.SubjectKey(bosseS)
		must(t, err)
		if _, err := key.Open(nil, nil, other, nil); err != nil {
			t.Errorf("%s: the other's payload: %v", when, err)
		}
		w.reopen()
		w.journal = nil // another, with the keys of this unlock
	}
	key, err := w.vault.SubjectKey(ritaS)
	must(t, err)
	if _, err := key.Open(nil, nil, box, nil); err == nil {
		t.Error("a new key opens what the erased one sealed")
	}
	must(t, w.vault.Close())
	if err := w.vault.Erase(ritaS); !errors.Is(err, ErrClosed) {
		t.Errorf("in a locked vault: %v", err)
	}
}

// Erase is called again after a crash, and for subjects that this device never had.
func TestErasingAgainCostsNothing(t *testing.T) {
	p := newPoweredWorld(t)
	p.put(p.copy(rita, ritaS, 1, morning))
	must(t, p.vault.Erase(ritaS))
	calls, mark := p.disk.Calls(), p.vault.Mark()
	for _, subjects := range [][]journal.SubjectID{{ritaS}, {"subject-nobody-knows"}, {}} {
		must(t, p.vault.Erase(subjects...))
	}
	if p.disk.Calls() != calls || p.vault.Mark() != mark {
		t.Errorf("%d calls to the disk", p.disk.Calls()-calls)
	}
}

func TestErasureNeedsNoViewAndNoRoomForIt(t *testing.T) {
	for what, damage := range map[string]func(w *world){
		"a view that is gone": func(w *world) { must(t, os.RemoveAll(filepath.Join(w.dir, folder.View))) },
		"a full disk":         nil,
	} {
		w := newWorld(t)
		w.put(w.copy(rita, ritaS, 1, morning))
		w.put(w.copy(bosse, bosseS, 1, morning))
		if damage != nil {
			must(t, w.vault.Close())
			damage(w)
			v, err := Open(w.dir, passphrase, cheap)
			if !errors.Is(err, ErrView) {
				t.Fatal(err)
			}
			w.vault = v
		} else {
			w.vault.folder.Free = func(string) (uint64, error) { return folder.ViewReserve, nil }
		}
		must(t, w.vault.Erase(ritaS))
		if w.vault.bag.Knows(map[keybag.ID]bool{w.vault.bag.IDOf(ritaS): true}) || !w.vault.bag.Knows(map[keybag.ID]bool{w.vault.bag.IDOf(bosseS): true}) {
			t.Errorf("%s: the wrong keys are there", what)
		}
		if _, err := w.vault.Record(rita); !errors.Is(err, ErrView) {
			t.Errorf("%s: the erased row: %v", what, err)
		}
	}
}

// Whether a keyring that stops answering has taken the new secret, nobody knows. What there is
// stays open; what is new waits until that is known, and no key is lost either way.
func TestAnErasureInDoubtLosesNoKey(t *testing.T) {
	for _, c := range []struct {
		what string
		mend func(w *world, m machine)
	}{
		{"tried again", func(w *world, m machine) { must(t, w.vault.Erase(ritaS)) }},
		{"unlocked anew, and tried again", func(w *world, m machine) { w.reopen(); must(t, w.vault.Erase(ritaS)) }},
		{"the view is reset meanwhile", func(w *world, m machine) {
			must(t, w.vault.ResetView())
			must(t, w.vault.Erase(ritaS))
		}},
	} {
		m := plainMachine()
		w := guardedWorld(t, m, keyring)
		w.put(w.copy(bosse, bosseS, 1, morning))
		key, err := w.vault.SubjectKey(bosseS)
		must(t, err)
		box := key.Seal(nil, nil, []byte("payload key"), nil)
		m.keyring.Away(true)
		if err := w.vault.Erase(ritaS); !errors.Is(err, ErrFactorAway) {
			t.Fatalf("%s: %v", c.what, err)
		}
		if _, err := w.vault.Copy(bosse); err != nil {
			t.Errorf("%s: the other's record: %v", c.what, err)
		}
		if _, err := w.vault.SubjectKey(bosseS); err != nil {
			t.Errorf("%s: the other's key: %v", c.what, err)
		}
		if _, err := w.vault.SubjectKey("subject-new"); !errors.Is(err, ErrFactorAway) {
			t.Errorf("%s: a key that could be lost: %v", c.what, err)
		}
		m.keyring.Away(false)
		c.mend(w, m)
		w.reopen()
		if w.vault.bag.Knows(map[keybag.ID]bool{w.vault.bag.IDOf(ritaS): true}) {
			t.Errorf("%s: the erased key is there", c.what)
		}
		if key, err = w.vault.SubjectKey(bosseS); err != nil {
			t.Fatalf("%s: %v", c.what, err)
		}
		if _, err := key.Open(nil, nil, box, nil); err != nil {
			t.Errorf("%s: the other's key is lost: %v", c.what, err)
		}
	}
}

// A keybag of before an erasure, put back, is one that opens no more: the view is begun anew.
func TestAKeybagOfBeforeTheErasureOpensNoMore(t *testing.T) {
	w := newWorld(t)
	w.put(w.copy(rita, ritaS, 1, morning))
	w.put(w.copy(bosse, bosseS, 1, morning))
	path := filepath.Join(w.dir, folder.Keybag)
	before, err := os.ReadFile(path)
	must(t, err)
	must(t, w.vault.Erase(ritaS))
	must(t, w.vault.Close())
	must(t, os.WriteFile(path, before, folder.FileMode))
	v, err := Open(w.dir, passphrase, cheap)
	if !errors.Is(err, ErrView) || v.bag.Has(v.bag.IDOf(bosseS)) || v.bag.Has(v.bag.IDOf(ritaS)) {
		t.Fatalf("keys are there, %v", err)
	}
	w.vault = v
	must(t, v.ResetView())
}

// The secret in the header promises nothing: whoever copied the whole folder before still opens
// the copy, with the passphrase.
func TestWithTheSecretInTheHeaderAnOldCopyStillOpens(t *testing.T) {
	w := newWorld(t)
	if w.vault.Promise() != PromiseNone {
		t.Errorf("it promises %q", w.vault.Promise())
	}
	w.put(w.copy(rita, ritaS, 1, morning))
	must(t, w.vault.Close())
	old := filepath.Join(t.TempDir(), "copy")
	must(t, os.CopyFS(old, os.DirFS(w.dir)))
	v, err := Open(w.dir, passphrase, cheap)
	must(t, err)
	w.vault = v
	must(t, v.Erase(ritaS))
	mark := v.Mark()
	copied, err := Open(old, passphrase, cheap)
	must(t, err)
	defer copied.Close()
	if row, err := copied.Record(rita); err != nil || row.ID != rita {
		t.Errorf("the copy: %v", err)
	}
	if err := copied.CheckMark(mark); !errors.Is(err, ErrOlder) {
		t.Errorf("the copy in the vault's place: %v", err)
	}
}

func TestADestroyedSubjectKeyEndsItsRows(t *testing.T) {
	w := newWorld(t)
	w.put(w.copy(rita, ritaS, 1, morning))
	w.put(w.copy("rec-bosse", "subject-bosse", 1, morning))
	bag := w.vault.bag
	must(t, bag.Rekey(bytes.Clone(bag.Log.Key), map[keybag.ID]bool{bag.IDOf(ritaS): true}, func() error { return nil }))
	w.reopen()
	if _, err := w.vault.Record(rita); !errors.Is(err, ErrView) {
		t.Errorf("it still opens: %v", err)
	}
	if rows, _ := w.vault.Records(RecordFilter{}); len(rows) != 1 {
		t.Errorf("%d rows", len(rows))
	}
}

// A record that was prepared before an erasure which could not write the view opens no more, and no
// new key is made for whom it was about.
func TestWhatIsPreparedMakesNoKeyForTheErased(t *testing.T) {
	w := newWorld(t)
	w.put(w.copy(rita, ritaS, 1, morning))
	p, err := w.vault.Prepare(rita)
	must(t, err)
	stamp := w.stamp(opened(rita, ritaS, 1))
	w.vault.folder.Free = func(string) (uint64, error) { return folder.ViewReserve, nil }
	must(t, w.vault.Erase(ritaS))
	if part, err := p.OpenPart(stamp, morning); err == nil || part.Fields != nil {
		t.Errorf("it opens: %v", err)
	}
	if w.vault.bag.Knows(map[keybag.ID]bool{w.vault.bag.IDOf(ritaS): true}) {
		t.Error("there is a key for her again")
	}
}

// Where the view can not be written to, the erased one's text goes from memory all the same, at once.
func TestAnErasedPersonIsNotInTheListsMemoryWhereTheViewCanNotBeWritten(t *testing.T) {
	for what, fresh := range map[string]bool{"listed since long": false, "just come": true} {
		w := newWorld(t)
		w.put(w.copy(rita, ritaS, 1, morning))
		w.putAssignment(w.assignment(1))
		w.put(w.copy(bosse, bosseS, 1, morning))
		if !fresh {
			_ = titles(t, w.vault, RecordFilter{})
		}
		l := w.vault.view.list
		texts := [][]byte{l.cards.text}
		for _, c := range l.fresh {
			texts = append(texts, c.text)
		}
		for _, task := range l.tasks {
			texts = append(texts, task.text)
		}
		said := func() (times int) {
			for _, text := range texts {
				times += bytes.Count(text, []byte("planterad"))
			}
			return times
		}
		before := said()
		w.vault.folder.Free = func(string) (uint64, error) { return folder.ViewReserve, nil }
		must(t, w.vault.Erase(ritaS))
		if after := said(); before != 3 || after != 1 { // the other's card says it too
			t.Errorf("%s: said %d times before and %d times after", what, before, after)
		}
		if err := w.vault.Whole(); !errors.Is(err, ErrView) {
			t.Errorf("%s: what could not be removed is not named: %v", what, err)
		}
		w.vault.folder.Free = w.vault.folder.Disk.Free
		rows, err := w.vault.Records(RecordFilter{Text: "planterad"})
		if len(rows) != 1 || rows[0].ID != bosse {
			t.Errorf("%s: %d rows found, %v", what, len(rows), err)
		}
		if _, err := w.vault.MendView(); err != nil {
			t.Error(err)
		}
		must(t, w.vault.Whole())
	}
}
