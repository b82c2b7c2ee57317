package agent

import (
	"strconv"
	"testing"
	"time"

	"handslag/identity"
	"handslag/vault/journal"
)

// fails is a verification in which d's person types three wrong codes.
func (d *tablet) fails(other *tablet) {
	t := d.h.t
	t.Helper()
	mine, theirs := d.shown(other, false, ByCamera)
	wrong := "000000"
	if await(t, theirs, StageShowCode).Code == wrong {
		wrong = "111111"
	}
	for range 3 {
		await(t, mine, StageEnterCode)
		ok(t, mine.TypeCode(t.Context(), wrong))
	}
	refused(t, await(t, mine, StageFailed).Problem, VerCodeWrong)
	<-mine.Done()
	<-theirs.Done()
}

func TestAfterFailuresWithOneDeviceTheWaitGrowsAndNobodyElseWaits(t *testing.T) {
	h := newHouse(t)
	anna, bo, carl := h.enrolled("anna.lind"), h.enrolled("bo.ek"), h.enrolled("carl.ask")
	anna.fails(bo)
	anna.fails(bo) // slips are human
	if mine, theirs := anna.meetsInVain(bo); mine != VerTooSoon || theirs != VerPeerWaits {
		t.Fatalf("the third: %q here, %q there", mine, theirs)
	}
	if e, err := anna.Events(t.Context(), 1); err != nil || e[0].Kind != journal.VerificationFailed || e[0].Code != "too_soon" || e[0].Peer != bo.Me().Device {
		t.Errorf("the entry says %+v, %v", e, err)
	}
	if mine, _ := bo.meetsInVain(anna); mine == VerTooSoon { // the other way Bo's device, which has counted nothing, is told
		t.Error("Bo's device counts what Anna typed")
	}
	anna.parts(carl)
	ok(t, anna.Lock())
	ok(t, anna.Unlock(t.Context(), passphrase))
	if mine, _ := anna.meetsInVain(bo); mine != VerTooSoon {
		t.Errorf("after a lock: %q", mine)
	}
	h.pass(firstWait)
	anna.parts(bo) // and now it is forgotten
	anna.fails(bo)
	anna.parts(bo)
}

func TestTheWaitIsToldInSecondsAndBounded(t *testing.T) {
	var p patience
	bo, now := identity.DeviceID("bo"), time.Hour
	var waits []time.Duration
	for range 9 {
		p.failed(bo, now)
		left := max(p.left(bo, now), 0)
		waits = append(waits, left)
		if p.left("carl", now) > 0 || p.left(bo, now+left) > 0 {
			t.Error("somebody else waits, or the wait does not end")
		}
		now += left
	}
	want := []time.Duration{0, 15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, longestWait, longestWait, longestWait}
	for i := range want {
		if waits[i] != want[i] {
			t.Fatalf("the waits are %v", waits)
		}
	}
	if p.left(bo, now+setbackMemory) > 0 {
		t.Error("it is never forgotten")
	}
	p.failed(bo, now+setbackMemory)
	if p.left(bo, now+setbackMemory) > 0 {
		t.Error("what was forgotten counts")
	}
	for i := range 3 * maxSetbacks {
		p.failed(identity.DeviceID(strconv.Itoa(i)), now)
	}
	if len(p.with) != maxSetbacks {
		t.Errorf("%d are remembered", len(p.with))
	}
	p.met("383")
	if p.find("383", now) >= 0 {
		t.Error("who is verified still waits")
	}
}
