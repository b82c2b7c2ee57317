package link_test

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
)

// far is a connected system that speaks real HTTPS and behaves as each test wants.
type far struct {
	*httptest.Server
	root, log *signed.PrivateKey
	statement identity.Statement
	device    *identity.KeySet
	clock     signed.Time
	asked     string // Authorization of the call that a time answers
}

func newFar(t *testing.T, handle func(f *far, w http.ResponseWriter, r *http.Request)) *far {
	t.Helper()
	f := &far{clock: signed.At(time.Date(2026, 6, 1, 7, 0, 0, 0, time.UTC))}
	f.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handle(f, w, r) }))
	f.Config.ErrorLog = log.New(io.Discard, "", 0)
	f.StartTLS()
	t.Cleanup(f.Close)
	f.root, f.log = key(t), key(t)
	sealing, err := identity.NewSealPrivate()
	check(t, err)
	f.statement = identity.Statement{
		Version: 1, Number: 1, Root: f.root.Public(), Name: "Linden", URL: f.URL,
		TLS:     []identity.Pin{make([]byte, 32), identity.PinOf(f.Certificate())}, // the next one is in use
		Issuing: []signed.Key{key(t).Public()}, Sealing: []identity.SealKey{sealing.Public()},
		Log: []signed.Key{f.log.Public()}, Issued: 1,
	}
	check(t, f.statement.Check())
	f.device, err = identity.NewKeySet()
	check(t, err)
	return f
}

func (f *far) client(t *testing.T, options link.ClientOptions) *link.Client {
	t.Helper()
	c := link.NewClient(f.statement, f.device, options)
	t.Cleanup(c.Close)
	return c
}

func (f *far) time(t *testing.T, w http.ResponseWriter, now signed.Time, key *signed.PrivateKey) {
	header, err := link.SignTime(f.statement.Org(), now, f.asked, key)
	check(t, err)
	w.Header().Set(link.HeaderTime, header)
}

func refuse(w http.ResponseWriter, status int, code link.Code) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(link.Problem{Type: "about:blank", Status: status, Code: code})
}

func TestEachCallIsProvedAgainstItself(t *testing.T) {
	var mu sync.Mutex
	nonces := map[string]bool{}
	f := newFar(t, func(f *far, w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		check(t, err)
		proof, err := link.ReadProof(r.Header.Get("Authorization"))
		check(t, err)
		check(t, proof.Verify(f.device.Public().Signing, f.statement.Org(), r.Method, r.URL.Path, r.URL.RawQuery, body))
		mu.Lock()
		defer mu.Unlock()
		if nonces[string(proof.Claim.Nonce)] {
			t.Error("a nonce was used twice")
		}
		nonces[string(proof.Claim.Nonce)] = true
		f.time(t, w, f.clock, f.log)
		if r.URL.Path == link.PathJournal {
			w.Write([]byte("receipt for " + string(body)))
			return
		}
		w.Write([]byte(`{"cursor":"next","credential":"aGVq"}`))
	})
	c := f.client(t, link.ClientOptions{})
	ctx := t.Context()
	_, err := c.Changes(ctx, "a b&c", link.Had{Statement: 7})
	check(t, err)
	issued, err := c.Credential(ctx)
	check(t, err)
	if string(issued.Credential) != "hej" {
		t.Errorf("credential %q", issued.Credential)
	}
	receipt, err := c.Journal(ctx, []byte("batch"))
	check(t, err)
	if string(receipt) != "receipt for batch" {
		t.Errorf("receipt %q", receipt)
	}
	page, err := c.Log(ctx, link.LogFilter{Day: "2026-06-01", Person: "anna", Limit: 3})
	check(t, err)
	if page.Cursor != "next" || len(nonces) != 4 {
		t.Errorf("page %+v after %d calls", page, len(nonces))
	}
	if c.Time() != f.clock {
		t.Errorf("the client knows %v, the server said %v", c.Time(), f.clock)
	}
}

func TestAStaleProofIsRenewedOnceAndNotForEver(t *testing.T) {
	calls := 0
	stubborn := false
	f := newFar(t, func(f *far, w http.ResponseWriter, r *http.Request) {
		calls++
		proof, err := link.ReadProof(r.Header.Get("Authorization"))
		check(t, err)
		if stubborn {
			f.clock = f.clock.Add(time.Second)
		}
		f.time(t, w, f.clock, f.log)
		if stubborn || proof.Claim.Time != f.clock {
			refuse(w, http.StatusUnauthorized, link.CodeStaleProof)
			return
		}
		w.Write([]byte(`{"cursor":"c"}`))
	})
	var told []signed.Time
	c := f.client(t, link.ClientOptions{OnTime: func(now signed.Time, _ bool) { told = append(told, now) }})
	_, err := c.Changes(t.Context(), "", link.Had{Statement: 1})
	check(t, err)
	if calls != 2 || len(told) != 1 || told[0] != f.clock {
		t.Errorf("%d calls, told %v", calls, told)
	}
	calls, stubborn = 0, true
	_, err = c.Changes(t.Context(), "", link.Had{Statement: 1})
	var problem *link.Problem
	if !errors.As(err, &problem) || problem.Code != link.CodeStaleProof || calls != 2 {
		t.Errorf("after %d calls: %v", calls, err)
	}
}

// net/http sends a GET again when its connection breaks before the answer, with the proof that
// the other end has already seen.
func TestACallThatWasSentTwiceIsProvedAnew(t *testing.T) {
	seen := map[string]bool{}
	calls, stubborn := 0, false
	f := newFar(t, func(f *far, w http.ResponseWriter, r *http.Request) {
		calls++
		proof, err := link.ReadProof(r.Header.Get("Authorization"))
		check(t, err)
		if seen[string(proof.Claim.Nonce)] {
			t.Error("one proof came twice from the client itself")
		}
		seen[string(proof.Claim.Nonce)] = true
		if calls == 1 || stubborn {
			refuse(w, http.StatusUnauthorized, link.CodeReplayed)
			return
		}
		w.Write([]byte(`{"cursor":"c"}`))
	})
	c := f.client(t, link.ClientOptions{})
	if _, err := c.Changes(t.Context(), "", link.Had{Statement: 1}); err != nil || calls != 2 {
		t.Errorf("after %d calls: %v", calls, err)
	}
	calls, stubborn = 0, true
	var problem *link.Problem
	if _, err := c.Changes(t.Context(), "", link.Had{Statement: 1}); !errors.As(err, &problem) || problem.Code != link.CodeReplayed || calls != 2 {
		t.Errorf("after %d calls: %v", calls, err)
	}
}

func TestAForgedOrOlderTimeIsNotLearned(t *testing.T) {
	var header func(f *far, w http.ResponseWriter)
	f := newFar(t, func(f *far, w http.ResponseWriter, r *http.Request) {
		header(f, w)
		w.Write([]byte("{}"))
	})
	start := f.clock
	for what, set := range map[string]func(f *far, w http.ResponseWriter){
		"signed by another key": func(f *far, w http.ResponseWriter) { f.time(t, w, start.Add(time.Hour), f.root) },
		"older than known":      func(f *far, w http.ResponseWriter) { f.time(t, w, start.Add(-time.Hour), f.log) },
		"no time at all":        func(f *far, w http.ResponseWriter) { w.Header().Set(link.HeaderTime, "in a while") },
		"of another organisation": func(f *far, w http.ResponseWriter) {
			text, err := link.SignTime(identity.OrgIDOf(key(t).Public()), start.Add(time.Hour), "", f.log)
			check(t, err)
			w.Header().Set(link.HeaderTime, text)
		},
	} {
		header = set
		c := f.client(t, link.ClientOptions{Time: start, OnTime: func(signed.Time, bool) { t.Errorf("%s: was told on", what) }})
		_, err := c.Changes(t.Context(), "", link.Had{Statement: 1})
		check(t, err)
		if c.Time() != start {
			t.Errorf("%s: the client moved from %v to %v", what, start, c.Time())
		}
	}
}

func TestOnlyAnAnswerToThisVeryCallSetsTheTimeBack(t *testing.T) {
	var kept string
	replay := true
	f := newFar(t, func(f *far, w http.ResponseWriter, r *http.Request) {
		if kept == "" || !replay {
			kept = r.Header.Get("Authorization")
		}
		f.asked = kept
		f.time(t, w, f.clock.Add(-time.Hour), f.log)
		w.Write([]byte("{}"))
	})
	var told []bool
	start := f.clock
	c := f.client(t, link.ClientOptions{OnTime: func(now signed.Time, fresh bool) { told = append(told, fresh) }})
	ask := func() {
		t.Helper()
		_, err := c.Changes(t.Context(), "", link.Had{Statement: 1})
		check(t, err)
	}
	ask()
	f.clock = start.Add(-24 * time.Hour)
	ask() // an answer to another call, kept
	if c.Time() != start.Add(-time.Hour) || len(told) != 1 {
		t.Fatalf("a kept answer set the time to %v", c.Time().Time())
	}
	replay = false
	ask()
	if c.Time() != start.Add(-25*time.Hour) || len(told) != 2 || !told[1] {
		t.Errorf("after an answer the time is %v, told %v", c.Time().Time(), told)
	}
}

func TestWhatTheOtherEndDoesWrongIsNamed(t *testing.T) {
	release := make(chan struct{})
	t.Cleanup(sync.OnceFunc(func() { close(release) }))
	elsewhere := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") }))
	t.Cleanup(elsewhere.Close)
	for what, c := range map[string]struct {
		handle func(w http.ResponseWriter, r *http.Request)
		want   error
	}{
		"an endless body": {func(w http.ResponseWriter, r *http.Request) {
			for block := make([]byte, 1<<16); ; {
				if _, err := w.Write(block); err != nil {
					return
				}
			}
		}, link.ErrAnswer},
		"an endless refusal": {func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			for block := make([]byte, 1<<12); ; {
				if _, err := w.Write(block); err != nil {
					return
				}
			}
		}, link.ErrAnswer},
		"a body that never comes": {func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusOK)
			w.(http.Flusher).Flush()
			select {
			case <-release:
			case <-r.Context().Done():
			}
		}, link.ErrAway},
		"a redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
		}, link.ErrAnswer},
		"endless headers": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X", strings.Repeat("x", 1<<17))
		}, link.ErrAway},
		"no JSON":       {func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("<html>")) }, link.ErrAnswer},
		"a bare 502":    {func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusBadGateway) }, link.ErrAway},
		"a bare 404":    {func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNotFound) }, link.ErrAnswer},
		"a broken body": {func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) }, link.ErrAway},
	} {
		f := newFar(t, func(_ *far, w http.ResponseWriter, r *http.Request) { c.handle(w, r) })
		var options link.ClientOptions
		if what == "a body that never comes" {
			options.Timeout = 2 * time.Second
		}
		_, err := f.client(t, options).Log(t.Context(), link.LogFilter{})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", what, err, c.want)
		}
	}
}

func TestOnlyAPinnedKeyIsSpokenWith(t *testing.T) {
	f := newFar(t, func(_ *far, w http.ResponseWriter, r *http.Request) { w.Write([]byte("{}")) })
	_, err := f.client(t, link.ClientOptions{}).Changes(t.Context(), "", link.Had{Statement: 1})
	check(t, err)

	f.statement.TLS = []identity.Pin{make([]byte, 32)}
	_, err = f.client(t, link.ClientOptions{}).Changes(t.Context(), "", link.Had{Statement: 1})
	if !errors.Is(err, link.ErrPin) || errors.Is(err, link.ErrAway) {
		t.Errorf("another key: %v", err)
	}

	// An unpinned statement can be had all the same, and nothing else.
	body, err := link.FetchStatement(t.Context(), f.URL, 0)
	check(t, err)
	if string(body) != "{}" {
		t.Errorf("statement %q", body)
	}
}

func TestOldTLSIsRefused(t *testing.T) {
	f := newFar(t, func(_ *far, w http.ResponseWriter, r *http.Request) { w.Write([]byte("{}")) })
	f.TLS.MaxVersion = tls.VersionTLS12
	if _, err := f.client(t, link.ClientOptions{}).Changes(t.Context(), "", link.Had{Statement: 1}); !errors.Is(err, link.ErrAway) {
		t.Errorf("TLS 1.2: %v", err)
	}
}

func TestNobodyThereAndTheCallerWhoLeft(t *testing.T) {
	f := newFar(t, func(_ *far, w http.ResponseWriter, r *http.Request) {})
	f.Close()
	c := f.client(t, link.ClientOptions{})
	if _, err := c.Changes(t.Context(), "", link.Had{Statement: 1}); !errors.Is(err, link.ErrAway) {
		t.Errorf("nobody there: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Changes(ctx, "", link.Had{Statement: 1}); !errors.Is(err, context.Canceled) || errors.Is(err, link.ErrAway) {
		t.Errorf("the caller left: %v", err)
	}
}

func TestTheDirectoryIsVerifiedByItsCA(t *testing.T) {
	f := newFar(t, func(f *far, w http.ResponseWriter, r *http.Request) {
		if strings.TrimPrefix(r.URL.Path, link.PathDirectory) != string(f.statement.Org()) {
			refuse(w, http.StatusNotFound, link.CodeUnknownOrg)
			return
		}
		w.Write([]byte("statement"))
	})
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: f.Certificate().Raw})
	directory := link.Directory{URL: f.URL + "/", CA: ca}
	body, err := directory.Statement(t.Context(), f.statement.Org())
	check(t, err)
	if string(body) != "statement" {
		t.Errorf("statement %q", body)
	}
	var problem *link.Problem
	if _, err := directory.Statement(t.Context(), identity.OrgIDOf(key(t).Public())); !errors.As(err, &problem) || problem.Code != link.CodeUnknownOrg {
		t.Errorf("unknown organisation: %v", err)
	}
	if _, err := (link.Directory{URL: f.URL}).Statement(t.Context(), f.statement.Org()); !errors.Is(err, link.ErrPin) {
		t.Errorf("a directory of an unknown CA: %v", err)
	}
	if _, err := (link.Directory{URL: "http://" + f.Listener.Addr().String()}).Statement(t.Context(), f.statement.Org()); err == nil {
		t.Error("a directory without TLS was asked")
	}
	if _, err := (link.Directory{URL: f.URL, CA: []byte("no")}).Statement(t.Context(), f.statement.Org()); err == nil {
		t.Error("a CA that is none was taken")
	}
}

func TestARefusalNeverHoldsThePassword(t *testing.T) {
	f := newFar(t, func(_ *far, w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusUnauthorized, link.CodeWrongPassword)
	})
	_, err := f.client(t, link.ClientOptions{}).Enrol(t.Context(), link.EnrolRequest{Username: "anna", Password: "sommar-i-lindens-park"})
	var problem *link.Problem
	if !errors.As(err, &problem) || problem.Code != link.CodeWrongPassword || problem.Status != http.StatusUnauthorized {
		t.Fatalf("got %v", err)
	}
	if strings.Contains(err.Error(), "sommar") || strings.Contains(err.Error(), "anna") {
		t.Errorf("the error says too much: %v", err)
	}
}

func key(t *testing.T) *signed.PrivateKey {
	t.Helper()
	k, err := signed.NewPrivateKey(rand.Reader)
	check(t, err)
	return k
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
