package agent

import (
	"errors"
	"testing"

	"handslag/app/agent/machine"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/sync/peer"
	"handslag/vault"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// theirs is the sharer's entry.
var theirs = journal.Hash{7}

// fetched is what the connected system has about Maj, verified and not yet kept, as a share brings it.
func (d *tablet) fetched(t *testing.T) peer.Incoming {
	t.Helper()
	s, err := d.current()
	ok(t, err)
	r := &run{agent: d.Agent, session: s}
	r.connect()
	defer func() { r.client.Close() }()
	page, err := r.client.Changes(t.Context(), "", link.Had{})
	ok(t, err)
	unwrap, err := page.OpenKey(r.session.who().profile.Org, s.keys)
	ok(t, err)
	all, err := r.judgeRecords(page, unwrap)
	ok(t, err)
	for _, one := range all {
		if one.value.ID == "r-maj" {
			return peer.Incoming{
				Handing: peer.Handing{Thing: peer.Thing{Record: "r-maj"}, Number: one.value.Number, Subject: "s-maj"}, Theirs: theirs,
				Signed: one.copy.Signed, Cipher: one.copy.Cipher, Key: one.copy.Sealed, Unwrap: unwrap, Context: one.copy.Info, Hands: one.copy.Hands,
			}
		}
	}
	t.Fatal("nothing about Maj")
	return peer.Incoming{}
}

// What a colleague gives about somebody is on its way through several steps, and an order about that person may
// come between any two of them: whichever it is, nothing of it is there afterwards.
func TestAnOrderThatComesWhileACopyIsOnItsWayIsHeeded(t *testing.T) {
	order := []machine.Order{{Erasure: record.Erasure{Number: 7, Subject: "s-maj"}}}
	received := line{entry: journal.Entry{Kind: journal.ShareReceived, Subject: "s-maj", Record: "r-maj", RecordVersion: 1, Ref: theirs[:]}}
	for what, c := range map[string]struct {
		happens func(t *testing.T, d *tablet, s *session, take func() error)
		comes   bool
	}{
		"no order": {func(t *testing.T, d *tablet, s *session, take func() error) {
			ok(t, take())
			_, err := s.say(received)
			ok(t, err)
		}, true},
		"before it is kept": {func(t *testing.T, d *tablet, s *session, take func() error) {
			_, err := d.erase(s, order)
			ok(t, err)
			ok(t, take())
			if s.waits(t) {
				t.Error("a copy about who is erased waits")
			}
			_, err = s.say(received)
			ok(t, err)
		}, false},
		"before its entry": {func(t *testing.T, d *tablet, s *session, take func() error) {
			ok(t, take())
			_, err := d.erase(s, order)
			ok(t, err)
			_, err = s.say(received)
			ok(t, err)
		}, false},
		"before its entry, and is not finished": {func(t *testing.T, d *tablet, s *session, take func() error) {
			ok(t, take())
			_, err := s.say(line{entry: journal.Entry{Kind: journal.SubjectErased, Subject: "s-maj", Count: 7, Code: "none"}}, received)
			ok(t, err)
		}, false},
		"after it": {func(t *testing.T, d *tablet, s *session, take func() error) {
			ok(t, take())
			_, err := s.say(received)
			ok(t, err)
			_, err = d.erase(s, order)
			ok(t, err)
		}, false},
	} {
		h := newHouse(t)
		anna := h.enrolled("anna.lind")
		s, err := anna.current()
		ok(t, err)
		in := anna.fetched(t)
		taking := &taking{h: &Handover{agent: anna.Agent, session: s}, giver: vault.Source{Device: "hs-bo", Name: "Bo", At: signed.At(h.clock())}}
		c.happens(t, anna, s, func() error { return taking.stage([]peer.Incoming{in}) })
		_, err = s.vault.Record("r-maj")
		if (err == nil) != c.comes || err != nil && !errors.Is(err, vault.ErrNotFound) {
			t.Errorf("an order that comes %s: %v", what, err)
		}
	}
}

// The sharer says which entry of its own an entry here answers, and may say the same of two things, also at different
// times: what waits for one is not put in its place by another's.
func TestAnEntryPutsNothingInItsPlaceButWhatItNames(t *testing.T) {
	h := newHouse(t)
	anna := h.enrolled("anna.lind")
	s, err := anna.current()
	ok(t, err)
	taking := &taking{h: &Handover{agent: anna.Agent, session: s}, giver: vault.Source{Device: "hs-bo", Name: "Bo", At: signed.At(h.clock())}}
	ok(t, taking.stage([]peer.Incoming{anna.fetched(t)})) // whose entry a full disk refuses, say
	for _, other := range []journal.Entry{
		{Kind: journal.ShareReceived, Assignment: "U-2002", AssignmentVersion: 1, Ref: theirs[:]},
		{Kind: journal.ShareReceived, Record: "r-maja", Subject: "s-maja", RecordVersion: 1, Assignment: "U-2300", Ref: theirs[:]},
		{Kind: journal.ShareReceived, Record: "r-maj", Attachment: "a-film", Subject: "s-maj", Ref: theirs[:]},
	} {
		_, err := s.say(line{entry: other})
		ok(t, err)
		if _, err := s.vault.Record("r-maj"); err == nil {
			t.Fatalf("a record is there that no entry names, after %+v", other)
		}
	}
	if !s.waits(t) {
		t.Error("it does not wait any more")
	}
}

// waits reports whether a copy waits for its entry.
func (s *session) waits(t *testing.T) (waits bool) {
	t.Helper()
	undo := errors.New("undo")
	err := s.vault.Update(func(tx *vault.Tx) error {
		ok(t, tx.Unstage(stagedName(theirs[:], peer.Thing{Record: "r-maj"}), true))
		_, err := tx.Record("r-maj")
		waits = err == nil
		return undo
	})
	if !errors.Is(err, undo) {
		t.Fatal(err)
	}
	return waits
}

// A copy whose entry a crash has cut off came to nobody's knowledge: it is gone with the next unlock, key and all.
func TestACopyWithoutItsEntryIsDroppedAtUnlock(t *testing.T) {
	h := newHouse(t)
	anna := h.enrolled("anna.lind")
	s, err := anna.current()
	ok(t, err)
	taking := &taking{h: &Handover{agent: anna.Agent, session: s}}
	ok(t, taking.stage([]peer.Incoming{anna.fetched(t)}))
	if !s.waits(t) {
		t.Fatal("it does not wait")
	}
	anna.die()
	ok(t, anna.Unlock(t.Context(), passphrase))
	s, err = anna.current()
	ok(t, err)
	if s.waits(t) {
		t.Error("it still waits")
	}
}
