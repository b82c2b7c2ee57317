package connected_test

import (
	"context"
	"database/sql"
	"strings"
	"testing"

	"handslag/app/connected/gate"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
	"handslag/vault/journal/audit"
)

// checkpointAt is the log's own over so many entries, whatever they are.
func (h *house) checkpointAt(size int64, root byte) audit.Checkpoint {
	return audit.Checkpoint{Org: h.statement.Org(), Size: size, Root: audit.Hash{root}}
}

// cosigns is a checkpoint with the device's word behind it.
func (d *device) cosigns(c audit.Checkpoint, key *signed.PrivateKey) []byte {
	d.h.t.Helper()
	note := must[[]byte](d.h.t)(c.Sign(key))
	return audit.Cosigned(note, must[audit.Cosignature](d.h.t)(c.Cosign(d.keys.Device(), d.keys.Public().Witness, signed.At(d.h.clock.Now()), d.keys.Cosign)))
}

// vouches is the checkpoint over the first size entries of the real log, cosigned.
func (d *device) vouches(size int64) []byte {
	d.h.t.Helper()
	return d.cosigns(must[audit.Checkpoint](d.h.t)(d.h.gate.CheckpointAt(context.Background(), size)), d.h.config.Keys.Log)
}

func (d *device) handsCosigned(note []byte) link.Code {
	d.h.t.Helper()
	return code(d.h.t, d.client.Cosign(context.Background(), note))
}

func (d *device) witnesses() link.Witnesses {
	d.h.t.Helper()
	return must[link.Witnesses](d.h.t)(d.client.Witnesses(context.Background()))
}

func TestWhoVouchesForTheLogIsTold(t *testing.T) {
	h := newHouse(t, live)
	anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
	bo.hands(bo.batch(bo.items(20)...))
	for _, hand := range []struct {
		d    *device
		size int64
	}{{bo, 10}, {bo, 20}, {bo, 15}, {anna, 20}, {anna, 20}} {
		if got := hand.d.handsCosigned(hand.d.vouches(hand.size)); got != "" {
			t.Fatalf("%s, %d: %s", hand.d.name, hand.size, got)
		}
	}
	told := anna.witnesses()
	if told.Count != 2 || len(told.Witnesses) != 2 || told.Size < 21 {
		t.Fatalf("%+v", told)
	}
	for _, w := range told.Witnesses {
		if w.Size != 20 || !w.Fits || w.At != signed.At(h.clock.Now()) || w.Person.Username == "" {
			t.Errorf("%+v", w)
		}
	}
	note, all, err := audit.SplitCosigned(told.Checkpoint)
	ok(t, err)
	c := must[audit.Checkpoint](t)(audit.OpenCheckpoint(note, h.statement.Org(), h.statement.Log))
	if len(all) != 2 || c.Size != 20 {
		t.Errorf("%d witnesses of %+v", len(all), c)
	}
	bo.handsCosigned(bo.vouches(22))
	told = anna.witnesses()
	if note, all, err := audit.SplitCosigned(told.Checkpoint); err != nil || len(all) != 1 || !strings.Contains(string(note), "\n22\n") {
		t.Errorf("the newest is %s", told.Checkpoint)
	}
	if v := h.sound(); v.Witnesses != 2 {
		t.Errorf("verified with %d witnesses", v.Witnesses)
	}
	looked := 0
	for _, row := range anna.log(link.LogFilter{Person: "anna.lind"}).Rows {
		if row.Kind == journal.LogRead && row.Route == link.PathWitnesses {
			looked++
		}
	}
	if looked != 2 {
		t.Errorf("it was looked at twice, and %d entries say so", looked)
	}
	h.restart()
	if told := anna.witnesses(); told.Count != 2 {
		t.Errorf("after a restart: %+v", told)
	}
}

func TestAWordThatIsNotTheDevicesIsRefused(t *testing.T) {
	h := newHouse(t, live)
	anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
	real := must[audit.Checkpoint](t)(h.gate.CheckpointAt(context.Background(), 5))
	note := must[[]byte](t)(real.Sign(h.config.Keys.Log))
	foreign := real
	foreign.Org = link.NewCall("", "", "", "", "", nil, 0).Org
	for what, body := range map[string][]byte{
		"nothing":                               nil,
		"a checkpoint that nobody has cosigned": note,
		"a colleague's word":                    anna.vouches(5),
		"a colleague's beside one's own":        append(bo.vouches(5), anna.vouches(5)[len(note):]...),
		"another key's checkpoint":              bo.cosigns(real, newKey(t)),
		"another organisation's":                bo.cosigns(foreign, h.config.Keys.Log),
		"a word on another checkpoint":          append(append([]byte{}, note...), bo.vouches(6)[len(must[[]byte](t)(must[audit.Checkpoint](t)(h.gate.CheckpointAt(context.Background(), 6)).Sign(h.config.Keys.Log))):]...),
		"garbage":                               []byte("handslag.log/x\n"),
	} {
		if got := bo.handsCosigned(body); got != link.CodeBadRequest {
			t.Errorf("%s: %q", what, got)
		}
	}
	if got := bo.handsCosigned(make([]byte, audit.CosignedLimit+1)); got != link.CodeTooLarge {
		t.Errorf("without end: %q", got)
	}
	if told := anna.witnesses(); told.Count != 0 || told.Checkpoint != nil {
		t.Errorf("%+v", told)
	}
}

// A device comes with a checkpoint that the log key has signed and that is not this log's: two histories, or one
// that was taken back. It is kept, told, and stays although the device then goes on.
func TestAWordAgainstTheLogIsKeptAndTold(t *testing.T) {
	for what, c := range map[string]func(h *house) audit.Checkpoint{
		"another root":     func(h *house) audit.Checkpoint { return h.checkpointAt(5, 1) },
		"more than it has": func(h *house) audit.Checkpoint { return h.checkpointAt(5000, 1) },
	} {
		h := newHouse(t, live)
		anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
		if got := bo.handsCosigned(bo.cosigns(c(h), h.config.Keys.Log)); got != "" {
			t.Fatalf("%s: %s", what, got)
		}
		if got := bo.finds(anna); got != "log_alarm open" {
			t.Errorf("%s: %s", what, got)
		}
		bo.handsCosigned(bo.vouches(7))
		if told := anna.witnesses(); len(told.Witnesses) != 1 || told.Witnesses[0].Fits || told.Checkpoint != nil {
			t.Errorf("%s: %+v", what, told)
		}
		if v := must[gate.Verification](t)(h.gate.VerifyAll(context.Background())); v.Sound() || !strings.Contains(v.Problems[0], "has seen a log") {
			t.Errorf("%s: %v", what, v.Problems)
		}
	}
}

// What a device says in its journal of another history of the log is told too.
func TestADevicesAlarmIsTold(t *testing.T) {
	h := newHouse(t, live)
	anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
	bo.hands(bo.batch(bo.say(journal.Entry{Kind: journal.LogInconsistent, Code: "forked", Count: 5, Ref: make([]byte, 32)}, nil)))
	if got := bo.finds(anna); got != "log_alarm open" {
		t.Errorf("findings: %s", got)
	}
}

// A word in the database that its device did not give is a problem, and nobody's word.
func TestAForgedWordIsNobodys(t *testing.T) {
	h := newHouse(t, live)
	anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
	bo.handsCosigned(bo.vouches(5))
	db := h.database()
	defer db.Close()
	result := must[sql.Result](t)(db.Exec(`UPDATE cosignatures SET device_id = '` + string(anna.keys.Device()) + `'`))
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	if told := anna.witnesses(); len(told.Witnesses) != 0 || told.Checkpoint != nil {
		t.Errorf("%+v", told)
	}
	if v := must[gate.Verification](t)(h.gate.VerifyAll(context.Background())); len(v.Problems) != 1 || !strings.Contains(v.Problems[0], "what it vouched for does not hold") {
		t.Errorf("verify says %q", v.Problems)
	}
}
