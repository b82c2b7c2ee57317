package agent

import (
	"testing"
	"time"

	"handslag/identity/signed"
	"handslag/vault"
)

func TestAConnectedSystemWhoseClockRanAheadAndWasCorrectedIsFollowedBack(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	anna := h.enrolled("anna.lind")
	anna.sync()
	h.runsAhead(400 * 24 * time.Hour)
	refused(t, second(anna.Sync(ctx)), CredentialExpired) // by that clock it has
	ok(t, anna.SignIn(ctx, passwordOf("anna.lind")))
	anna.sync()
	if got := anna.clock.Read().Floor.Time(); got.Before(h.clock().Add(300 * 24 * time.Hour)) {
		t.Fatalf("the floor is %v: this tests nothing", got)
	}
	h.runsAhead(0)
	h.pass(time.Hour)
	anna.sync()
	if got := anna.clock.Read(); !got.Floor.Time().Equal(h.clock()) || got.Suspect {
		t.Errorf("after the correction the floor is %v, it is %v", got.Floor.Time(), h.clock())
	}
	if _, err := anna.Open(ctx, "r-maj", Reason{Text: "ringde"}); err != nil {
		t.Errorf("what was lent anew: %v %s", err, unwrapped(err))
	}
	card, err := anna.Record(ctx, "r-maj")
	ok(t, err)
	if card.LoanUntil.After(h.clock().Add(30 * 24 * time.Hour)) {
		t.Errorf("the loan ends %v", card.LoanUntil)
	}
	ok(t, anna.Lock())
	ok(t, anna.Unlock(ctx, passphrase))
	if got := anna.clock.Read().Floor.Time(); !got.Equal(h.clock()) {
		t.Errorf("after a lock the floor is %v", got)
	}
}

func second[T any](_ T, err error) error { return err }

func TestAPowerCutGivesNobodyTheHoursBeforeItAgain(t *testing.T) {
	for _, lost := range []bool{false, true} {
		h := newHouse(t)
		anna := h.enrolled("anna.lind")
		anna.sync()
		h.pass(5 * time.Hour)
		_, err := anna.Open(t.Context(), "r-maj", Reason{Text: "ringde"})
		ok(t, err)
		if lost { // with all that was kept of the clock
			s, err := anna.current()
			ok(t, err)
			ok(t, s.vault.Update(func(tx *vault.Tx) error { return tx.SetSetting(clockSetting, nil) }))
		}
		anna.die()
		anna.m.boot, anna.m.uptime = "after the cut", time.Minute-h.clock().Sub(morning)
		anna.cfg.Now = func() time.Time { return morning } // and the wall clock is set back
		anna.begin()
		ok(t, anna.Unlock(t.Context(), passphrase))
		if got := anna.clock.Read(); got.Floor < signed.At(morning.Add(5*time.Hour)) || !got.Suspect {
			t.Errorf("clock lost %v: the floor is %v", lost, got.Floor.Time())
		}
		if got := anna.clock.Read().Floor; got > signed.At(morning.Add(5*time.Hour+2*time.Minute)) {
			t.Errorf("clock lost %v: it is later than anybody knows: %v", lost, got.Time())
		}
	}
}

func TestABootIn2031PoisonsNothing(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	anna := h.enrolled("anna.lind")
	anna.sync()
	ok(t, anna.Lock())
	real := h.clock
	anna.cfg.Now = func() time.Time { return real().AddDate(5, 0, 0) }
	anna.m.boot, anna.m.uptime = "2031", time.Minute
	anna.begin()
	ok(t, anna.Unlock(ctx, passphrase))
	refused(t, second(anna.Open(ctx, "r-maj", Reason{Text: "ringde"})), ClockSuspect)
	s, err := anna.current()
	ok(t, err)
	anna.keep(s)
	ok(t, anna.Lock())
	// The clock is set right, and all is as it was: copies, clock, journal.
	anna.cfg.Now = real
	anna.m.boot = "right" // each boot has counted its minute
	anna.begin()
	ok(t, anna.Unlock(ctx, passphrase))
	if _, err := anna.Open(ctx, "r-maj", Reason{Text: "ringde"}); err != nil {
		t.Errorf("afterwards: %v %s", err, unwrapped(err))
	}
	if got := anna.clock.Read(); got.Suspect || got.Floor > signed.At(real()).Add(3*time.Minute) {
		t.Errorf("the clock says %+v", got)
	}
	result := anna.sync()
	if result.Waiting != 0 {
		t.Errorf("%+v", result)
	}
}
