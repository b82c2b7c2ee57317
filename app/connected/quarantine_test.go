package connected_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"handslag/app/connected/gate"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
)

// works is an entry that the device says and hands in at once.
func (d *device) works() {
	d.h.t.Helper()
	d.hands(d.batch(d.say(journal.Entry{Kind: journal.Unlocked}, nil)))
}

// barred is the list of those whom colleagues are to meet no more, for a device that has the one of that number.
func (d *device) barred(had uint64) identity.Revocations {
	d.h.t.Helper()
	page := must[link.Page](d.h.t)(d.client.Changes(context.Background(), "", link.Had{Statement: 1, Revocations: had}))
	if page.Revocations == nil {
		d.h.t.Fatalf("%s hears of no list after number %d", d.name, had)
	}
	return must[identity.Revocations](d.h.t)(identity.OpenRevocations(page.Revocations, d.h.statement.Org(), d.h.statement.Issuing))
}

func (d *device) refusal() link.Code {
	_, err := d.client.Changes(context.Background(), "", link.Had{Statement: 1})
	return code(d.h.t, err)
}

// Two tablets with the same folder go on beside each other: their journal is taken, and neither gets anything.
func TestAClonedDeviceIsInQuarantineUntilSomebodyHasLooked(t *testing.T) {
	h := newHouse(t, live)
	anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
	bo.works()
	copied := *bo // the folder, on another machine
	clone := &copied
	next := func(d *device) { h.clock.pass(time.Hour); d.works() }
	next(bo)
	next(clone) // a fork, as where an older copy was put back
	if got := bo.finds(anna); got != "fork open" || bo.refusal() != "" {
		t.Fatalf("a fork alone: %s, %s", got, bo.refusal())
	}
	next(clone)
	if bo.refusal() != "" {
		t.Fatal("the copy that was put back goes on alone, and is shut out")
	}
	next(bo)
	if got := bo.finds(anna); got != "clone open, fork open, fork open" && got != "clone open, gap open, fork open" {
		t.Errorf("both go on, and the findings are: %s", got)
	}
	if bo.refusal() != link.CodeDeviceRevoked || clone.refusal() != link.CodeDeviceRevoked {
		t.Errorf("they get %q and %q", bo.refusal(), clone.refusal())
	}
	list := anna.barred(0)
	if !list.Has(bo.keys.Device()) {
		t.Error("colleagues still hand it what they have")
	}
	before := h.sound().Entries
	next(bo)
	if h.sound().Entries <= before {
		t.Error("its journal is not taken")
	}
	if page := must[link.FindingPage](t)(anna.client.Findings(context.Background(), link.FindingFilter{Code: "clone", Person: "bo.ek", Open: true})); len(page.Findings) != 1 {
		t.Errorf("reviewers see %+v", page)
	}

	ok(t, h.gate.ReleaseDevice(context.Background(), bo.keys.Device()))
	next(bo)
	if bo.refusal() != "" || anna.barred(list.Number).Has(bo.keys.Device()) {
		t.Error("released, and still shut out")
	}
	if err := h.gate.ReleaseDevice(context.Background(), bo.keys.Device()); !errors.Is(err, gate.ErrUnknown) {
		t.Errorf("released twice: %v", err)
	}
	next(clone) // the clone is still there
	next(bo)
	if bo.refusal() != link.CodeDeviceRevoked {
		t.Error("both go on once more, and nobody notices")
	}
	h.sound()
}

// A device whose older copy was put back opens a generation and goes on there. What its outbox held since before
// comes later, by whomever: no clone.
func TestADeviceThatWasPutBackIsNoClone(t *testing.T) {
	h := newHouse(t, live)
	anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
	bo.works()
	older := *bo
	h.clock.pass(time.Hour)
	bo.works()
	late := bo.say(journal.Entry{Kind: journal.Locked}, nil) // lies in the machine's outbox

	back := &older
	h.clock.pass(time.Hour)
	back.works()
	back.chain = journal.Chain{Generation: 2, Head: back.chain.Head}
	h.clock.pass(time.Hour)
	opened := back.say(journal.Entry{Kind: journal.GenerationOpened, Prev: nil}, nil)
	back.hands(back.batch(opened))
	for range 3 {
		h.clock.pass(time.Hour)
		back.works()
	}
	anna.client.Journal(context.Background(), bo.batch(late))
	if bo.refusal() != "" {
		t.Errorf("it is shut out: %s; %s", bo.refusal(), bo.finds(anna))
	}
	// The first machine was not put back after all: it is still there.
	bo.hands(bo.batch(bo.say(journal.Entry{Kind: journal.Unlocked, After: signed.At(h.clock.Now())}, nil)))
	if bo.refusal() != link.CodeDeviceRevoked {
		t.Errorf("two generations grow: %s", bo.finds(anna))
	}
}

// A device that fills the log is slowed: what is beyond its pace is asked to come again, and is taken then.
func TestAJournalThatComesTooFastComesAgain(t *testing.T) {
	h := newHouse(t, live)
	bo, carl := h.enrolled("bo.ek"), h.enrolled("carl.ask")
	h.config.Pace = 20
	h.restart()
	for range 2 {
		bo.hands(bo.batch(bo.items(15)...))
	}
	rest := bo.batch(bo.items(3)...)
	if _, err := bo.client.Journal(context.Background(), rest); code(t, err) != link.CodeTooMany {
		t.Fatalf("beyond its pace: %v", err)
	}
	if _, err := carl.client.Journal(context.Background(), rest); code(t, err) != link.CodeTooMany {
		t.Errorf("by another's hands: %v", err)
	}
	carl.works() // nobody else is slowed
	h.clock.pass(time.Minute)
	if got := bo.hands(rest); got != bo.chain.Last {
		t.Errorf("a minute later the receipt reaches to %d of %d", got, bo.chain.Last)
	}
}
