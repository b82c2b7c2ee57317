package connected_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"handslag/app/connected"
	"handslag/app/connected/gate"
	"handslag/identity"
	"handslag/identity/access"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// golden is every route by every kind of caller: the refusal's code, or ok; of changes, which
// records and assignments came; of enrol, which asks for a password and no proof, the same with the caller's
// own password (a stranger guesses one).
const golden = `
caller                   | health | contract | statement | ways in | sign-in   | credential         | changes             | journal     | segments    | log                | findings           | spread             | checkpoint         | growth             | inclusion          | tile               | leaves             | cosigned           | witnesses          | export             | evidence           | erase              | erasure            | attach             | chunk up           | chunk              | waiting      | enrol
nobody                   | ok     | ok       | ok        | ok      | not_found | no_proof           | no_proof            | ok          | ok          | no_proof           | no_proof           | no_proof           | no_proof           | no_proof           | no_proof           | no_proof           | no_proof           | no_proof           | no_proof           | no_proof           | no_proof           | no_proof           | no_proof           | no_proof           | no_proof           | no_proof           | no_proof     | wrong_password
a proof that is garbage  | ok     | ok       | ok        | ok      | not_found | bad_proof          | bad_proof           | ok          | ok          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof    | ok
another key's proof      | ok     | ok       | ok        | ok      | not_found | bad_proof          | bad_proof           | ok          | ok          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof    | ok
a proof for another call | ok     | ok       | ok        | ok      | not_found | bad_proof          | bad_proof           | ok          | ok          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof    | ok
a device nobody enrolled | ok     | ok       | ok        | ok      | not_found | bad_proof          | bad_proof           | ok          | ok          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof    | ok
a proof seen before      | ok     | ok       | ok        | ok      | not_found | replayed           | replayed            | replayed    | replayed    | replayed           | replayed           | replayed           | replayed           | replayed           | replayed           | replayed           | replayed           | replayed           | replayed           | replayed           | replayed           | replayed           | replayed           | replayed           | replayed           | replayed           | bad_proof    | ok
a proof of an hour ago   | ok     | ok       | ok        | ok      | not_found | stale_proof        | stale_proof         | stale_proof | stale_proof | stale_proof        | stale_proof        | stale_proof        | stale_proof        | stale_proof        | stale_proof        | stale_proof        | stale_proof        | stale_proof        | stale_proof        | stale_proof        | stale_proof        | stale_proof        | stale_proof        | stale_proof        | stale_proof        | stale_proof        | bad_proof    | ok
a proof without a time   | ok     | ok       | ok        | ok      | not_found | stale_proof        | stale_proof         | stale_proof | stale_proof | stale_proof        | stale_proof        | stale_proof        | stale_proof        | stale_proof        | stale_proof        | stale_proof        | stale_proof        | stale_proof        | stale_proof        | stale_proof        | stale_proof        | stale_proof        | stale_proof        | stale_proof        | stale_proof        | stale_proof        | bad_proof    | ok
a proof of tomorrow      | ok     | ok       | ok        | ok      | not_found | stale_proof        | stale_proof         | stale_proof | stale_proof | stale_proof        | stale_proof        | stale_proof        | stale_proof        | stale_proof        | stale_proof        | stale_proof        | stale_proof        | stale_proof        | stale_proof        | stale_proof        | stale_proof        | stale_proof        | stale_proof        | stale_proof        | stale_proof        | stale_proof        | bad_proof    | ok
a revoked device         | ok     | ok       | ok        | ok      | not_found | device_revoked     | device_revoked      | ok          | ok          | device_revoked     | device_revoked     | device_revoked     | device_revoked     | device_revoked     | device_revoked     | device_revoked     | device_revoked     | device_revoked     | device_revoked     | device_revoked     | device_revoked     | device_revoked     | device_revoked     | device_revoked     | device_revoked     | device_revoked     | bad_proof    | device_revoked
an expired credential    | ok     | ok       | ok        | ok      | not_found | credential_expired | credential_expired  | ok          | ok          | credential_expired | credential_expired | credential_expired | credential_expired | credential_expired | credential_expired | credential_expired | credential_expired | credential_expired | credential_expired | credential_expired | credential_expired | credential_expired | credential_expired | credential_expired | credential_expired | credential_expired | bad_proof    | ok
a disabled user          | ok     | ok       | ok        | ok      | not_found | user_disabled      | user_disabled       | ok          | ok          | user_disabled      | user_disabled      | user_disabled      | user_disabled      | user_disabled      | user_disabled      | user_disabled      | user_disabled      | user_disabled      | user_disabled      | user_disabled      | user_disabled      | user_disabled      | user_disabled      | user_disabled      | user_disabled      | user_disabled      | bad_proof    | user_disabled
the wrong role           | ok     | ok       | ok        | ok      | not_found | ok                 | none                | ok          | ok          | forbidden          | forbidden          | forbidden          | ok                 | ok                 | ok                 | ok                 | forbidden          | ok                 | forbidden          | forbidden          | forbidden          | forbidden          | forbidden          | forbidden          | forbidden          | forbidden          | bad_proof    | ok
the right role elsewhere | ok     | ok       | ok        | ok      | not_found | ok                 | none                | ok          | ok          | ok                 | ok                 | not_found          | ok                 | ok                 | ok                 | ok                 | forbidden          | ok                 | forbidden          | forbidden          | not_found          | forbidden          | forbidden          | forbidden          | forbidden          | forbidden          | bad_proof    | ok
a caretaker              | ok     | ok       | ok        | ok      | not_found | ok                 | r-maj W-2002 W-2300 | ok          | ok          | forbidden          | forbidden          | forbidden          | ok                 | ok                 | ok                 | ok                 | forbidden          | ok                 | forbidden          | forbidden          | forbidden          | forbidden          | forbidden          | attachment_unsaid  | not_found          | ok                 | bad_proof    | ok
a restricted record      | ok     | ok       | ok        | ok      | not_found | ok                 | W-2002 W-2300       | ok          | ok          | forbidden          | forbidden          | forbidden          | ok                 | ok                 | ok                 | ok                 | forbidden          | ok                 | forbidden          | forbidden          | forbidden          | forbidden          | forbidden          | restricted         | restricted         | restricted         | bad_proof    | ok
a caretaker no longer    | ok     | ok       | ok        | ok      | not_found | ok                 | none                | ok          | ok          | forbidden          | forbidden          | forbidden          | ok                 | ok                 | ok                 | ok                 | forbidden          | ok                 | forbidden          | forbidden          | forbidden          | forbidden          | forbidden          | forbidden          | forbidden          | forbidden          | bad_proof    | ok
a unit's reviewer        | ok     | ok       | ok        | ok      | not_found | ok                 | r-maj W-2002 W-2300 | ok          | ok          | ok                 | ok                 | ok                 | ok                 | ok                 | ok                 | ok                 | forbidden          | ok                 | forbidden          | forbidden          | not_found          | forbidden          | forbidden          | attachment_unsaid  | not_found          | ok                 | bad_proof    | ok
a unit's exporter        | ok     | ok       | ok        | ok      | not_found | ok                 | r-maj W-2002 W-2300 | ok          | ok          | forbidden          | forbidden          | forbidden          | ok                 | ok                 | ok                 | ok                 | forbidden          | ok                 | forbidden          | forbidden          | forbidden          | forbidden          | forbidden          | attachment_unsaid  | not_found          | ok                 | bad_proof    | ok
a reviewer of no unit    | ok     | ok       | ok        | ok      | not_found | ok                 | r-maj W-2002 W-2300 | ok          | ok          | forbidden          | forbidden          | forbidden          | ok                 | ok                 | ok                 | ok                 | forbidden          | ok                 | forbidden          | forbidden          | forbidden          | forbidden          | forbidden          | attachment_unsaid  | not_found          | ok                 | bad_proof    | ok
a unit's no longer       | ok     | ok       | ok        | ok      | not_found | ok                 | r-maj W-2002 W-2300 | ok          | ok          | forbidden          | forbidden          | forbidden          | ok                 | ok                 | ok                 | ok                 | forbidden          | ok                 | forbidden          | forbidden          | forbidden          | forbidden          | forbidden          | attachment_unsaid  | not_found          | ok                 | bad_proof    | ok
the right role           | ok     | ok       | ok        | ok      | not_found | ok                 | r-maj r-maja        | ok          | ok          | ok                 | ok                 | ok                 | ok                 | ok                 | ok                 | ok                 | ok                 | ok                 | ok                 | forbidden          | ok                 | forbidden          | forbidden          | forbidden          | forbidden          | ok                 | bad_proof    | ok
a reviewer no longer     | ok     | ok       | ok        | ok      | not_found | ok                 | r-maj r-maja        | ok          | ok          | forbidden          | forbidden          | forbidden          | ok                 | ok                 | ok                 | ok                 | forbidden          | ok                 | forbidden          | forbidden          | forbidden          | forbidden          | forbidden          | forbidden          | forbidden          | ok                 | bad_proof    | ok
who may export           | ok     | ok       | ok        | ok      | not_found | ok                 | none                | ok          | ok          | ok                 | ok                 | not_found          | ok                 | ok                 | ok                 | ok                 | forbidden          | ok                 | forbidden          | ok                 | not_found          | forbidden          | forbidden          | forbidden          | forbidden          | forbidden          | bad_proof    | ok
who may erase            | ok     | ok       | ok        | ok      | not_found | ok                 | r-maj r-maja        | ok          | ok          | ok                 | ok                 | ok                 | ok                 | ok                 | ok                 | ok                 | ok                 | ok                 | ok                 | forbidden          | ok                 | ok                 | ok                 | forbidden          | forbidden          | ok                 | bad_proof    | ok
who may erase their own  | ok     | ok       | ok        | ok      | not_found | ok                 | none                | ok          | ok          | ok                 | ok                 | not_found          | ok                 | ok                 | ok                 | ok                 | forbidden          | ok                 | forbidden          | forbidden          | not_found          | forbidden          | forbidden          | forbidden          | forbidden          | forbidden          | bad_proof    | ok
a device that waits      | ok     | ok       | ok        | ok      | not_found | bad_proof          | bad_proof           | bad_request | segment_unknown| bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | waits        | ok
a device let in          | ok     | ok       | ok        | ok      | not_found | credential_expired | credential_expired  | bad_request | segment_unknown| credential_expired | credential_expired | credential_expired | credential_expired | credential_expired | credential_expired | credential_expired | credential_expired | credential_expired | credential_expired | credential_expired | credential_expired | credential_expired | credential_expired | credential_expired | credential_expired | credential_expired | ok           | ok
a device not let in      | ok     | ok       | ok        | ok      | not_found | bad_proof          | bad_proof           | bad_request | segment_unknown| bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | bad_proof          | device_refused | device_refused
`

// caller is one kind of caller: whose device, what became of it, and what its proof is like.
type caller struct {
	user   string
	fate   func(*house, *device)
	header func(h *house, d *device, method, path, query string, body []byte) string
	twice  bool // the same proof has been seen
	waits  bool // an administrator has to let its device in
}

func proofAt(of func(*house) time.Time) func(*house, *device, string, string, string, []byte) string {
	return func(h *house, d *device, method, path, query string, body []byte) string {
		return d.proof(link.NewCall(h.statement.Org(), d.keys.Device(), method, path, query, body, signed.At(of(h))))
	}
}

func (d *device) proof(call link.Call) string {
	d.h.t.Helper()
	return must[string](d.h.t)(call.Header(d.keys.Sign))
}

var now = proofAt(func(h *house) time.Time { return h.clock.Now() })

func callers() map[string]caller {
	takes := func(name, role string) func(*house, *device) {
		return func(h *house, d *device) { ok(h.t, h.gate.TakeRole(context.Background(), name, role)) }
	}
	return map[string]caller{
		"nobody": {user: "anna.lind", header: func(*house, *device, string, string, string, []byte) string { return "" }},
		"a proof that is garbage": {user: "anna.lind", header: func(*house, *device, string, string, string, []byte) string {
			return "Handslag AAAA"
		}},
		"another key's proof": {user: "anna.lind", header: func(h *house, d *device, method, path, query string, body []byte) string {
			return h.newDevice("anna.lind").proof(link.NewCall(h.statement.Org(), d.keys.Device(), method, path, query, body, signed.At(h.clock.Now())))
		}},
		"a proof for another call": {user: "anna.lind", header: func(h *house, d *device, method, path, query string, body []byte) string {
			return now(h, d, method, path, query, append(bytes.Clone(body), 'x'))
		}},
		"a device nobody enrolled": {user: "anna.lind", header: func(h *house, d *device, method, path, query string, body []byte) string {
			return now(h, h.newDevice("anna.lind"), method, path, query, body)
		}},
		"a proof seen before":    {user: "anna.lind", header: now, twice: true},
		"a proof of an hour ago": {user: "anna.lind", header: proofAt(func(h *house) time.Time { return h.clock.Now().Add(-time.Hour) })},
		"a proof without a time": {user: "anna.lind", header: proofAt(func(*house) time.Time { return time.UnixMicro(0) })},
		"a proof of tomorrow":    {user: "anna.lind", header: proofAt(func(h *house) time.Time { return h.clock.Now().Add(24 * time.Hour) })},
		"a revoked device": {user: "anna.lind", header: now, fate: func(h *house, d *device) {
			ok(h.t, h.gate.RevokeDevice(context.Background(), d.keys.Device()))
		}},
		"an expired credential": {user: "anna.lind", header: now, fate: func(h *house, _ *device) { h.clock.pass(identity.MaxValidity + time.Second) }},
		"a disabled user": {user: "anna.lind", header: now, fate: func(h *house, d *device) {
			ok(h.t, h.gate.DisableUser(context.Background(), "anna.lind"))
		}},
		"a device that waits": {user: "anna.lind", header: now, waits: true},
		"a device let in": {user: "anna.lind", header: now, waits: true, fate: func(h *house, d *device) {
			ok(h.t, h.gate.ApproveDevice(context.Background(), d.keys.Device(), "", ""))
		}},
		"a device not let in": {user: "anna.lind", header: now, waits: true, fate: func(h *house, d *device) {
			ok(h.t, h.gate.RefuseDevice(context.Background(), d.keys.Device()))
		}},
		"the wrong role":           {user: "carl.ask", header: now},
		"the right role elsewhere": {user: "dora.alm", header: now},
		"a caretaker":              {user: "bo.ek", header: now},
		"a restricted record": {user: "bo.ek", header: now, fate: func(h *house, _ *device) {
			must[gate.Imported](h.t)(h.gate.Import(context.Background(), strings.NewReader(restricted("r-maj"))))
		}},
		"a caretaker no longer": {user: "bo.ek", header: now, fate: takes("bo.ek", "caretaker")},
		"the right role":        {user: "anna.lind", header: now},
		"a reviewer no longer":  {user: "anna.lind", header: now, fate: takes("anna.lind", "reviewer")},
		"a unit's reviewer": {user: "bo.ek", header: now, fate: func(h *house, _ *device) {
			ok(h.t, h.gate.GrantRole(context.Background(), "bo.ek", "unit_reviewer"))
		}},
		"a unit's no longer": {user: "bo.ek", header: now, fate: func(h *house, d *device) {
			ok(h.t, h.gate.GrantRole(context.Background(), "bo.ek", "unit_reviewer"))
			d.log(link.LogFilter{})
			ok(h.t, h.gate.TakeRole(context.Background(), "bo.ek", "unit_reviewer"))
		}},
		"a unit's exporter": {user: "bo.ek", header: now, fate: func(h *house, _ *device) {
			ok(h.t, h.gate.PutRole(context.Background(), gate.Role{ID: "unit_exporter", Name: "Enhetens säkerhetslogg", Grants: []identity.Grant{{Right: access.LogExport, Scope: access.Unit}}}))
			ok(h.t, h.gate.GrantRole(context.Background(), "bo.ek", "unit_exporter"))
		}},
		"a reviewer of no unit": {user: "bo.ek", header: now, fate: func(h *house, _ *device) {
			must[gate.Imported](h.t)(h.gate.Import(context.Background(), strings.NewReader(strings.NewReplacer(`"last":"Ek","unit":"norra","roles":["caretaker"]`, `"last":"Ek","roles":["caretaker","unit_reviewer"]`).Replace(staff))))
		}},
		"who may export": {user: "dora.alm", header: now, fate: func(h *house, _ *device) {
			ok(h.t, h.gate.GrantRole(context.Background(), "dora.alm", "exporter"))
		}},
		"who may erase": {user: "anna.lind", header: now, fate: func(h *house, _ *device) {
			ok(h.t, h.gate.GrantRole(context.Background(), "anna.lind", "eraser"))
		}},
		"who may erase their own": {user: "dora.alm", header: now, fate: func(h *house, _ *device) {
			ok(h.t, h.gate.GrantRole(context.Background(), "dora.alm", "unit_eraser"))
		}},
	}
}

// restricted is the line of a record as an administrator restricts it.
func restricted(id string) string {
	for line := range strings.Lines(things) {
		if strings.Contains(line, `"record","id":"`+id+`"`) {
			return strings.Replace(line, `"subject"`, `"restricted":true,"subject"`, 1)
		}
	}
	return ""
}

func TestTheGoldenMatrix(t *testing.T) {
	for name, rows := range readMatrix(t) {
		t.Run(name, func(t *testing.T) {
			for route, want := range rows.want {
				if got := rows.play(t, live)[route]; got != want {
					t.Errorf("%s calls %s: %s, want %s", name, route, got, want)
				}
			}
		})
	}
}

// Proves that the matrix above sees a decision that lets everybody in.
func TestTheMatrixSeesADecisionThatAllowsEverything(t *testing.T) {
	all := func(access.Subject, identity.Right, access.Thing) access.Decision {
		return access.Decision{Allowed: true, Reason: access.Granted}
	}
	matrix := readMatrix(t)
	for _, name := range []string{"the wrong role", "the right role elsewhere", "a caretaker", "a restricted record", "a caretaker no longer", "a reviewer no longer"} {
		differs := false
		got := matrix[name].play(t, all)
		for route, want := range matrix[name].want {
			differs = differs || got[route] != want
		}
		if !differs {
			t.Errorf("%s: the same answers although everything is allowed", name)
		}
	}
}

// Proves that no route is missing in the matrix.
func TestTheMatrixHoldsEveryRoute(t *testing.T) {
	called := func(method, path string) bool {
		begin, open := strings.CutSuffix(path, gate.OpenEnd)
		return slices.ContainsFunc(columns(), func(c column) bool {
			return c.method == method && (c.path == path || open && strings.HasPrefix(c.path, begin+"/"))
		})
	}
	for _, r := range connected.Routes(nil) {
		if !called(r.Method, r.Path) {
			t.Errorf("nobody calls %s %s", r.Method, r.Path)
		}
		if r.Right.String() == "none" {
			t.Errorf("%s %s has no right", r.Method, r.Path)
		}
	}
}

type matrixRow struct {
	caller caller
	want   map[string]string
	got    map[string]string
}

func readMatrix(t *testing.T) map[string]*matrixRow {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(golden), "\n")
	heads := cells(lines[0])
	known := callers()
	all := map[string]*matrixRow{}
	for _, line := range lines[1:] {
		cells := cells(line)
		c, ok := known[cells[0]]
		if !ok || len(cells) != len(heads) || len(heads) != len(columns())+1 {
			t.Fatalf("malformed line %q", line)
		}
		row := &matrixRow{caller: c, want: map[string]string{}}
		for i, head := range heads[1:] {
			row.want[head] = cells[i+1]
		}
		all[cells[0]] = row
	}
	if len(all) != len(known) {
		t.Fatalf("%d kinds of caller, %d lines", len(known), len(all))
	}
	return all
}

func cells(line string) []string {
	var all []string
	for _, cell := range strings.Split(line, "|") {
		all = append(all, strings.TrimSpace(cell))
	}
	return all
}

type column struct {
	name, method, path string
	body               func(d *device, stranger bool) []byte
	query              string
}

// columns are the routes in the order they are called in; enrol is last, because it may make
// an expired device live again.
func columns() []column {
	none := func(*device, bool) []byte { return nil }
	return []column{
		{name: "health", method: http.MethodGet, path: connected.PathHealth, body: none},
		{name: "contract", method: http.MethodGet, path: connected.PathContract, body: none},
		{name: "statement", method: http.MethodGet, path: link.PathStatement, body: none},
		{name: "ways in", method: http.MethodGet, path: link.PathSignIn, body: none},
		{name: "sign-in", method: http.MethodPost, path: link.PathSignIn, body: func(*device, bool) []byte { return []byte("{}") }},
		{name: "credential", method: http.MethodPost, path: link.PathCredential, body: none},
		{name: "changes", method: http.MethodGet, path: link.PathChanges, body: none},
		{name: "journal", method: http.MethodPost, path: link.PathJournal, body: func(d *device, _ bool) []byte { return d.batch(d.items(1)...) }},
		{name: "segments", method: http.MethodPost, path: link.PathSegments, body: func(d *device, _ bool) []byte { return d.seals(d.items(1)...) }},
		{name: "log", method: http.MethodGet, path: link.PathLog, body: none},
		{name: "findings", method: http.MethodGet, path: link.PathFindings, body: none},
		{name: "spread", method: http.MethodGet, path: link.PathSpread, body: none, query: "record=r-maj"},
		{name: "checkpoint", method: http.MethodGet, path: link.PathCheckpoint, body: none},
		{name: "growth", method: http.MethodGet, path: link.PathGrowth, body: none, query: "from=1,2"},
		{name: "inclusion", method: http.MethodGet, path: link.PathInclusion, body: none, query: "entry=1"},
		{name: "tile", method: http.MethodGet, path: link.PathTile + "/0/000.p/1", body: none},
		{name: "leaves", method: http.MethodGet, path: link.PathLeaves + "/000.p/1", body: none},
		{name: "cosigned", method: http.MethodPost, path: link.PathCosignatures, body: func(d *device, _ bool) []byte { return d.vouches(1) }},
		{name: "witnesses", method: http.MethodGet, path: link.PathWitnesses, body: none},
		{name: "export", method: http.MethodGet, path: link.PathExport, body: none},
		{name: "evidence", method: http.MethodGet, path: link.PathEvidence, body: none, query: "entries=1"},
		{name: "erase", method: http.MethodPost, path: link.PathErasures, body: func(d *device, _ bool) []byte { return []byte(`{"subject":"s-other"}`) }},
		{name: "erasure", method: http.MethodGet, path: link.PathErasures, body: none, query: "subject=s-other"},
		{name: "attach", method: http.MethodPost, path: link.PathAttachments, body: func(d *device, _ bool) []byte { return d.makes("r-maj", "s-maj", "läcka").body }},
		{name: "chunk up", method: http.MethodPost, path: link.PathChunks, query: "attachment=b-maj&chunk=0", body: func(*device, bool) []byte { return []byte("x") }},
		{name: "chunk", method: http.MethodGet, path: link.PathChunks, query: "attachment=b-maj&chunk=0", body: none},
		{name: "waiting", method: http.MethodPost, path: link.PathWaiting, body: none},
		{name: "enrol", method: http.MethodPost, path: link.PathEnrol, body: func(d *device, stranger bool) []byte {
			password := passwordOf(d.name)
			if stranger {
				password = "gissning"
			}
			d.request += "-again"
			return must[[]byte](d.h.t)(json.Marshal(d.ask(password)))
		}},
	}
}

// play makes the caller call every route, once for all assertions.
func (r *matrixRow) play(t *testing.T, decide func(access.Subject, identity.Right, access.Thing) access.Decision) map[string]string {
	t.Helper()
	if r.got != nil {
		return r.got
	}
	h := newHouse(t, decide)
	h.attaches("b-maj", "r-maj", "hissen.txt", []byte("Hissen står."))
	var other []byte
	if r.caller.waits {
		other = h.enrolled(r.caller.user).credential
		h.approves()
	}
	d := h.enrolled(r.caller.user)
	if r.caller.waits { // it has none to show but another one's
		d.credential = other
	}
	got := map[string]string{}
	if r.caller.waits && r.caller.fate != nil {
		r.caller.fate(h, d)
	} else if r.caller.fate != nil { // it could, before
		if _, err := d.client.Changes(context.Background(), "", link.Had{Statement: 1}); err != nil {
			t.Fatal(err)
		}
		r.caller.fate(h, d)
	}
	for _, c := range columns() {
		body := c.body(d, r.caller.header(h, d, "", "", "", nil) == "")
		header := r.caller.header(h, d, c.method, c.path, c.query, body)
		if r.caller.twice {
			h.call(t, c, header, body)
		}
		got[c.name] = h.call(t, c, header, body)
	}
	r.got = got
	return got
}

// call makes one call and says what came of it, in the matrix's words.
func (h *house) call(t *testing.T, c column, header string, body []byte) string {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	defer client.CloseIdleConnections()
	request := must[*http.Request](t)(http.NewRequest(c.method, h.statement.URL+c.path+"?"+c.query, bytes.NewReader(body)))
	if header != "" {
		request.Header.Set("Authorization", header)
	}
	answer := must[*http.Response](t)(client.Do(request))
	defer answer.Body.Close()
	var b bytes.Buffer
	_, err := b.ReadFrom(answer.Body)
	ok(t, err)
	if answer.StatusCode != http.StatusOK {
		var p link.Problem
		ok(t, json.Unmarshal(b.Bytes(), &p))
		if p.Status != answer.StatusCode || answer.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("a refusal that says %+v with status %d", p, answer.StatusCode)
		}
		return string(p.Code)
	}
	if c.name == "waiting" && bytes.Contains(b.Bytes(), []byte(`"waiting"`)) {
		return "waits"
	}
	if c.name != "changes" {
		return "ok"
	}
	var page link.Page
	ok(t, json.Unmarshal(b.Bytes(), &page))
	var ids []string
	for _, r := range page.Records {
		rec := must[record.Record](t)(record.OpenRecord(r.Record, r.Cipher, h.statement.Org(), h.statement.Issuing))
		ids = append(ids, string(rec.ID))
	}
	for _, a := range page.Assignments {
		work := must[record.Assignment](t)(record.OpenAssignment(a.Assignment, h.statement.Org(), h.statement.Issuing))
		ids = append(ids, string(work.ID))
	}
	if len(ids) == 0 {
		return "none"
	}
	return strings.Join(ids, " ")
}

func TestRefusalsAreInTheLog(t *testing.T) {
	h := newHouse(t, live)
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	if _, err := bo.client.Log(context.Background(), link.LogFilter{}); code(t, err) != link.CodeForbidden {
		t.Fatal(err)
	}
	for range 3 {
		h.post(t, link.PathLog, nil)
	}
	h.clock.pass(time.Minute)
	h.post(t, "/v1/none", nil)
	rows := anna.log(link.LogFilter{}).Rows
	var named, counted bool
	for _, row := range rows {
		if row.Kind != journal.CallRefused {
			continue
		}
		named = named || row.Person.Username == "bo.ek" && row.Peer == bo.keys.Device() && row.Route == link.PathLog && row.Code == "forbidden"
		counted = counted || row.Person.ID == "" && row.Route == link.PathLog && row.Code == "method" && row.Count == 3
	}
	if !named || !counted {
		t.Errorf("named %v, counted %v in %d rows", named, counted, len(rows))
	}
}
