package connected_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"handslag/app/connected/contract"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/testnet/conformance/requirements"
	"handslag/vault/journal"
)

// conforms tries the house, and returns the verdicts by requirement.
func (h *house) conforms(t *testing.T, only string) map[string]requirements.Line {
	t.Helper()
	ctx := context.Background()
	ok(t, h.gate.GrantRole(ctx, "dora.alm", "eraser"))
	ok(t, h.gate.GrantRole(ctx, "dora.alm", "exporter"))
	account := func(name string) requirements.Account {
		return requirements.Account{Username: name, Password: passwordOf(name)}
	}
	o := requirements.Options{
		Base: h.statement.URL, Org: h.statement.Org(), Contract: must[*contract.Contract](t)(theContract()),
		Staff: account("bo.ek"), Reviewer: account("anna.lind"), Eraser: account("dora.alm"), Exporter: account("dora.alm"), Subject: "s-maja", Only: regexp.MustCompile(only),
		Operator: func(ctx context.Context, deed, whom string) error {
			if deed == "revoke" {
				return h.gate.RevokeDevice(ctx, identity.DeviceID(whom))
			}
			return h.gate.DisableUser(ctx, whom)
		},
	}
	if only == "" {
		o.Uncovered = func(operations []string) {
			for _, what := range operations {
				switch what {
				case "POST " + link.PathSignIn + " is never answered": // here is no identity provider: TestStaffSignInAtTheProvider
				case "POST " + link.PathWaiting + " is never answered": // here no device waits: TestADeviceWaitsForAnAdministrator
				default:
					t.Error(what)
				}
			}
		}
	}
	lines := map[string]requirements.Line{}
	err := requirements.Run(ctx, o, func(l requirements.Line) { lines[l.Requirement] = l })
	failed := 0
	for _, l := range lines {
		if l.Verdict == requirements.Fail {
			failed++
		}
	}
	if (err != nil) != (failed > 0) {
		t.Errorf("%d requirements are not met, and it ends with %v", failed, err)
	}
	return lines
}

// Our own system meets every requirement; none is left out.
func TestOurSystemConforms(t *testing.T) {
	lines := newHouse(t, live).conforms(t, "")
	for _, l := range lines {
		if l.Verdict != requirements.Pass {
			t.Errorf("%s: %s: %s", l.Verdict, l.Requirement, l.Why)
		}
		if l.Source == "" {
			t.Errorf("nobody asks for: %s", l.Requirement)
		}
	}
	if len(lines) < 70 {
		t.Errorf("%d requirements", len(lines))
	}
}

// broken is a system that stands before an honest one and spoils some of what it answers.
type broken struct {
	t     *testing.T
	h     *house
	mu    sync.Mutex
	kept  map[string]*httptest.ResponseRecorder
	spoil func(b *broken, r *http.Request, a *httptest.ResponseRecorder) *httptest.ResponseRecorder
	ask   func(b *broken, r *http.Request) *httptest.ResponseRecorder // before the honest one is asked
}

func (b *broken) before(inner http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var a *httptest.ResponseRecorder
		if b.ask != nil {
			a = b.ask(b, r)
		}
		if a == nil {
			a = httptest.NewRecorder()
			inner.ServeHTTP(a, r)
			if b.spoil != nil {
				a = b.spoil(b, r, a)
			}
		}
		for name, values := range a.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(a.Code)
		w.Write(a.Body.Bytes())
	})
}

// says is an answer of its own, with the organisation's time.
func (b *broken) says(r *http.Request, media string, body []byte) *httptest.ResponseRecorder {
	a := httptest.NewRecorder()
	time := must[string](b.t)(link.SignTime(b.h.statement.Org(), signed.At(b.h.clock.Now()), r.Header.Get("Authorization"), b.h.config.Keys.Log))
	a.Header().Set(link.HeaderTime, time)
	a.Header().Set("Content-Type", media)
	a.WriteHeader(http.StatusOK)
	a.Body.Write(body)
	return a
}

// lets answers a refusal of this kind as if nothing were wrong.
func lets(code link.Code, body string) *broken {
	return &broken{spoil: func(b *broken, r *http.Request, a *httptest.ResponseRecorder) *httptest.ResponseRecorder {
		var p link.Problem
		if a.Code < 400 || json.Unmarshal(a.Body.Bytes(), &p) != nil || p.Code != code {
			return a
		}
		return b.says(r, "application/json", []byte(body))
	}}
}

// edits changes the JSON of what a path answers.
func edits(path string, change func(map[string]any)) *broken {
	return &broken{spoil: func(b *broken, r *http.Request, a *httptest.ResponseRecorder) *httptest.ResponseRecorder {
		var v map[string]any
		if r.URL.Path != path || a.Code != http.StatusOK || json.Unmarshal(a.Body.Bytes(), &v) != nil {
			return a
		}
		change(v)
		return b.says(r, "application/json", must[[]byte](b.t)(json.Marshal(v)))
	}}
}

// texts changes what a path, or one below it, answers, whatever it is.
func texts(path string, change func(string) string) *broken {
	return &broken{spoil: func(b *broken, r *http.Request, a *httptest.ResponseRecorder) *httptest.ResponseRecorder {
		if r.URL.Path != path && !strings.HasPrefix(r.URL.Path, path+"/") || a.Code != http.StatusOK || a.Body.Len() < 2 {
			return a
		}
		a.Body = bytes.NewBufferString(change(a.Body.String()))
		return a
	}}
}

// receipts signs other receipts, with the organisation's own key.
func receipts(change func(*journal.Receipt)) *broken { return receiptsAt(link.PathJournal, change) }

func receiptsAt(path string, change func(*journal.Receipt)) *broken {
	return &broken{spoil: func(b *broken, r *http.Request, a *httptest.ResponseRecorder) *httptest.ResponseRecorder {
		var receipt journal.Receipt
		if r.URL.Path != path || a.Code != http.StatusOK || signed.Unverified(a.Body.Bytes(), journal.ReceiptLimit, &receipt) != nil {
			return a
		}
		change(&receipt)
		return b.says(r, "application/cose", must[[]byte](b.t)(receipt.Sign(b.h.config.Keys.Log)))
	}}
}

// Proves that each fault of a connected system is seen, by the requirement that it breaks.
func TestASystemThatDoesNotConformIsSeen(t *testing.T) {
	if os.Getenv("HANDSLAG_POSTGRES") != "" {
		t.Skip("it is about the one who tries, not about the database")
	}
	emptied := `{"cursor":"1","more":false}`
	for fault, c := range map[string]struct {
		system *broken
		falls  string // what a requirement's sentence begins with that must fail, alone tried
	}{
		"it does not say the time": {&broken{spoil: func(b *broken, r *http.Request, a *httptest.ResponseRecorder) *httptest.ResponseRecorder {
			a.Header().Del(link.HeaderTime)
			return a
		}}, "time: every answer"},
		"its time is nobody's": {&broken{spoil: func(b *broken, r *http.Request, a *httptest.ResponseRecorder) *httptest.ResponseRecorder {
			time := must[string](b.t)(link.SignTime(b.h.statement.Org(), signed.At(b.h.clock.Now()), "", newKey(b.t)))
			a.Header().Set(link.HeaderTime, time)
			return a
		}}, "time: every answer"},
		"it refuses in plain text": {&broken{spoil: func(b *broken, r *http.Request, a *httptest.ResponseRecorder) *httptest.ResponseRecorder {
			if a.Code >= 400 {
				a.Header().Set("Content-Type", "text/plain")
			}
			return a
		}}, "errors: a path"},
		"it says more than the contract":  {edits(link.PathChanges, func(v map[string]any) { v["name"] = "Maja" }), "changes: what is sent"},
		"it takes any password":           {lets(link.CodeWrongPassword, `{"credential":"AA=="}`), "enrol: a wrong password"},
		"it believes every proof":         {lets(link.CodeBadProof, emptied), "proof: another key's"},
		"it takes old proofs":             {lets(link.CodeStaleProof, emptied), "proof: one of an hour ago"},
		"it asks for no proof":            {lets(link.CodeNoProof, emptied), "proof: none"},
		"it takes a proof twice":          {lets(link.CodeReplayed, `{"credential":"AA=="}`), "proof: one that was seen"},
		"it lets everybody read the log":  {lets(link.CodeForbidden, `{"rows":[]}`), "log: who has no right"},
		"it lets revoked devices in":      {lets(link.CodeDeviceRevoked, emptied), "revocation: from the very next"},
		"it does not pass on revocations": {edits(link.PathChanges, func(v map[string]any) { delete(v, "revocations") }), "revocation: the list"},
		"it does not pass on erasures":    {edits(link.PathChanges, func(v map[string]any) { delete(v, "erasures") }), "erasure: it is answered"},
		"it shows no growth of the log":   {edits(link.PathChanges, func(v map[string]any) { delete(v, "growth") }), "changes: the log's checkpoint"},
		"its record is another's":         {edits(link.PathChanges, func(v map[string]any) { swap(v, "records", "cipher") }), "changes: what is sent"},
		"it says that more was received":  {receipts(func(r *journal.Receipt) { r.Ranges[0].To++ }), "journal: a batch is answered"},
		"its receipt is of other entries": {receipts(func(r *journal.Receipt) { r.Ranges[0].Hash = make([]byte, 32) }), "journal: a batch is answered"},
		"it receives what is behind a gap": {receipts(func(r *journal.Receipt) {
			if len(r.Held) > 0 {
				r.Ranges[0].To, r.Ranges[0].Hash = r.Held[0].To, r.Held[0].Hash
			}
		}), "journal: behind a gap"},
		"it never waits": {&broken{ask: func(b *broken, r *http.Request) *httptest.ResponseRecorder {
			if !r.URL.Query().Has("wait") {
				return nil
			}
			return b.says(r, "application/json", fmt.Appendf(nil, `{"cursor":%q,"more":false}`, r.URL.Query().Get("after")))
		}}, "changes: with nothing to tell"},
		"it waits for nothing": {&broken{ask: func(b *broken, r *http.Request) *httptest.ResponseRecorder {
			if r.URL.Query().Get("wait") != "25s" {
				return nil
			}
			return b.says(r, "application/json", fmt.Appendf(nil, `{"cursor":%q,"more":false}`, r.URL.Query().Get("after")))
		}}, "changes: who waits"},
		"it knows no ranges": {&broken{ask: func(_ *broken, r *http.Request) *httptest.ResponseRecorder {
			r.Header.Del("Range")
			return nil
		}}, "attachments: with Range"},
		"its chunks are others": {&broken{spoil: func(_ *broken, r *http.Request, a *httptest.ResponseRecorder) *httptest.ResponseRecorder {
			if r.URL.Path == link.PathChunks && r.Method == http.MethodGet && a.Code == http.StatusOK {
				a.Body = bytes.NewBuffer(make([]byte, a.Body.Len()))
			}
			return a
		}}, "attachments: what is whole"},
		"it takes segments that others sealed":  {lets(link.CodeSegSealed, `{}`), "segments: one of a device that nobody"},
		"it takes segments of nobody's devices": {lets(link.CodeSegUnknown, `{}`), "segments: one of a device that nobody"},
		"its receipt for a segment is of other entries": {receiptsAt(link.PathSegments, func(r *journal.Receipt) { r.Ranges[0].Hash = make([]byte, 32) }),
			"segments: one that another device carries"},
		"it drops what a carried segment says":   {receiptsAt(link.PathSegments, func(r *journal.Receipt) { r.Ranges = nil }), "segments: who proves nothing"},
		"it takes all of a segment that was cut": {receiptsAt(link.PathSegments, func(r *journal.Receipt) { r.Ranges[0].To = 3 }), "segments: one that was cut"},
		"it takes what is no segment":            {lets(link.CodeSegDamaged, `{}`), "segments: what is no sealed segment"},
		"it shows no findings":                   {edits(link.PathFindings, func(v map[string]any) { v["findings"] = []any{} }), "findings: they are paged"},
		"it closes no findings": {edits(link.PathFindings, func(v map[string]any) {
			if all, _ := v["findings"].([]any); len(all) == 0 {
				v["findings"] = []any{map[string]any{"id": 1, "code": "gap", "at": 1, "device": "x", "open": true, "times": 1}}
			}
		}), "findings: they are paged"},
		"its spread forgets devices":    {edits(link.PathSpread, func(v map[string]any) { v["devices"], v["open"] = 0, 0 }), "spread: a record"},
		"it proves another entry":       {texts(link.PathInclusion, func(s string) string { return strings.Replace(s, "index ", "index 1", 1) }), "log: an entry's proof of inclusion"},
		"its tiles are others":          {texts(link.PathTile, func(s string) string { return strings.Repeat("x", len(s)) }), "log: its tiles"},
		"its leaves are others":         {texts(link.PathLeaves, func(s string) string { return strings.Repeat("x", len(s)) }), "log: its tiles"},
		"it forgets who vouches":        {edits(link.PathWitnesses, func(v map[string]any) { delete(v, "witnesses") }), "witnesses: what a device"},
		"its evidence is broken":        {texts(link.PathEvidence, func(s string) string { return s[:len(s)/2] + "x" + s[len(s)/2+1:] }), "evidence: it shows"},
		"it exports an entry twice":     {texts(link.PathExport, func(s string) string { i := strings.IndexByte(s, '\n') + 1; return s[:i] + s }), "export: every entry"},
		"it takes any cursor":           {lets(link.CodeCursor, ``), "export: every entry"},
		"its log has other checkpoints": {texts(link.PathCheckpoint, func(s string) string { return strings.Replace(s, "\n", "\nx", 2) }), "log: its checkpoint"},
		"it has a contract of its own":  {texts("/openapi.json", func(s string) string { return strings.Replace(s, `"/v1/segments"`, `"/v1/parts"`, 1) }), "contract: the system"},
		"it is ill": {&broken{spoil: func(b *broken, r *http.Request, a *httptest.ResponseRecorder) *httptest.ResponseRecorder {
			if r.URL.Path == "/healthz" {
				a.Code = http.StatusServiceUnavailable
			}
			return a
		}}, "health: it says ok"},
		"it begins sign-ins that nobody ends": {lets(link.CodeNotFound, `{"url":"","state":"","attempt":"","until":1}`), "sign-in: anybody hears"},
		"it reads any query":                  {lets(link.CodeBadRequest, emptied), "errors: what asks for a proof"},
		"it reads any body":                   {lets(link.CodeTooLarge, emptied), "errors: what anybody may get"},
		"it takes any method":                 {lets(link.CodeMethod, emptied), "errors: another method"},
		"it has every path":                   {lets(link.CodeNotFound, emptied), "errors: a path"},
		"it disables nobody":                  {lets(link.CodeUserDisabled, emptied), "disabling:"},
		"all that arrived comes again": {&broken{ask: func(_ *broken, r *http.Request) *httptest.ResponseRecorder { return nil },
			spoil: func(b *broken, r *http.Request, a *httptest.ResponseRecorder) *httptest.ResponseRecorder {
				b.mu.Lock()
				defer b.mu.Unlock()
				if r.URL.Path != link.PathChanges || a.Code != http.StatusOK {
					return a
				}
				if first := b.kept["page"]; first != nil && strings.Contains(a.Body.String(), `"more":false`) && !strings.Contains(a.Body.String(), `"records"`) {
					return b.says(r, "application/json", first.Body.Bytes())
				}
				b.kept["page"] = a
				return a
			}}, "changes: what is sent"},
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, live)
			c.system.t, c.system.h, c.system.kept = t, h, map[string]*httptest.ResponseRecorder{}
			h.server.Config.Handler = c.system.before(h.server.Config.Handler)
			for says, l := range h.conforms(t, "^"+regexp.QuoteMeta(c.falls)) {
				if strings.HasPrefix(says, c.falls) && l.Verdict == requirements.Fail {
					return
				}
				t.Logf("%s: %s %s", l.Verdict, says, l.Why)
			}
			t.Errorf("nobody sees that %s", fault)
		})
	}
}

// swap gives each thing of a list another value for a member.
func swap(v map[string]any, list, member string) {
	things, _ := v[list].([]any)
	for _, thing := range things {
		thing.(map[string]any)[member] = "AAAA"
	}
}
