package agent

import (
	"bytes"
	"os"
	"testing"

	"handslag/vault/journal"
	"handslag/vault/journal/audit"
)

// alarms are the entries that say that the audit log is not what it was.
func (d *tablet) alarms() (codes []string) {
	d.h.t.Helper()
	for st, err := range d.session.journal.Entries(0, 0) {
		ok(d.h.t, err)
		if st.Entry.Kind == journal.LogInconsistent {
			codes = append(codes, st.Entry.Code)
		}
	}
	return codes
}

// alarmed checks that the device has raised one alarm, has told its person, and has the evidence.
func (d *tablet) alarmed(why string) {
	t := d.h.t
	t.Helper()
	if got := d.alarms(); len(got) != 1 || got[0] != why {
		t.Errorf("%s's device says %v, want one %s", d.name, got, why)
	}
	d.told(LogInconsistent)
	evidence, err := d.LogEvidence()
	ok(t, err)
	if bytes.Count(evidence, []byte("handslag.log/")) != 4 { // origin and signature, twice
		t.Errorf("the evidence is:\n%s", evidence)
	}
}

// copies takes the connected system's database as it stands, while it is stopped.
func (h *house) copies() []byte {
	h.t.Helper()
	h.stop()
	data, err := os.ReadFile(h.config.Path)
	ok(h.t, err)
	h.back()
	return data
}

// puts puts another database in its place.
func (h *house) puts(data []byte) {
	h.t.Helper()
	h.stop()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		_ = os.Remove(h.config.Path + suffix)
	}
	ok(h.t, os.WriteFile(h.config.Path, data, 0o600))
	h.back()
}

// happens is an administrator's command, which the log holds.
func (h *house) happens() {
	h.t.Helper()
	ok(h.t, h.gate.SetPassword(h.t.Context(), "carl.ask", lightHash(passwordOf("carl.ask"))))
}

func TestALogThatGrowsRaisesNoAlarm(t *testing.T) {
	h := newHouse(t)
	anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
	for range 3 {
		anna.sync()
		bo.sync()
	}
	mine, theirs := anna.meets(bo)
	mine.Close()
	theirs.Close()
	anna.sync()
	bo.sync()
	for _, d := range []*tablet{anna, bo} {
		w, err := d.session.witnessed()
		ok(t, err)
		if c, err := d.session.openCheckpoint(w.Own); err != nil || c.Size < 10 || len(w.Heard) != 0 {
			t.Errorf("%s has seen %+v, %v, and waits for %d proofs", d.name, c, err, len(w.Heard))
		}
		if evidence, err := d.LogEvidence(); err != nil || len(d.alarms()) != 0 || len(evidence) != 0 {
			t.Errorf("%s: %v, %v", d.name, d.alarms(), err)
		}
	}
}

func TestALogThatWasTakenBackIsSeen(t *testing.T) {
	h := newHouse(t)
	anna := h.enrolled("anna.lind")
	anna.sync()
	yesterday := h.copies()
	for range 3 {
		h.revokes(h.enrolled("bo.ek")) // what somebody would like not to have happened
		anna.sync()
	}
	h.puts(yesterday)
	anna.sync()
	anna.alarmed(logShrank)
	anna.sync()
	anna.alarmed(logShrank) // and once is enough
}

// The rewritten log has as many entries and more, and a tree of its own that fits them.
func TestALogThatWasRewrittenIsSeen(t *testing.T) {
	h := newHouse(t)
	anna := h.enrolled("anna.lind")
	yesterday := h.copies()
	h.revokes(h.enrolled("bo.ek"))
	anna.sync()
	h.puts(yesterday)
	carl := h.enrolled("carl.ask")
	for range 12 { // another history, which is longer by now
		carl.sync()
		h.happens()
	}
	anna.sync()
	anna.alarmed(logForked)
	carl.sync()
	if got := carl.alarms(); len(got) != 0 {
		t.Errorf("Carl, who has seen the new one only, says %v", got)
	}
}

// Two devices are shown two histories. Each is consistent by itself; that they are two is found out when
// they meet, or at the first sync after it.
func TestTwoHistoriesAreSeenWhenTwoDevicesMeet(t *testing.T) {
	h := newHouse(t)
	anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
	anna.sync()
	bo.sync()
	common := h.copies()
	anna.sync()
	h.happens()
	anna.sync()
	forAnna := h.copies()
	h.puts(common)
	h.happens()
	h.happens()
	bo.sync()
	if len(anna.alarms())+len(bo.alarms()) != 0 {
		t.Fatal("there was an alarm already: the story shows nothing")
	}
	mine, theirs := anna.meets(bo)
	mine.Close()
	theirs.Close()
	bo.sync() // asks for the proof that joins Anna's checkpoint to its own
	bo.alarmed(logForked)
	h.puts(forAnna)
	anna.sync()
	if got := anna.alarms(); len(got) != 1 {
		t.Errorf("Anna's device says %v", got)
	}
}

// As many entries and another tree: two devices that meet without coverage need nobody else to know. Both raise
// the alarm, tell their persons, and have both signed checkpoints to show.
func TestTwoTreesOfOneSizeAreSeenOnBothSidesInACellar(t *testing.T) {
	h := newHouse(t)
	anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
	for d, root := range map[*tablet]byte{anna: 1, bo: 2} {
		note, err := audit.Checkpoint{Org: h.statement.Org(), Size: 1000, Root: audit.Hash{root}}.Sign(h.config.Keys.Log)
		ok(t, err)
		ok(t, d.session.keepWitnessed(witnessed{Own: note}))
	}
	h.stop()
	anna.parts(bo)
	anna.alarmed(logForked)
	bo.alarmed(logForked)
	anna.parts(bo)
	anna.alarmed(logForked) // and once is enough
	bo.alarmed(logForked)
}

// Of another size only a proof can say, and who rewrote the log has none: each device asks at its next sync, on both
// sides of the meeting.
func TestTwoHistoriesWithoutAProofAreSeenOnBothSides(t *testing.T) {
	h := newHouse(t)
	anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
	for d, size := range map[*tablet]int64{anna: 3, bo: 4} {
		note, err := audit.Checkpoint{Org: h.statement.Org(), Size: size, Root: audit.Hash{byte(size)}}.Sign(h.config.Keys.Log)
		ok(t, err)
		ok(t, d.session.keepWitnessed(witnessed{Own: note}))
	}
	anna.parts(bo)
	for _, d := range []*tablet{anna, bo} {
		d.sync()
		if got := d.alarms(); len(got) != 2 {
			t.Errorf("%s's device says %v of two checkpoints that the log never had", d.name, got)
		}
		d.told(LogInconsistent)
		evidence, err := d.LogEvidence()
		ok(t, err)
		if bytes.Count(evidence, []byte("handslag.log/")) != 8 {
			t.Errorf("the evidence is:\n%s", evidence)
		}
	}
}

// Anna heard from a colleague what she then saw herself: two notes over as many entries.
func TestACheckpointThatIsKnownTwiceRaisesNoAlarm(t *testing.T) {
	h := newHouse(t)
	anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
	anna.sync()
	bo.sync()
	w, err := anna.session.witnessed()
	ok(t, err)
	theirs, err := bo.session.witnessed()
	ok(t, err)
	w.Heard = [][]byte{w.Own, w.Own, theirs.Own}
	ok(t, anna.session.keepWitnessed(w))
	h.happens()
	anna.sync()
	if got := anna.alarms(); len(got) != 0 {
		t.Errorf("Anna's device says %v of a log that only grew", got)
	}
}

func TestACheckpointThatIsWithheldIsNoAnswer(t *testing.T) {
	h := newHouse(t)
	anna := h.enrolled("anna.lind")
	anna.sync()
	w, err := anna.session.witnessed()
	ok(t, err)
	if err := anna.grew(anna.session, w, nil); err == nil {
		t.Error("a page without the checkpoint that was asked for is taken")
	}
}

// A log is taken back, and then, with an excuse, again. What was seen first is still there to be shown,
// and what has been told is not told again at each meeting.
func TestEvidenceIsNotBuriedUnderMore(t *testing.T) {
	var w witnessed
	if w.contradicts([]byte("a"), []byte("b")) || !w.contradicts([]byte("a"), []byte("c")) {
		t.Error("what is told already and what is not are mistaken for each other")
	}
	for _, later := range []string{"d", "f", "h"} {
		if w.contradicts([]byte(later), []byte(later+"'")) {
			t.Errorf("%s was never told", later)
		}
	}
	if got := string(bytes.Join(w.Evidence, []byte(" "))); got != "a b h h'" {
		t.Errorf("the evidence is %s", got)
	}
}
