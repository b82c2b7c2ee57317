package agent

import (
	"net/http"
	"strings"
	"testing"

	"handslag/identity"
	"handslag/sync/link"
	"handslag/vault/journal"
)

func TestARevokedDevicesJournalIsStillTaken(t *testing.T) {
	f := newFar(t)
	p := f.phone().enrolled().synced()
	f.mu.Lock()
	f.refuse[link.PathCredential] = link.CodeDeviceRevoked
	f.refuse[link.PathChanges] = link.CodeDeviceRevoked
	f.addRecord("r2", "s2", "Ny, Nils", "1")
	f.mu.Unlock()
	_, err := p.Open(t.Context(), "r1", Reason{Text: "ringde"})
	ok(t, err)
	_, err = p.Sync(t.Context())
	refused(t, err, DeviceRevoked)
	if me := p.Me(); !me.Revoked || me.Waiting != 0 || me.Problem == nil {
		t.Errorf("me %+v", me)
	}
	cards, err := p.Records(t.Context(), "")
	ok(t, err)
	if len(cards) != 1 {
		t.Errorf("something came: %+v", cards)
	}
	ok(t, p.Lock())
	ok(t, p.Unlock(t.Context(), passphrase))
	if !p.Me().Revoked {
		t.Error("it was forgotten")
	}
}

// Once the connected system has said that it is over, what the device holds stays shut.
func TestADeviceThatKnowsItIsBarredOpensAndSharesNothing(t *testing.T) {
	for _, c := range []struct {
		refusal link.Code
		at      string
		want    Code
	}{
		{link.CodeDeviceRevoked, link.PathCredential, DeviceRevoked}, {link.CodeUserDisabled, link.PathCredential, UserDisabled},
		{link.CodeDeviceRevoked, link.PathChanges, DeviceRevoked}, // the word came in the middle of a sync
	} {
		f := newFar(t)
		p := f.phone().enrolled().synced()
		want := c.want
		f.mu.Lock()
		f.refuse[c.at] = c.refusal
		f.mu.Unlock()
		_, err := p.Sync(t.Context())
		refused(t, err, want)
		for range 2 {
			_, err = p.Open(t.Context(), "r1", Reason{Text: "ringde"})
			refused(t, err, want)
			_, _, err = p.OfferVerification(t.Context(), false, Gift{})
			refused(t, err, want)
			ok(t, p.Lock())
			ok(t, p.Unlock(t.Context(), passphrase))
		}
		f.mu.Lock()
		delete(f.refuse, c.at)
		f.mu.Unlock()
		_, err = p.Sync(t.Context())
		ok(t, err)
		_, err = p.Open(t.Context(), "r1", Reason{Text: "ringde"})
		ok(t, err)
		if got := f.kinds(p.Me().Device); !strings.Contains(got, "record.refused") {
			t.Errorf("the refusals have no entries: %s", got)
		}
	}
}

func TestAForgedPageIsRefusedWhole(t *testing.T) {
	f := newFar(t)
	p := f.phone().enrolled()
	honest := f.issuing
	f.mu.Lock()
	f.issuing = newKey(t)
	f.refuse[link.PathCredential] = "" // leave the credential alone
	delete(f.refuse, link.PathCredential)
	f.mu.Unlock()
	_, err := p.Sync(t.Context())
	refused(t, err, BadAnswer)
	cards, err := p.Records(t.Context(), "")
	ok(t, err)
	if len(cards) != 0 {
		t.Errorf("cards %+v", cards)
	}
	f.mu.Lock()
	f.issuing = honest
	f.mu.Unlock()
	p.synced()
}

func TestAReceiptThatDoesNotMatchIsNotBelieved(t *testing.T) {
	f := newFar(t)
	p := f.phone().enrolled()
	device := p.Me().Device
	lie := func(change func(*journal.Receipt)) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.break_ = func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != link.PathJournal {
				return false
			}
			receipt := journal.Receipt{
				Version: 1, Org: f.org(), Device: device, Time: f.clockNow(),
				Ranges: []journal.Range{{Generation: 1, From: 1, To: 2, Hash: make([]byte, 32)}},
			}
			change(&receipt)
			data, err := receipt.Sign(f.logKey)
			ok(t, err)
			w.Write(data)
			return true
		}
	}
	further := uint64(0)
	for _, c := range []struct {
		what       string
		change     func(*journal.Receipt)
		code       Code
		generation uint64
	}{
		{"another device's", func(r *journal.Receipt) { r.Device = identity.DeviceIDOf(newKey(t).Public()) }, BadAnswer, 1},
		{"a hash that is not the journal's", func(*journal.Receipt) {}, "", 2}, // so this is a copy that went its own way
		{"entries that were never said", func(r *journal.Receipt) { r.Ranges[0].Generation, r.Ranges[0].To = 2, 99 }, "", 3},
		{"entries of generations to come, again and again", func(r *journal.Receipt) {
			further++
			r.Ranges[0].Generation, r.Ranges[0].To = 3+further, 99
		}, BadAnswer, 5},
	} {
		lie(c.change)
		if _, err := p.Sync(t.Context()); CodeOf(err) != c.code {
			t.Errorf("%s: %v", c.what, err)
		}
		s, err := p.current()
		ok(t, err)
		if at := s.journal.Chain(); at.Generation != c.generation {
			t.Errorf("%s: the journal is in generation %d", c.what, at.Generation)
		}
		if n := p.Me().Waiting; n < 2 {
			t.Errorf("%s: only %d wait", c.what, n)
		}
	}
	f.mu.Lock()
	f.break_ = nil
	f.mu.Unlock()
	p.synced()
	if n := p.Me().Waiting; n != 0 {
		t.Errorf("in the end %d wait", n)
	}
}

func TestRunSyncsAtUnlockAndAfterDeeds(t *testing.T) {
	f := newFar(t)
	p := f.phone().enrolled()
	until := p.runs(t)
	until(func() bool { me := p.Me(); return !me.LastSync.IsZero() && me.Waiting == 0 })
	if _, err := p.Record(t.Context(), "r1"); err != nil {
		t.Error(err)
	}
	_, err := p.Finish(t.Context(), "a1", "klart", "")
	ok(t, err)
	until(func() bool { return p.Me().Waiting == 0 })
	if got := f.kinds(p.Me().Device); !strings.Contains(got, "assignment.done") {
		t.Error(got)
	}
}

func TestNoFormulaReachesASpreadsheet(t *testing.T) {
	for cell, want := range map[string]string{"=1+1": "'=1+1", "-2": "'-2", "@x": "'@x", "Anna": "Anna", "": "",
		"x;=HYPERLINK(1)": "x;'=HYPERLINK(1)", "rad\n+2": "rad\n'+2", "\t=1": "\t'=1", " =1": " '=1", "＝1": "'＝1",
		"U-2300, fem-sex = elva": "U-2300, fem-sex = elva", "\x1b[2Jx\r": "\uFFFD[2Jx\uFFFD"} {
		if got := harmless(cell); got != want {
			t.Errorf("%q became %q", cell, got)
		}
	}
}

func TestEachCodeStandsOnce(t *testing.T) {
	seen := map[Code]bool{}
	for _, code := range Codes() {
		if seen[code] || code == "" {
			t.Errorf("%q stands twice, or is empty", code)
		}
		seen[code] = true
	}
	for _, w := range words {
		if !seen[w.code] {
			t.Errorf("%q is not listed", w.code)
		}
	}
	for _, code := range refusals {
		if !seen[code] {
			t.Errorf("%q is not listed", code)
		}
	}
}
