package connected_test

import (
	"bytes"
	"context"
	"database/sql"
	"strings"
	"sync"
	"testing"

	"handslag/app/connected/gate"
	"handslag/sync/link"
	"handslag/vault/journal"
)

// unsigned is the item with a signature that does not hold: everything that it says is as it was.
func unsigned(item journal.Item) journal.Item {
	item.Entry = bytes.Clone(item.Entry)
	item.Entry[len(item.Entry)-1] ^= 1
	return item
}

// A device's last signature vouches for what it said before: its receipt does not wait for the others, and one
// that does not hold is a finding at its entry, once, whoever looks.
func TestASignatureThatDoesNotHoldIsFoundBehindTheReceipt(t *testing.T) {
	h := newHouse(t, live)
	ctx := context.Background()
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	said := []journal.Item{
		bo.say(journal.Entry{Kind: journal.Unlocked}, nil),
		bo.say(journal.Entry{Kind: journal.RecordOpened, Subject: "s-maj", Record: "r-maj", RecordVersion: 1}, &journal.Details{Reason: "läcka"}),
		bo.say(journal.Entry{Kind: journal.RecordClosed, Subject: "s-maj", Record: "r-maj"}, nil),
		bo.say(journal.Entry{Kind: journal.Locked}, nil),
	}
	said[1] = unsigned(said[1])
	if to := bo.hands(bo.batch(said...)); to != 4 {
		t.Errorf("the receipt reaches entry %d", to)
	}
	if v := must[gate.Verification](t)(h.gate.VerifyAll(ctx)); v.Sound() {
		t.Error("before anybody has found it, the log is called sound")
	}
	before := must[gate.Figures](t)(h.gate.Figures(ctx))
	if before.Unchecked != before.Entries {
		t.Errorf("%d of %d wait", before.Unchecked, before.Entries)
	}
	beside := must[*gate.Gate](t)(gate.Open(ctx, h.config)) // as another process would
	defer beside.Close(ctx)
	var both sync.WaitGroup
	for _, g := range []*gate.Gate{h.gate, beside} {
		both.Go(func() {
			if err := g.CheckedSignatures(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	ok(t, h.gate.CheckedSignatures(ctx)) // what tells of the finding
	if after := must[gate.Figures](t)(h.gate.Figures(ctx)); after.Unchecked != 0 {
		t.Errorf("%d wait still", after.Unchecked)
	}
	if got := bo.finds(anna); got != "bad_signature open" {
		t.Errorf("findings: %s", got)
	}
	db := h.database()
	defer db.Close()
	var times int
	ok(t, db.QueryRow("SELECT times FROM findings WHERE code = 'bad_signature'").Scan(&times))
	if times != 1 {
		t.Errorf("it was found %d times", times)
	}
	for _, row := range anna.log(link.LogFilter{Device: bo.keys.Device()}).Rows {
		if marked := len(row.Findings) > 0; marked != (row.Kind == journal.RecordOpened) {
			t.Errorf("%s is marked: %v", row.Kind, row.Findings)
		}
	}
	if v := h.sound(); v.Unsigned != 1 || v.Held != 0 {
		t.Errorf("%+v", v)
	}
	if to := bo.hands(bo.batch(bo.items(2)...)); to != 6 {
		t.Errorf("it goes on to entry %d", to)
	}
	ok(t, h.gate.CheckedSignatures(ctx))
	if got := bo.finds(anna); got != "bad_signature open" {
		t.Errorf("findings later: %s", got)
	}
}

// The last of a run vouches for nothing where its own signature does not hold: it is not taken, and the one before it is
// asked.
func TestNothingVouchesButASignatureThatHolds(t *testing.T) {
	h := newHouse(t, live)
	ctx := context.Background()
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	said := bo.items(3)
	if to := bo.hands(bo.batch(said[0], said[1], unsigned(said[2]))); to != 2 {
		t.Errorf("the receipt reaches entry %d", to)
	}
	if got := bo.finds(anna); got != "bad_signature open" {
		t.Errorf("findings: %s", got)
	}
	if to := bo.hands(bo.batch(said[2])); to != 3 {
		t.Errorf("with its signature: entry %d", to)
	}
	all := bo.items(4) // another's entry between two runs, and what names another before it
	foreign := anna.say(journal.Entry{Kind: journal.Unlocked}, nil)
	if to := bo.hands(bo.batch(unsigned(all[0]), foreign, all[1])); to != 3 {
		t.Errorf("with nobody to vouch for it entry %d is covered", to)
	}
	if to := bo.hands(bo.batch(unsigned(all[0]), all[2], all[3])); to != 3 {
		t.Errorf("with one to vouch who names another, entry %d is covered", to)
	}
	if to := bo.hands(bo.batch(all...)); to != 7 {
		t.Errorf("whole: entry %d", to)
	}
	ok(t, h.gate.CheckedSignatures(ctx))
	if v := h.sound(); v.Unsigned != 0 {
		t.Errorf("%+v", v)
	}
}

// Who carries another's journal could spoil signatures in it, and with a receipt the device would drop the good
// ones: so from other hands each is checked before.
func TestACarrierCanNotSpoilSignatures(t *testing.T) {
	h := newHouse(t, live)
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	said := bo.items(3)
	if to := anna.carries(bo, bo.batch(said[0], unsigned(said[1]), said[2])); to != 1 {
		t.Errorf("by Anna: the receipt reaches entry %d", to)
	}
	if status, answer := h.post(t, link.PathJournal, bo.batch(said[0], unsigned(said[1]), said[2])); status != 200 || bo.reach(answer) != 1 {
		t.Errorf("by a stranger: %d", status)
	}
	if to := bo.hands(bo.batch(said...)); to != 3 {
		t.Errorf("by Bo: the receipt reaches entry %d", to)
	}
	ok(t, h.gate.CheckedSignatures(context.Background()))
	if v := h.sound(); v.Unsigned != 0 {
		t.Errorf("%+v", v)
	}
}

// A known entry that comes again under a signature that is none tells of no second program with its key.
func TestASpoiltCopyIsNoFork(t *testing.T) {
	h := newHouse(t, live)
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	said := bo.items(2)
	bo.hands(bo.batch(said...))
	bo.hands(bo.batch(unsigned(said[0]), said[1]))
	if got := bo.finds(anna); got != "bad_signature open" {
		t.Errorf("findings: %s", got)
	}
}

// Whoever has the file can spoil a signature and say that it was so: nothing that comes after vouches for the
// newest.
func TestASpoiltSignatureInTheFileIsSeen(t *testing.T) {
	h := newHouse(t, live)
	bo := h.enrolled("bo.ek")
	said := bo.items(2)
	bo.hands(bo.batch(said...))
	h.sound()
	db := h.database()
	defer db.Close()
	var hash []byte
	ok(t, db.QueryRow("SELECT hash FROM entries WHERE is_system = 0 AND seq = 2").Scan(&hash))
	must[sql.Result](t)(db.Exec("UPDATE entries SET raw = $1 WHERE hash = $2", unsigned(said[1]).Entry, hash))
	must[sql.Result](t)(db.Exec(`INSERT INTO findings (id, code, device_id, person_id, generation, seq, hash, at, times, closed_at)
		VALUES (999, 'bad_signature', $1, 'p', 1, 2, $2, 1, 1, 0)`, string(bo.keys.Device()), hash))
	v := must[gate.Verification](t)(h.gate.VerifyAll(context.Background()))
	if told := strings.Join(v.Problems, "\n"); !strings.Contains(told, "nothing vouches") || !strings.Contains(told, "tree") {
		t.Errorf("problems: %s", told)
	}
}
