package connected_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"handslag/app/connected"
	"handslag/app/connected/gate"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
)

// awaited is what a call that waited came to.
type awaited struct {
	page link.Page
	err  error
}

// caughtUp takes pages until there is nothing to tell.
func (d *device) caughtUp() (cursor string, had link.Had) {
	d.h.t.Helper()
	had.Statement = d.h.statement.Number
	for {
		page := must[link.Page](d.h.t)(d.client.Changes(context.Background(), cursor, had))
		if cursor = page.Cursor; len(page.Revocations) > 0 {
			had.Revocations = must[identity.Revocations](d.h.t)(identity.OpenRevocations(page.Revocations, d.h.statement.Org(), d.h.statement.Issuing)).Number
		}
		if page.Empty() {
			return cursor, had
		}
	}
}

// awaits asks for what changes, and returns once the call waits.
func (d *device) awaits() <-chan awaited {
	d.h.t.Helper()
	cursor, had := d.caughtUp()
	before := d.h.waiting()
	answer := make(chan awaited, 1)
	go func() {
		for {
			const patience = 15 * time.Second
			begun := time.Now()
			page, err := d.client.Await(context.Background(), cursor, had, patience)
			if err != nil || !page.Empty() || time.Since(begun) < patience { // else nothing has happened yet
				answer <- awaited{page, err}
				return
			}
		}
	}()
	for d.h.waiting() == before {
		runtime.Gosched()
	}
	return answer
}

func (h *house) waiting() int {
	h.t.Helper()
	return must[gate.Figures](h.t)(h.gate.Figures(context.Background())).Waiting
}

// What changes for somebody is told at once to who waits, and be it another process that heard of it; and
// who may no longer ask is refused.
func TestWhoWaitsHearsOfAChangeFromEveryProcess(t *testing.T) {
	ctx := context.Background()
	for what, c := range map[string]struct {
		happens func(h *house, bo, anna *device)
		seen    func(link.Page) bool
		refused link.Code
	}{
		"a record is assigned": {happens: func(h *house, _, _ *device) {
			must[gate.Imported](t)(h.gate.Import(ctx, strings.NewReader(`{"type":"assignment","id":"W-1","record":"r-other","unit":"norra","people":["bo.ek"],"title":"Ny","area":"","due":"2026-11-23","text":""}`)))
		}, seen: func(p link.Page) bool { return len(p.Assignments) == 1 }},
		"work is done on another device": {happens: func(h *house, _, _ *device) {
			other := h.enrolled("bo.ek")
			other.hands(other.batch(other.signsWork(t, other.changes(""), "W-2002", "klart")))
		}, seen: func(p link.Page) bool { return len(p.Assignments) == 1 && len(p.Assignments[0].Work) == 1 }},
		"a file comes from another device": {happens: func(h *house, _, _ *device) {
			other := h.enrolled("bo.ek")
			m := other.makes("r-maj", "s-maj", "läcka")
			other.hands(other.batch(other.say(m.entry, nil)))
			must[link.Handed](t)(other.client.Made(ctx, m.ask))
			must[link.Handed](t)(other.client.HandInChunk(ctx, m.draft.ID, 0, m.chunks[0]))
		}, seen: func(p link.Page) bool { return len(p.Attachments) == 1 }},
		"a file is attached": {happens: func(h *house, _, _ *device) { h.attaches("b-1", "r-maj", "a.txt", []byte("Hissen står.")) },
			seen: func(p link.Page) bool { return len(p.Attachments) == 1 }},
		"a role is taken away": {happens: func(h *house, _, _ *device) { ok(t, h.gate.TakeRole(ctx, "bo.ek", "caretaker")) },
			seen: func(p link.Page) bool { return len(p.GoneRecords) == 1 && len(p.GoneWork) == 2 }},
		"somebody is erased": {happens: func(h *house, _, _ *device) { h.erases("s-other") },
			seen: func(p link.Page) bool { return len(p.Erasures) == 1 }},
		"a colleague's device is revoked": {happens: func(h *house, _, anna *device) { ok(t, h.gate.RevokeDevice(ctx, anna.keys.Device())) },
			seen: func(p link.Page) bool { return len(p.Revocations) > 0 }},
		"the device is revoked": {happens: func(h *house, bo, _ *device) { ok(t, h.gate.RevokeDevice(ctx, bo.keys.Device())) },
			refused: link.CodeDeviceRevoked},
		"the person is disabled": {happens: func(h *house, _, _ *device) { ok(t, h.gate.DisableUser(ctx, "bo.ek")) },
			refused: link.CodeUserDisabled},
		"the process stops": {happens: func(h *house, _, _ *device) { h.gate.EndWaits() }, seen: link.Page.Empty},
	} {
		for _, where := range []string{"this process", "another"} {
			if what == "the process stops" && where == "another" {
				continue
			}
			t.Run(what+" in "+where, func(t *testing.T) {
				h := newHouse(t, live)
				there := h
				if where == "another" {
					there = h.beside()
				}
				bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
				answer := bo.awaits()
				c.happens(there, bo, anna.visits(there))
				got := <-answer
				if code(t, got.err) != c.refused || got.err == nil && !c.seen(got.page) {
					t.Errorf("told %+v, %v", got.page, got.err)
				}
				if n := h.waiting(); n != 0 {
					t.Errorf("%d wait still", n)
				}
			})
		}
	}
}

// A new statement wakes everybody.
func TestWhoWaitsHearsOfANewStatement(t *testing.T) {
	h := newHouse(t, live)
	bo := h.enrolled("bo.ek")
	answer := bo.awaits()
	keys := h.config.Keys
	keys.Parsed.Number++
	keys.Statement = must[[]byte](t)(signed.Sign(signed.DomainStatement, h.root, keys.Parsed))
	ok(t, h.gate.SetKeys(keys))
	if got := <-answer; got.err != nil || !bytes.Equal(got.page.Statement, keys.Statement) {
		t.Errorf("told %+v, %v", got.page, got.err)
	}
}

// A refusal of one who waited stands in the log as every other's does.
func TestARefusalAfterAWaitIsInTheLog(t *testing.T) {
	h := newHouse(t, live)
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	answer := bo.awaits()
	ok(t, h.gate.RevokeDevice(context.Background(), bo.keys.Device()))
	<-answer
	rows := anna.log(link.LogFilter{Person: "bo.ek"}).Rows
	if !slices.ContainsFunc(rows, func(r link.LogRow) bool {
		return r.Kind == journal.CallRefused && r.Route == link.PathChanges && r.Code == string(link.CodeDeviceRevoked)
	}) {
		t.Errorf("the log does not have it: %+v", rows)
	}
}

// In a bubble whose clock goes only while everybody waits: when a wait ends, and what ends it not.
func TestAWaitEndsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &house{t: t, clock: &clock{now: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)}}
		root, issuing, log := newKey(t), newKey(t), newKey(t)
		sealing := must[*identity.SealPrivate](t)(identity.NewSealPrivate())
		h.statement = identity.Statement{Version: 1, Number: 1, Root: root.Public(), Name: "Linden", URL: "https://linden.example",
			TLS: []identity.Pin{make(identity.Pin, 32)}, Issuing: []signed.Key{issuing.Public()}, Sealing: []identity.SealKey{sealing.Public()},
			Log: []signed.Key{log.Public()}, Issued: signed.At(h.clock.Now())}
		h.config = gate.Config{Path: filepath.Join(t.TempDir(), "connected.db"), Decide: live, Now: h.clock.Now, Zone: time.UTC, KeepHashes: true, Keys: gate.Keys{
			Statement: must[[]byte](t)(signed.Sign(signed.DomainStatement, root, h.statement)), Parsed: h.statement, Issuing: issuing, Log: log,
			Sealing: []*identity.SealPrivate{sealing}, Data: make([]byte, 32)}}
		rand.Read(h.config.Keys.Data)
		h.gate = must[*gate.Gate](t)(gate.Open(t.Context(), h.config))
		defer func() { ok(t, h.gate.Close(context.Background())) }()
		handler := connected.Handler(h.gate, slog.New(slog.DiscardHandler))
		must[gate.Imported](t)(h.gate.Import(t.Context(), strings.NewReader(staff)))
		bo, anna := h.newDevice("bo.ek"), h.newDevice("anna.lind")
		for _, d := range []*device{bo, anna} {
			ok(t, h.gate.SetPassword(t.Context(), d.name, lightHash(passwordOf(d.name))))
			body := must[[]byte](t)(json.Marshal(d.ask(passwordOf(d.name))))
			answer := httptest.NewRecorder()
			handler.ServeHTTP(answer, httptest.NewRequest(http.MethodPost, link.PathEnrol, bytes.NewReader(body)))
			var issued link.Issued
			ok(t, json.Unmarshal(answer.Body.Bytes(), &issued))
			d.credential = issued.Credential
		}
		// ask returns how long an empty answer took.
		ask := func(ctx context.Context, d *device, query string) <-chan time.Duration {
			request := httptest.NewRequest(http.MethodGet, link.PathChanges+"?"+query, nil).WithContext(ctx)
			request.Header.Set("Authorization", d.proof(link.NewCall(h.statement.Org(), d.keys.Device(), http.MethodGet, link.PathChanges, query, nil, signed.At(h.clock.Now()))))
			took, begun := make(chan time.Duration, 1), time.Now()
			go func() {
				answer := httptest.NewRecorder()
				handler.ServeHTTP(answer, request)
				if answer.Code != http.StatusOK || answer.Header().Get("X-Accel-Buffering") != "no" || answer.Header().Get("Cache-Control") != "no-store" {
					t.Errorf("%s: %d %s", query, answer.Code, answer.Body)
				}
				took <- time.Since(begun)
			}()
			return took
		}
		const wait = "statement=1&wait="
		for asked, want := range map[string]time.Duration{"": 0, "0s": 0, "7s": 7 * time.Second, "25s": link.WaitMost, "9h": link.WaitMost} {
			if got := <-ask(t.Context(), bo, wait+asked); got != want {
				t.Errorf("asked for %q, answered after %s", asked, got)
			}
		}
		first := ask(t.Context(), bo, wait+"25s")
		time.Sleep(5 * time.Second) // of the bubble's clock
		second := ask(t.Context(), bo, wait+"25s")
		if got := <-first; got != 5*time.Second {
			t.Errorf("the first of two of one device is answered after %s", got)
		}
		time.Sleep(5 * time.Second)
		anna.chain.Generation = 1
		batch := anna.batch(anna.items(3)...)
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, link.PathJournal, bytes.NewReader(batch)))
		ok(t, h.gate.GrantRole(t.Context(), "anna.lind", "eraser"))
		if got := <-second; got != link.WaitMost {
			t.Errorf("others' news ended a wait after %s", got)
		}
		gone, hangUp := context.WithCancel(t.Context())
		left := ask(gone, bo, wait+"25s")
		time.Sleep(3 * time.Second)
		hangUp()
		if got := <-left; got != 3*time.Second {
			t.Errorf("who hung up held its place for %s", got)
		}
		stopped := ask(t.Context(), bo, wait+"25s")
		time.Sleep(2 * time.Second)
		h.gate.EndWaits()
		if got := <-stopped; got != 2*time.Second {
			t.Errorf("a stop is waited for %s", got)
		}
		if got := <-ask(t.Context(), bo, wait+"25s"); got != 0 {
			t.Errorf("while it stops, one waits %s", got)
		}
	})
}

func TestAWaitThatIsNoneIsRefused(t *testing.T) {
	h := newHouse(t, live)
	bo := h.enrolled("bo.ek")
	for _, wait := range []string{"25", "-1s", "lång", "1s&wait=2s"} {
		c := column{name: "changes", method: http.MethodGet, path: link.PathChanges, query: "wait=" + wait}
		if got := h.call(t, c, now(h, bo, c.method, c.path, c.query, nil), nil); got != string(link.CodeBadRequest) {
			t.Errorf("%s: %s", wait, got)
		}
	}
}

// From the administrator's word to the refusal of a device that waits, among others that wait.
func BenchmarkRevokedToRefused(b *testing.B) {
	h := newHouse(b, live)
	for range 100 {
		d := h.enrolled("carl.ask")
		go d.client.Await(b.Context(), "", link.Had{Statement: 1, Revocations: 1 << 62}, 15*time.Second)
	}
	var all []time.Duration
	for b.Loop() {
		bo := h.enrolled("bo.ek")
		answer := bo.awaits()
		begun := time.Now()
		ok(b, h.gate.RevokeDevice(context.Background(), bo.keys.Device()))
		if got := <-answer; code(b, got.err) != link.CodeDeviceRevoked {
			b.Fatal(got.err)
		}
		all = append(all, time.Since(begun))
	}
	slices.Sort(all)
	b.ReportMetric(float64(all[len(all)/2].Microseconds())/1000, "ms/median")
	b.ReportMetric(float64(all[len(all)-1].Microseconds())/1000, "ms/slowest")
}
