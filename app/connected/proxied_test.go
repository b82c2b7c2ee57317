package connected_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"handslag/sync/link"
	"handslag/vault/journal"
)

// between stands between devices and the house, as a proxy does that ends TLS where the house would.
func (h *house) between(t *testing.T, pass func(w http.ResponseWriter, r *http.Request, onwards http.Handler)) {
	t.Helper()
	onwards := h.server.Config.Handler
	h.server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { pass(w, r, onwards) })
}

// buffered passes an answer on when it is whole, as a proxy does that buffers.
func buffered(w http.ResponseWriter, r *http.Request, onwards http.Handler) *httptest.ResponseRecorder {
	a := httptest.NewRecorder()
	onwards.ServeHTTP(a, r)
	for name, values := range a.Header() {
		w.Header()[name] = values
	}
	return a
}

// Through a proxy that buffers, who waits hears of a change when it comes.
func TestAWaitGoesThroughAProxyThatBuffers(t *testing.T) {
	h := newHouse(t, live)
	h.between(t, func(w http.ResponseWriter, r *http.Request, onwards http.Handler) {
		a := buffered(w, r, onwards)
		w.WriteHeader(a.Code)
		w.Write(a.Body.Bytes())
	})
	bo := h.enrolled("bo.ek")
	answer := bo.awaits()
	h.attaches("b-1", "r-maj", "a.txt", []byte("Hissen står."))
	if got := <-answer; got.err != nil || len(got.page.Attachments) != 1 {
		t.Errorf("told %+v, %v", got.page, got.err)
	}
}

// A proxy cuts what is silent: the server lets the call go, what changed is not lost, and the next call tells it.
func TestAWaitThatAProxyCutsLosesNothing(t *testing.T) {
	h := newHouse(t, live)
	var cut atomic.Pointer[context.CancelFunc]
	h.between(t, func(w http.ResponseWriter, r *http.Request, onwards http.Handler) {
		if !r.URL.Query().Has("wait") {
			onwards.ServeHTTP(w, r)
			return
		}
		ctx, stop := context.WithCancel(r.Context())
		defer stop()
		cut.Store(&stop)
		buffered(w, r.WithContext(ctx), onwards)
		if ctx.Err() != nil {
			panic(http.ErrAbortHandler) // the line is dead
		}
	})
	bo := h.enrolled("bo.ek")
	cursor, had := bo.caughtUp()
	failed := make(chan error, 1)
	go func() {
		_, err := bo.client.Await(context.Background(), cursor, had, 15*time.Second)
		failed <- err
	}()
	for h.waiting() == 0 {
		runtime.Gosched()
	}
	(*cut.Load())()
	if err := <-failed; err == nil {
		t.Fatal("a dead line answers")
	}
	for h.waiting() != 0 {
		runtime.Gosched()
	}
	h.attaches("b-1", "r-maj", "a.txt", []byte("Hissen står."))
	page := must[link.Page](t)(bo.client.Changes(context.Background(), cursor, had))
	if len(page.Attachments) != 1 {
		t.Errorf("the next call tells %+v", page)
	}
}

// A proxy makes the same call twice: its proof is used up, so the second one is refused, and the first one waits on.
func TestAProxyThatRepeatsACallDisturbsNoWait(t *testing.T) {
	h := newHouse(t, live)
	codes := make(chan int, 64) // more than calls are made
	h.between(t, func(w http.ResponseWriter, r *http.Request, onwards http.Handler) {
		if r.URL.Query().Has("wait") {
			go func() {
				for h.waiting() == 0 {
					runtime.Gosched()
				}
				again := httptest.NewRecorder()
				onwards.ServeHTTP(again, r.Clone(context.Background()))
				codes <- again.Code
			}()
		}
		a := buffered(w, r, onwards)
		w.WriteHeader(a.Code)
		io.Copy(w, a.Body)
	})
	bo := h.enrolled("bo.ek")
	answer := bo.awaits()
	if got := <-codes; got != http.StatusUnauthorized {
		t.Errorf("the repeated call is answered %d", got)
	}
	h.waitFor(1)
	h.attaches("b-1", "r-maj", "a.txt", []byte("Hissen står."))
	if got := <-answer; got.err != nil || len(got.page.Attachments) != 1 {
		t.Errorf("told %+v, %v", got.page, got.err)
	}
}

// Who waits holds neither a connection to the database nor a transaction: many wait, and others write meanwhile.
func TestWhoWaitsHoldsNoDatabase(t *testing.T) {
	h := newHouse(t, live)
	anna := h.enrolled("anna.lind")
	var answers []<-chan awaited
	for range 12 { // more than the database has connections
		answers = append(answers, h.enrolled("carl.ask").awaits())
	}
	for range 3 {
		anna.hands(anna.batch(anna.say(journal.Entry{Kind: journal.Unlocked}, nil)))
		anna.changes("")
	}
	h.waitFor(len(answers)) // still, or again
	h.gate.EndWaits()
	for _, answer := range answers {
		if got := <-answer; got.err != nil || !got.page.Empty() {
			t.Errorf("told %+v, %v", got.page, got.err)
		}
	}
}
