package cellar_test

import (
	"testing"
	"time"

	"handslag/app/agent"
	"handslag/testnet"
	"handslag/testnet/cellar"
	"handslag/vault/journal"
)

// Three agents as processes, each in a room of its own, on a bad wire: they verify, one hands over, the
// wire is cut in the middle and comes back, the rest is handed over, and the log tells it all as if
// nothing had been.
func TestThreeAgentsOnABadWire(t *testing.T) {
	w := newTown(t)
	anna, bo, carl := w.person("anna", "anna.lind"), w.person("bo", "bo.ek"), w.person("carl", "carl.berg")
	w.descends(anna, bo, carl)
	wire := w.hotspot(anna, bo, carl)
	wire.In(cellar.Weather{Delay: 20 * time.Millisecond, Loss: 0.03, Reorder: 0.05, Seed: 4})

	m, err := w.Meet(w.ctx, anna, bo)
	w.must(err)
	w.must(m.Give(w.ctx, anna, recordID(0), recordID(1)))

	// The wire goes in the middle.
	var all []journal.RecordID
	for i := 2; i < given; i++ {
		all = append(all, recordID(i))
	}
	wire.CutAfter(64 << 10)
	w.refusedAs(m.Give(w.ctx, anna, all...), agent.VerPeerAbort)
	wire.Mend()
	w.gives(m, anna, all...) // in the same session: the devices find each other again
	w.must(m.End(w.ctx, anna))
	if n := w.holds(bo); n != given {
		t.Errorf("Bo holds %d records of %d", n, given)
	}

	// A third, who is of another unit.
	m, err = w.Meet(w.ctx, carl, anna)
	w.must(err)
	w.refusedAs(m.Give(w.ctx, anna, recordID(0)), agent.PeerNoRight)
	w.must(m.End(w.ctx, carl))

	for _, p := range []*testnet.Person{anna, bo, carl} {
		w.covered(p)
		w.do(p, "sync")
	}
	v, err := w.Audit(w.ctx)
	w.must(err)
	if v.Findings != 0 {
		t.Errorf("%d findings", v.Findings)
	}
	if strange := w.told(anna, journal.VerificationDisturbed); len(strange) != 0 {
		t.Errorf("colleagues on a bad wire count as strangers: %+v", strange)
	}
	met := map[string]int{}
	for _, row := range w.told(anna, journal.Verified) {
		met[row.Person.Username+" "+row.PeerName]++
	}
	if len(met) != 4 {
		t.Errorf("verifications in the log: %v", met)
	}
	received := map[journal.RecordID]int{}
	for _, row := range w.told(anna, journal.ShareReceived) {
		received[row.Record]++
		if row.Alone {
			t.Errorf("the receipt of %s is alone", row.Record)
		}
	}
	if len(received) != given {
		t.Errorf("%d records were received, as the log says", len(received))
	}
}

// In a cellar there is no shared network: both programs say so, and what helps, and go on by themselves
// once there is one.
func TestACellarWithoutANetwork(t *testing.T) {
	w := newTown(t)
	anna, bo := w.person("anna", "anna.lind"), w.person("bo", "bo.ek")
	w.descends(anna, bo)

	m, err := w.ShowTold(w.ctx, anna, agent.NoNetwork)
	w.must(err)
	// What is no network: a bridge for containers, an interface without cable, an address of one's own.
	room := w.at[anna].room
	w.must(room.IP("link", "add", "docker0", "type", "bridge"))
	w.must(room.IP("addr", "add", "172.17.0.1/16", "dev", "docker0"))
	w.must(room.IP("link", "set", "docker0", "up"))

	wire := w.hotspot(anna, bo)
	w.must(m.Shown(w.ctx))
	digits, err := m.Read(w.ctx, bo)
	w.must(err)
	w.must(m.Type(w.ctx, digits))
	w.must(m.Give(w.ctx, anna, recordID(0)))
	w.must(m.End(w.ctx, bo))
	if wire.Frames() == 0 {
		t.Error("nothing went over the wire: the test looks in the wrong place")
	}
}
