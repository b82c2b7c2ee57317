package connected_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"handslag/app/connected/feed"
	"handslag/app/connected/feed/feedtest"
	"handslag/app/connected/gate"
	"handslag/vault/journal"
)

// tells is what lines tell of findings: code, how often by then, and whether it closed, in their order.
func tells(lines []feed.Line) string {
	var all []string
	for _, line := range lines {
		switch {
		case !line.System:
		case line.Kind == journal.FindingNoted:
			all = append(all, fmt.Sprintf("%s %d", line.Code, line.Count))
		case line.Kind == journal.FindingClosed:
			all = append(all, line.Code+" closed")
		}
	}
	return strings.Join(all, ", ")
}

// What is noticed leaves with the log, in its order: when it is new, when it has been noticed twice as often, and
// when it closes.
func TestFindingsLeaveWithTheLog(t *testing.T) {
	h := newHouse(t, live)
	dora, bo := h.exporter(), h.enrolled("bo.ek")
	items := bo.items(4)
	cursor := ""
	since := func() string {
		t.Helper()
		var all []feed.Line
		for {
			page := dora.exports(cursor)
			if len(page) == 0 {
				return tells(all)
			}
			all, cursor = append(all, page...), page[len(page)-1].Cursor
		}
	}
	forged := journal.Item{Entry: bytes.Clone(items[0].Entry)}
	forged.Entry[len(forged.Entry)-1] ^= 1
	for _, step := range []struct {
		what  string
		items []journal.Item
		times int
		want  string
	}{
		{"the third and fourth come without the second", []journal.Item{items[0], items[2], items[3]}, 1, "gap 2"},
		{"they come again", []journal.Item{items[2], items[3]}, 1, ""},
		{"the second comes", []journal.Item{items[1]}, 1, "gap closed"},
		{"and once more", []journal.Item{items[1]}, 3, ""},
		{"what the device did not sign comes", []journal.Item{forged}, 1, "bad_signature 1"},
		{"and again and again", []journal.Item{forged}, 20, "bad_signature 2, bad_signature 4, bad_signature 8, bad_signature 16"},
	} {
		for range step.times {
			bo.hands(bo.batch(step.items...))
		}
		if got := since(); got != step.want {
			t.Errorf("%s: told is %q, want %q", step.what, got, step.want)
		}
	}
	names := map[string]string{}
	for _, line := range h.export("") {
		if line.Kind != journal.FindingNoted && line.Kind != journal.FindingClosed {
			continue
		}
		if line.Peer != bo.keys.Device() || line.Person == "" || names[line.Code] != "" && names[line.Code] != line.Pair {
			t.Errorf("%s is told as %+v", line.Code, line)
		}
		names[line.Code] = line.Pair
	}
	if names["gap"] == names["bad_signature"] {
		t.Error("two findings have one name")
	}
	h.sound()
}

// A fork and a clone, and what an administrator closes.
func TestAClonesFindingsLeaveWithTheLog(t *testing.T) {
	h := newHouse(t, live)
	bo := h.enrolled("bo.ek")
	bo.works()
	copied := *bo
	for _, d := range []*device{bo, &copied, &copied, bo} {
		h.clock.pass(time.Hour)
		d.works()
	}
	ok(t, h.gate.ReleaseDevice(context.Background(), bo.keys.Device()))
	if got := tells(h.export("")); !strings.HasPrefix(got, "fork 1, ") || !strings.Contains(got, "clone 1") || !strings.HasSuffix(got, "clone closed") {
		t.Errorf("told is %s", got)
	}
	h.sound()
}

// A half that nobody answers is told of to who takes the log, though nobody looks at findings or hands anything in.
func TestALoneHalfIsToldToWhoTakesTheLog(t *testing.T) {
	for way, takes := range map[string]func(*house, *device){
		"the administrator": func(h *house, _ *device) { h.export("") },
		"an exporter":       func(_ *house, dora *device) { dora.exports("") },
		"by syslog": func(h *house, _ *device) {
			f, ctx := h.gate.Feed("syslog"), context.Background()
			for page := must[[]feed.Entry](h.t)(f.Take(ctx, "x", time.Minute, 1000)); len(page) > 0; page = must[[]feed.Entry](h.t)(f.Take(ctx, "x", time.Minute, 1000)) {
				ok(h.t, f.Delivered(ctx, "x", page[len(page)-1]))
			}
		},
	} {
		t.Run(way, func(t *testing.T) {
			h := newHouse(t, live)
			bo, gone := h.enrolled("bo.ek"), h.newDevice("anna.lind")
			half := bo.say(journal.Entry{Kind: journal.Verified, Peer: gone.keys.Device(), Pair: bytes.Repeat([]byte{7}, 32), Code: "two_scans"}, nil)
			bo.hands(bo.batch(half))
			h.clock.pass(60 * 24 * time.Hour)
			takes(h, h.exporter())
			var codes []string
			db := h.database()
			defer db.Close()
			rows := must[*sql.Rows](t)(db.Query("SELECT kind FROM entries WHERE kind = 'system.finding_noted'"))
			for rows.Next() {
				var kind string
				ok(t, rows.Scan(&kind))
				codes = append(codes, kind)
			}
			if len(codes) != 1 {
				t.Errorf("told is %v", codes)
			}
			h.sound()
		})
	}
}

// Two processes send, one is killed while it has findings in hand, and one starts anew: each is told at least once, and
// what comes twice has the same ID.
func TestTheReceiverGetsEachFinding(t *testing.T) {
	h, ctx := newHouse(t, live), context.Background()
	bo := h.enrolled("bo.ek")
	items := bo.items(2)
	bo.hands(bo.batch(items[1]))
	if got := must[[]feed.Entry](t)(h.gate.Feed("syslog").Take(ctx, "who is killed", 2*time.Minute, 1000)); len(got) == 0 {
		t.Fatal("nothing is taken")
	}
	bo.hands(bo.batch(items[0]))
	h.clock.pass(3 * time.Minute)
	l := feedtest.Listen(t, feedtest.Conduct{ReadMessages: 2}, feedtest.Conduct{})
	n := len(h.export(""))
	end := runs(h.job(l, quietly), h.beside().job(l, quietly))
	l.Until(inTime(t), upTo(n))
	end()
	h.restart()
	bo.visits(h).works()
	n = len(h.export(""))
	end = runs(h.job(l, quietly))
	l.Until(inTime(t), upTo(n))
	end()
	told := map[string][]string{}
	for _, m := range l.Received() {
		if kind := m.Data["kind"]; strings.HasPrefix(kind, "system.finding") && !slices.Contains(told[kind], m.Data["id"]) {
			told[kind] = append(told[kind], m.Data["id"])
			if m.Data["code"] != "gap" || m.Data["peer"] != string(bo.keys.Device()) {
				t.Errorf("told is %v", m.Data)
			}
		}
	}
	if len(told["system.finding_noted"]) != 1 || len(told["system.finding_closed"]) != 1 {
		t.Errorf("told is %v", told)
	}
}

// As OCSF has it, a finding keeps its name from its beginning to its end.
func TestAFindingIsOneInOCSF(t *testing.T) {
	h := newHouse(t, live)
	dora, bo := h.exporter(), h.enrolled("bo.ek")
	items := bo.items(2)
	bo.hands(bo.batch(items[1]))
	bo.hands(bo.batch(items[0]))
	var got []string
	uids := map[string]bool{}
	for line := range bytes.Lines(must[[]byte](t)(dora.client.ExportLog(context.Background(), "", "ocsf"))) {
		var v struct {
			Class    int                         `json:"class_uid"`
			Type     int                         `json:"type_uid"`
			Severity int                         `json:"severity_id"`
			Status   int                         `json:"status_id"`
			Finding  struct{ UID, Title string } `json:"finding_info"`
		}
		ok(t, json.Unmarshal(line, &v))
		if v.Class == 2004 {
			got = append(got, fmt.Sprint(v.Type, " ", v.Finding.Title, " severity ", v.Severity, " status ", v.Status))
			uids[v.Finding.UID] = true
		}
	}
	if want := []string{"200401 gap severity 3 status 1", "200403 gap severity 1 status 4"}; !slices.Equal(got, want) || len(uids) != 1 {
		t.Errorf("OCSF has %q, %d names", got, len(uids))
	}
}

// A call that fails leaves neither a finding nor an entry of one.
func TestAFindingAndItsEntryAreOneDeed(t *testing.T) {
	h := newHouse(t, live)
	bo := h.enrolled("bo.ek")
	before := h.export("")
	items := bo.items(2)
	db := h.database()
	defer db.Close()
	must[sql.Result](t)(db.Exec("ALTER TABLE chains RENAME TO chains_away"))
	if _, err := bo.client.Journal(context.Background(), bo.batch(items[1])); err == nil {
		t.Fatal("a batch is taken without a chain")
	}
	must[sql.Result](t)(db.Exec("ALTER TABLE chains_away RENAME TO chains"))
	h.sound()
	if after := h.export(before[len(before)-1].Cursor); tells(after) != "" {
		t.Errorf("told is %s", tells(after))
	}
}

// One that has closed stays closed.
func TestAFindingThatIsOpenedAgainIsMissed(t *testing.T) {
	h := newHouse(t, live)
	bo := h.enrolled("bo.ek")
	items := bo.items(2)
	bo.hands(bo.batch(items[1]))
	bo.hands(bo.batch(items[0]))
	h.sound()
	h.sql(`UPDATE findings SET closed_at = 0`)
	if v := must[gate.Verification](t)(h.gate.VerifyAll(context.Background())); len(v.Problems) != 1 || !strings.Contains(v.Problems[0], "otherwise whether it is open") {
		t.Errorf("verify says %q", v.Problems)
	}
}

// Who takes a finding away in the database, closes it or makes one up, is seen by connected verify.
func TestAFindingTakenAwayIsMissed(t *testing.T) {
	for what, c := range map[string]struct{ statement, says string }{
		"taken away":      {"DELETE FROM findings", "is told of and not there"},
		"closed":          {"UPDATE findings SET closed_at = 7", "otherwise whether it is open"},
		"made rarer":      {"UPDATE findings SET times = 1", "noticed 1 times"},
		"another's":       {"UPDATE findings SET device_id = ''", "the log tells nothing of it"},
		"called else":     {"UPDATE findings SET code = 'clock'", "the log tells nothing of it"},
		"made up":         {"INSERT INTO findings (id, code, device_id, person_id, generation, seq, hash, at, times, closed_at) SELECT 99, 'fork', device_id, person_id, 7, 7, hash, at, 1, 0 FROM findings", "the log tells nothing of it"},
		"somebody else's": {"UPDATE findings SET person_id = 'p-other'", "about somebody else"},
		"left as it is":   {"UPDATE findings SET person_id = person_id", ""},
		"opened, closed":  {"UPDATE findings SET closed_at = 0", ""},
	} {
		t.Run(what, func(t *testing.T) {
			h := newHouse(t, live)
			bo := h.enrolled("bo.ek")
			bo.hands(bo.batch(bo.items(3)[1:]...))
			db := h.database()
			must[sql.Result](t)(db.Exec(c.statement))
			ok(t, db.Close())
			v, err := h.gate.VerifyAll(context.Background())
			ok(t, err)
			if v.Sound() != (c.says == "") || c.says != "" && !strings.Contains(strings.Join(v.Problems, "\n"), c.says) {
				t.Errorf("verify says %q", v.Problems)
			}
		})
	}
}
