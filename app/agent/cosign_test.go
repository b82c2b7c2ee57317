package agent

import (
	"net/http"
	"testing"
	"time"

	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal/audit"
)

// vouchedFor is how long a log each device has vouched for, as the connected system has it.
func (h *house) vouchedFor(reviewer *tablet) map[string]uint64 {
	h.t.Helper()
	s := reviewer.session
	client := link.NewClient(s.who().statement, s.keys, link.ClientOptions{Time: s.clock.Server()})
	defer client.Close()
	told, err := client.Witnesses(h.t.Context())
	ok(h.t, err)
	all := map[string]uint64{}
	for _, w := range told.Witnesses {
		all[w.Person.Username] = w.Size
	}
	return all
}

// rotatesLog puts a new log key in the place of the one in force, and may forget the former ones.
func (h *house) rotatesLog(forget bool) {
	h.t.Helper()
	h.stop()
	key, keys := newKey(h.t), &h.config.Keys
	h.statement.Number++
	former := h.statement.Log
	h.statement.Log = []signed.Key{key.Public()}
	keys.FormerLog = append([]*signed.PrivateKey{keys.Log}, keys.FormerLog...)
	if forget {
		keys.FormerLog = nil
	} else {
		h.statement.Log = append(h.statement.Log, former...)
	}
	message, err := signed.Sign(signed.DomainStatement, h.root, h.statement)
	ok(h.t, err)
	keys.Log, keys.Statement, keys.Parsed = key, message, h.statement
	h.back()
}

func (d *tablet) seen() audit.Checkpoint {
	d.h.t.Helper()
	w, err := d.session.witnessed()
	ok(d.h.t, err)
	c, err := d.session.remembered(w.Own)
	ok(d.h.t, err)
	return c
}

func TestADeviceVouchesForWhatItHasSeenGrow(t *testing.T) {
	h := newHouse(t)
	anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
	anna.sync()
	bo.sync()
	first := h.vouchedFor(anna)
	if first["bo.ek"] == 0 || first["anna.lind"] == 0 {
		t.Fatalf("%v", first)
	}
	h.happens()
	bo.sync()
	if now := h.vouchedFor(anna); now["bo.ek"] != first["bo.ek"] {
		t.Errorf("it says the same again at once: %v after %v", now, first)
	}
	h.pass(vouchEvery + time.Second)
	bo.sync()
	if now := h.vouchedFor(anna); now["bo.ek"] <= first["bo.ek"] || now["bo.ek"] != uint64(bo.seen().Size) {
		t.Errorf("%v after %v, and it has seen %d", now, first, bo.seen().Size)
	}
}

// Who has seen two histories vouches for neither, now or later.
func TestWhoHasSeenTwoHistoriesVouchesForNeither(t *testing.T) {
	h := newHouse(t)
	anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
	anna.sync()
	bo.sync()
	yesterday := h.copies()
	h.pass(vouchEvery + time.Second)
	for range 30 {
		h.happens()
	}
	bo.sync()
	h.puts(yesterday)
	before := h.vouchedFor(anna)["bo.ek"]
	for range 3 {
		h.pass(vouchEvery + time.Second)
		h.happens()
		bo.sync()
	}
	bo.alarmed(logShrank)
	if now := h.vouchedFor(anna)["bo.ek"]; now != before {
		t.Errorf("it vouches for %d, after %d", now, before)
	}
}

// That the word does not arrive, or is not wanted, fails no sync.
func TestASyncEndsWithoutItsWordOnTheLog(t *testing.T) {
	h := newHouse(t)
	bo := h.enrolled("bo.ek")
	h.cut(func(r *http.Request) bool { return r.URL.Path == link.PathCosignatures })
	bo.sync()
	w, err := bo.session.witnessed()
	ok(t, err)
	if len(w.Own) == 0 || len(w.Vouched) != 0 {
		t.Errorf("%d bytes seen, %d vouched for", len(w.Own), len(w.Vouched))
	}
	h.cut(nil)
	bo.sync()
	if w, err = bo.session.witnessed(); err != nil || len(w.Vouched) == 0 {
		t.Errorf("and never again: %v", err)
	}
}

func TestWhatIsVouchedForNothingSpeaksAgainst(t *testing.T) {
	now := signed.Time(1_000_000_000_000)
	for what, c := range map[string]struct {
		w    witnessed
		want bool
	}{
		"nothing was seen":                 {witnessed{}, false},
		"the first":                        {witnessed{Own: []byte("a")}, true},
		"the same":                         {witnessed{Own: []byte("a"), Vouched: []byte("a")}, false},
		"another, long after":              {witnessed{Own: []byte("b"), Vouched: []byte("a"), VouchedAt: 1}, true},
		"another, at once":                 {witnessed{Own: []byte("b"), Vouched: []byte("a"), VouchedAt: now}, false},
		"another, of a clock set back":     {witnessed{Own: []byte("b"), Vouched: []byte("a"), VouchedAt: now + 1}, true},
		"against evidence":                 {witnessed{Own: []byte("a"), Evidence: [][]byte{{1}, {2}}}, false},
		"before a colleague's is compared": {witnessed{Own: []byte("a"), Heard: [][]byte{{1}}}, false},
	} {
		if got := c.w.vouches(now); got != c.want {
			t.Errorf("%s: %v", what, got)
		}
	}
}

// An organisation rotates its log key and forgets the former ones. What a device has seen it has seen: the log that
// was rewritten meanwhile is another one all the same.
func TestARotationMakesNoDeviceForget(t *testing.T) {
	for what, forget := range map[string]bool{"the former key still verifies": false, "the former key is gone": true} {
		h := newHouse(t)
		anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
		yesterday := h.copies()
		h.happens()
		anna.sync()
		bo.sync()
		h.puts(yesterday)
		h.rotatesLog(forget)
		for range 12 {
			h.happens()
		}
		anna.sync()
		if got := anna.alarms(); len(got) != 1 {
			t.Errorf("%s: %v", what, got)
		}
	}
}

// Bo has missed three rotations, and meets somebody who has not: both have seen the same log.
func TestACellarBridgesRotations(t *testing.T) {
	h := newHouse(t)
	anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
	bo.sync()
	for range 3 {
		h.rotatesLog(false)
		anna.sync()
	}
	h.stop()
	bo.parts(anna)
	w, err := bo.session.witnessed()
	ok(t, err)
	if len(w.Heard) != 1 {
		t.Errorf("Bo's device waits to compare %d checkpoints", len(w.Heard))
	}
	h.back()
	anna.sync()
	bo.sync()
	if got := append(anna.alarms(), bo.alarms()...); len(got) != 0 {
		t.Errorf("alarms: %v", got)
	}
	if w, err = bo.session.witnessed(); err != nil || len(w.Heard) != 0 || len(w.Evidence) != 0 {
		t.Errorf("%d wait, %d contradict, %v", len(w.Heard), len(w.Evidence), err)
	}
}
