package agent

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"handslag/sync/link"
	"handslag/vault/journal"
)

// told is the notice with code, and its arguments.
func (d *tablet) told(code Code) map[string]string {
	d.h.t.Helper()
	for _, n := range d.Notices() {
		if n.Code == code {
			return n.Args
		}
	}
	return nil
}

func TestWhoForgotThePassphraseStartsAgainAndLosesNothing(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	reviewer := h.enrolled("anna.lind")
	bo, reason := h.leaves("bo.ek")
	before := bo.Me().Device
	refused(t, bo.Unlock(ctx, "glömd"), WrongPassphrase)
	ok(t, bo.StartAgain(ctx))
	if me := bo.Me(); bo.State() != IsNew || me.Device != "" || me.Person.First != "" || me.Waiting != 0 || me.WrongAttempts != 0 {
		t.Fatalf("state %s, the lock screen shows %+v", bo.State(), me)
	}
	refused(t, bo.Unlock(ctx, passphrase), NotEnrolled)
	refused(t, bo.StartAgain(ctx), NotEnrolled)
	h.enrolInto(bo)
	if len(bo.Notices()) != 0 {
		t.Errorf("told before anything is back: %+v", bo.Notices())
	}
	bo.sync()
	if p := bo.Progress(); p.What != ProgressEnrol || p.Running || p.Done == 0 || p.Done != p.Total {
		t.Errorf("progress %+v", p)
	}
	args := bo.told(EnrolledAnew)
	if args["records"] != "1" || args["tasks"] != "2" || args["handed"] == "0" || args["waiting"] != "0" || bo.told(OtherDevice) != nil {
		t.Fatalf("told %+v", bo.Notices())
	}
	page, err := reviewer.Log(ctx, link.LogFilter{Device: before})
	ok(t, err)
	var told bool
	for _, row := range page.Rows {
		told = told || row.Reason == reason
	}
	if !told || len(page.Found) != 0 {
		t.Errorf("what was said before: %+v", page)
	}
	// Told once: dismissed it stays dismissed, through a lock too, and the next sync says nothing.
	if p := bo.sync(); p.Waiting != 0 || bo.Progress().What != ProgressSync {
		t.Errorf("the next sync: %+v %+v", p, bo.Progress())
	}
	ok(t, bo.Lock())
	ok(t, bo.Unlock(ctx, passphrase))
	for _, n := range bo.Notices() {
		ok(t, bo.DismissNotice(n.ID))
	}
	ok(t, bo.Lock())
	ok(t, bo.Unlock(ctx, passphrase))
	bo.sync()
	if len(bo.Notices()) != 0 {
		t.Errorf("told twice: %+v", bo.Notices())
	}
}

func TestWhoLostADeviceHearsWhatMayBeOnItOnly(t *testing.T) {
	h := newHouse(t)
	lost := h.enrolled("bo.ek")
	lost.sync()
	h.pass(24 * time.Hour)
	bo := h.enrolled("bo.ek") // on another machine
	bo.sync()
	args := bo.told(OtherDevice)
	if args["device"] != lost.Me().Device.Grouped() || args["synced"] != "2026-06-01" {
		t.Errorf("told %+v", bo.Notices())
	}
	if args := bo.told(EnrolledAnew); args["handed"] != "0" || args["records"] != "1" {
		t.Errorf("told %+v", bo.Notices())
	}
	first := h.enrolled("carl.ask")
	first.sync()
	if len(first.Notices()) != 0 {
		t.Errorf("a first device is told %+v", first.Notices())
	}
}

func TestAWipeSaysSoAndLeavesNothingThatOpens(t *testing.T) {
	for _, away := range []bool{false, true} {
		h := newHouse(t)
		ctx := t.Context()
		reviewer := h.enrolled("anna.lind")
		bo, _ := h.leaves("bo.ek")
		device := bo.Me().Device
		refused(t, bo.Wipe(ctx, passphrase), Locked)
		ok(t, bo.Unlock(ctx, passphrase))
		refused(t, bo.StartAgain(ctx), AlreadyEnrolled)
		refused(t, bo.Wipe(ctx, "fel fras"), WrongPassphrase)
		if _, err := bo.Open(ctx, "r-maj", Reason{Text: "ringde igen"}); err != nil {
			t.Fatalf("a wipe that was refused: %v", err)
		}
		if away {
			h.stop()
		}
		ok(t, bo.Wipe(ctx, passphrase))
		if bo.State() != IsNew {
			t.Fatalf("state %s", bo.State())
		}
		left, err := os.ReadDir(bo.cfg.Vault)
		ok(t, err)
		if len(left) != 1 || left[0].Name() != "lock" {
			t.Errorf("left: %v", left)
		}
		if away {
			h.back()
			if list := bo.list(); len(list) == 0 || list[0].Device != device {
				t.Fatalf("what was not handed in: %+v", list)
			}
			h.enrolInto(bo)
			bo.sync()
		}
		page, err := reviewer.Log(ctx, link.LogFilter{Device: device})
		ok(t, err)
		if len(page.Rows) == 0 || page.Rows[0].Kind != journal.Wiped || len(page.Found) != 0 {
			t.Errorf("away %v: the newest word is %+v", away, page.Rows[0])
		}
	}
}

func TestAWipeThatDiedHalfwayOpensNothingAndIsEndedByStartingAgain(t *testing.T) {
	h := newHouse(t)
	bo := h.enrolled("bo.ek")
	bo.sync()
	ok(t, bo.Lock())
	// The header is the first to go: with any of the rest still there nothing opens.
	ok(t, os.Remove(filepath.Join(bo.cfg.Vault, "header")))
	bo.begin()
	if err := bo.Unlock(t.Context(), passphrase); err == nil || !strings.Contains(string(CodeOf(err)), "vault") {
		t.Fatalf("unlock: %v", err)
	}
	ok(t, bo.StartAgain(t.Context()))
	if bo.State() != IsNew {
		t.Fatalf("state %s", bo.State())
	}
	h.enrolInto(bo)
	bo.sync()
}
