package agent

import (
	"bytes"
	"context"
	"sync"
	"testing"
	"time"

	"handslag/identity"
	"handslag/vault/journal"
)

// meetsInVain begins a verification that one of the two refuses, and returns both last problems.
func (d *tablet) meetsInVain(other *tablet) (mine, theirs Code) {
	t := d.h.t
	t.Helper()
	a, b := d.shown(other, false, ByCamera)
	last := func(h *Handover) Code {
		var code Code
		for step := range h.Steps() {
			if step.Stage == StageEnterCode {
				ok(t, a.TypeCode(t.Context(), await(t, b, StageShowCode).Code))
			}
			if step.Stage == StageVerified { // they did meet; nobody waits for a failure then
				go h.Close()
			}
			if step.Stage == StageFailed {
				code = step.Problem.Code
			}
		}
		return code
	}
	mine = last(a)
	return mine, last(b)
}

func (h *house) revokes(d *tablet) {
	h.t.Helper()
	ok(h.t, h.gate.RevokeDevice(context.Background(), d.Me().Device))
}

// Bo's device was revoked while he had no coverage. Anna has heard of it; he meets her without coverage.
func TestARevokedDeviceIsKnownWithoutCoverage(t *testing.T) {
	h := newHouse(t)
	anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
	anna.sync()
	bo.sync()
	h.revokes(bo)
	anna.sync()
	h.stop()
	if mine, _ := anna.meetsInVain(bo); mine != VerRevoked {
		t.Errorf("Anna's device says %q", mine)
	}
	ok(t, anna.Lock())
	ok(t, anna.Unlock(t.Context(), passphrase))
	if mine, _ := anna.meetsInVain(bo); mine != VerRevoked {
		t.Errorf("after a lock Anna's device says %q", mine)
	}
}

// Carl heard of it, and tells Anna at their meeting; so Bo's device is refused by one who had no coverage.
func TestNewsOfARevocationTravel(t *testing.T) {
	h := newHouse(t)
	anna, bo, carl := h.enrolled("anna.lind"), h.enrolled("bo.ek"), h.enrolled("carl.ask")
	for _, d := range []*tablet{anna, bo, carl} {
		d.sync()
	}
	h.revokes(bo)
	carl.sync()
	h.stop()
	mine, theirs := anna.meets(carl)
	mine.Close()
	theirs.Close()
	if got := anna.session.who().others.list; !got.Has(bo.Me().Device) {
		t.Fatalf("Anna has not heard: %+v", got)
	}
	if mine, _ := anna.meetsInVain(bo); mine != VerRevoked {
		t.Errorf("Anna's device says %q", mine)
	}
}

// Who hears that the list names this very device begins nothing.
func TestADeviceThatHearsOfItselfBeginsNothing(t *testing.T) {
	h := newHouse(t)
	anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
	h.revokes(bo)
	anna.sync()
	_, err := bo.session.hearRevocations(anna.session.who().others.raw)
	ok(t, err)
	h.stop()
	_, _, err = bo.OfferVerification(t.Context(), false, Gift{})
	refused(t, err, DeviceRevoked) // this one, and not the colleague's
}

func TestAnOlderListOrAForeignOneIsNotTaken(t *testing.T) {
	h := newHouse(t)
	anna, bo, carl := h.enrolled("anna.lind"), h.enrolled("bo.ek"), h.enrolled("carl.ask")
	h.revokes(bo)
	anna.sync()
	old := anna.session.who().others.raw
	h.revokes(carl)
	anna.sync()
	newer, err := anna.session.hearRevocations(old)
	ok(t, err)
	if newer || !anna.session.who().others.list.Has(carl.Me().Device) {
		t.Error("an older list replaced a newer one")
	}
	forged := append([]byte{}, old...)
	forged[len(forged)-1] ^= 1
	if _, err := anna.session.hearRevocations(forged); err == nil {
		t.Error("a forged list is believed")
	}
}

// A credential that a device has shown a newer one of is an old copy, whoever holds its keys now.
func TestAnOlderCredentialThanOneSeenIsRefused(t *testing.T) {
	h := newHouse(t)
	anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
	anna.sync()
	bo.sync()
	old := bo.session.who()
	h.pass(2 * time.Hour) // a credential younger than an hour is not renewed
	bo.sync()
	if bo.session.who().credential.Epoch <= old.credential.Epoch {
		t.Fatal("the credential was not renewed: the story shows nothing")
	}
	mine, theirs := anna.meets(bo)
	mine.Close()
	theirs.Close()
	bo.session.mu.Lock()
	bo.session.identity.profile, bo.session.identity.credential = old.profile, old.credential
	bo.session.mu.Unlock()
	if mine, _ := anna.meetsInVain(bo); mine != VerRevoked {
		t.Errorf("Anna's device says %q", mine)
	}
}

func TestAcquaintancesAreBounded(t *testing.T) {
	var k acquaintances
	for i := range 3 * maxAcquaintances {
		k = k.with(identity.DeviceID(rune(i)), 2)
	}
	if len(k.seen) != maxAcquaintances || !k.bars(identity.DeviceID(rune(3*maxAcquaintances-1)), 1) || k.bars(identity.DeviceID(rune(3*maxAcquaintances-1)), 2) {
		t.Errorf("%d are remembered", len(k.seen))
	}
}

// Anna has heard that Maja is to be erased; Bo, who has Maja's record and no coverage, hears it from her.
func TestAnErasureOrderTravels(t *testing.T) {
	h := newHouse(t)
	anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
	anna.sync()
	bo.sync()
	mine, theirs := anna.meets(bo, "r-maja")
	eventually(t, theirs, func() bool { _, err := bo.Record(t.Context(), "r-maja"); return err == nil })
	mine.Close()
	theirs.Close()
	h.erases("s-maja")
	anna.sync()
	h.stop()
	if _, err := bo.Record(t.Context(), "r-maja"); err != nil {
		t.Fatalf("Bo's copy is gone too early: %v", err)
	}
	mine, theirs = bo.meets(anna)
	mine.Close()
	theirs.Close()
	_, err := bo.Record(t.Context(), "r-maja")
	refused(t, err, NoRecord)
	told := 0
	for st, err := range bo.session.journal.Entries(0, 0) {
		ok(t, err)
		if st.Entry.Kind == journal.SubjectErased && st.Entry.Subject == "s-maja" {
			told++
		}
	}
	if told != 1 {
		t.Errorf("%d entries say so", told)
	}
}

// A sync and a meeting bring two lists at once: the newer one is kept, on the disk too.
func TestOfTwoListsAtOnceTheNewerStays(t *testing.T) {
	h := newHouse(t)
	anna, bo, carl := h.enrolled("anna.lind"), h.enrolled("bo.ek"), h.enrolled("carl.ask")
	var lists [][]byte
	for range 8 {
		h.revokes(bo)
		carl.sync()
		lists = append(lists, carl.session.who().others.raw)
	}
	var heard sync.WaitGroup
	for _, raw := range lists {
		heard.Go(func() {
			if _, err := anna.session.hearRevocations(raw); err != nil {
				t.Error(err)
			}
		})
	}
	heard.Wait()
	kept, err := anna.session.vault.Setting(revocationsSetting)
	ok(t, err)
	if newest := lists[len(lists)-1]; !bytes.Equal(kept, newest) || !bytes.Equal(anna.session.who().others.raw, newest) {
		t.Error("an older list was kept")
	}
}
