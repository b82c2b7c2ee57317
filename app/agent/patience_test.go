package agent

import (
	"testing"
	"time"

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
	h.pass(15 * time.Second)
	anna.parts(bo) // and now it is forgotten
	anna.fails(bo)
	anna.parts(bo)
}
