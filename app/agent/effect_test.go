package agent

import (
	"fmt"
	"sync"
	"testing"

	"handslag/identity/signed"
	"handslag/vault"
	"handslag/vault/journal"
)

// position is how far the view has applied the journal, and how far that goes.
func (a *Agent) position(t *testing.T) (view vault.Position, chain journal.Chain) {
	t.Helper()
	s, err := a.current()
	ok(t, err)
	view, err = s.vault.Position()
	ok(t, err)
	return view, s.journal.Chain()
}

func TestAnOpeningWaitsForNoOtherSyncOfTheDiskThanItsOwn(t *testing.T) {
	h := newHouse(t)
	anna := h.enrolled("anna.lind")
	anna.sync()
	before, _ := anna.position(t)
	for range 3 {
		_, err := anna.Open(t.Context(), "r-maj", Reason{Text: "ringde"})
		ok(t, err)
		ok(t, anna.CloseRecord(t.Context(), "r-maj"))
	}
	after, chain := anna.position(t)
	if after != before || chain.Last != before.Seq+6 {
		t.Fatalf("the view went from %+v to %+v, the journal to %d", before, after, chain.Last)
	}
	ok(t, anna.Lock())
	ok(t, anna.Unlock(t.Context(), passphrase))
	if view, chain := anna.position(t); view.Seq+1 < chain.Last { // the unlock itself may wait
		t.Errorf("after a lock the view stands at %d of %d", view.Seq, chain.Last)
	}
}

func TestWhatAKillTookFromMemoryTheJournalBringsBack(t *testing.T) {
	h := newHouse(t)
	anna := h.enrolled("anna.lind")
	anna.sync()
	_, err := anna.Open(t.Context(), "r-maj", Reason{Text: "ringde"})
	ok(t, err)
	if card, err := anna.Record(t.Context(), "r-maj"); err != nil || card.Newer {
		t.Fatalf("just opened: %+v %v", card, err)
	}
	if view, chain := anna.position(t); view.Seq == chain.Last {
		t.Fatal("nothing waits, so this tests nothing")
	}
	anna.die()
	ok(t, anna.Unlock(t.Context(), passphrase))
	if view, chain := anna.position(t); view.Seq+1 < chain.Last {
		t.Errorf("the view stands at %d of %d", view.Seq, chain.Last)
	}
	s, err := anna.current()
	ok(t, err)
	clear(s.seen) // and so it does not say it
	if n := s.lastOpened("r-maj"); n != 1 {
		t.Errorf("the view says that version %d was opened", n)
	}
}

func TestManyDeedsAtOnceChangeTheViewInTheirOrder(t *testing.T) {
	f := newFar(t)
	const n = 24
	for i := range n {
		f.addRecord(journal.RecordID(fmt.Sprintf("r%d", i+2)), journal.SubjectID(fmt.Sprintf("s%d", i+2)), "Akt", "070")
	}
	p := f.phone().enrolled().synced()
	s, err := p.current()
	ok(t, err)
	var all sync.WaitGroup
	for i := range n {
		id := journal.RecordID(fmt.Sprintf("r%d", i+2))
		all.Go(func() {
			if _, err := p.Open(t.Context(), id, Reason{Text: "ringde"}); err != nil {
				t.Errorf("%s: %v", id, err)
			}
			var order []uint64
			_, err := s.say(line{
				entry:  journal.Entry{Kind: journal.RecordFetched, Record: id, RecordVersion: 1, Until: signed.At(morning)},
				effect: func(tx *vault.Tx) error { order = append(order, s.at.Seq); return nil },
			})
			if err != nil || len(order) != 1 {
				t.Errorf("%s: %v, its effect came %d times", id, err, len(order))
			}
			if err := p.CloseRecord(t.Context(), id); err != nil {
				t.Errorf("%s: %v", id, err)
			}
		})
	}
	all.Wait()
	ok(t, s.settleView())
	if view, chain := p.position(t); view.Seq != chain.Last || len(s.waiting) != 0 {
		t.Errorf("the view stands at %d of %d, %d wait", view.Seq, chain.Last, len(s.waiting))
	}
	p.synced()
}
