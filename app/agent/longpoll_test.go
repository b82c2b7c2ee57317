package agent

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"handslag/sync/link"
)

// runs has the device keep in touch until the test ends, and returns what blocks until what it tells fits.
func (p *phone) runs(t *testing.T) (until func(fits func() bool)) {
	signals := make(chan struct{}, 1)
	stop := p.Listen(func(Signal) {
		select {
		case signals <- struct{}{}:
		default:
		}
	})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		ok(t, <-ended)
		stop()
	})
	return func(fits func() bool) {
		t.Helper()
		enough := time.NewTimer(longEnough)
		defer enough.Stop()
		for !fits() {
			select {
			case <-signals:
			case <-enough.C:
				t.Fatal("it never came to that")
			}
		}
	}
}

// What the connected system tells who waits is there at once, and is not asked for again; of a revocation
// the device hears while it does nothing.
func TestRunHearsOfWhatChanges(t *testing.T) {
	f := newFar(t)
	f.waits, f.tells = make(chan struct{}, 16), make(chan struct{})
	p := f.phone().enrolled()
	until := p.runs(t)
	<-f.waits
	f.mu.Lock()
	f.addRecord("r2", "s2", "Ny, Nils", "1")
	asked := len(f.requests)
	f.mu.Unlock()
	f.tells <- struct{}{}
	until(func() bool {
		cards, err := p.Records(t.Context(), "")
		ok(t, err)
		return len(cards) == 2
	})
	<-f.waits
	f.mu.Lock()
	if since := f.requests[asked:]; slices.Contains(since, "GET "+link.PathChanges) {
		t.Errorf("what had been told is asked for again: %q", since)
	}
	f.refuse[link.PathCredential], f.refuse[link.PathChanges] = link.CodeDeviceRevoked, link.CodeDeviceRevoked
	f.mu.Unlock()
	f.tells <- struct{}{}
	until(func() bool { return p.Me().Revoked })
}

// A deed does not wait for what may be told.
func TestADeedGoesUpWhileACallWaits(t *testing.T) {
	f := newFar(t)
	f.waits, f.tells = make(chan struct{}, 16), make(chan struct{})
	p := f.phone().enrolled()
	until := p.runs(t)
	<-f.waits
	_, err := p.Record(t.Context(), "r1")
	ok(t, err)
	_, err = p.Finish(t.Context(), "a1", "klart", "")
	ok(t, err)
	until(func() bool { return p.Me().Waiting == 0 })
}

// Where nobody tells, Run goes on in intervals; what was answered for another question is no answer.
func TestWhoTellsNothingIsNotListenedTo(t *testing.T) {
	for what, c := range map[string]struct {
		answers func(w http.ResponseWriter)
		want    error // of the ear
		told    bool
	}{
		"it does not wait": {answers: func(w http.ResponseWriter) { json.NewEncoder(w).Encode(link.Page{Cursor: "end"}) }, want: link.ErrAway},
		"a line is cut":    {answers: func(http.ResponseWriter) { panic(http.ErrAbortHandler) }, want: link.ErrAway},
		"a proxy gives up": {answers: func(w http.ResponseWriter) { w.WriteHeader(http.StatusGatewayTimeout) }, want: link.ErrAway},
		"too many wait": {answers: func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusServiceUnavailable)
			json.NewEncoder(w).Encode(link.Problem{Status: 503, Code: link.CodeBusy})
		}, want: new(link.Problem)},
		"it refuses": {answers: func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusForbidden)
			json.NewEncoder(w).Encode(link.Problem{Status: 403, Code: link.CodeExpired})
		}, told: true},
		"something came": {answers: func(w http.ResponseWriter) { json.NewEncoder(w).Encode(link.Page{Cursor: "2", More: true}) }, told: true},
	} {
		f := newFar(t)
		p := f.phone().enrolled().synced()
		f.mu.Lock()
		f.break_ = func(w http.ResponseWriter, r *http.Request) bool {
			if !r.URL.Query().Has("wait") {
				return false
			}
			c.answers(w)
			return true
		}
		f.mu.Unlock()
		told, err := p.listen(t.Context())
		var refused *link.Problem
		if (told != nil) != c.told || c.want != nil && !errors.Is(err, c.want) && !errors.As(err, &refused) || c.want == nil && err != nil {
			t.Errorf("%s: told %+v, %v", what, told, err)
		}
		<-p.kick // of the unlock
		if told, goes := p.pause(t.Context(), 0, true, true); (told != nil) != c.told || !goes {
			t.Errorf("%s: after the interval it goes on %v, told %v", what, goes, told)
		}
		if _, ok := told.answers(told.of(), "another", link.Had{}); ok {
			t.Errorf("%s: it answers another question", what)
		}
	}
}

func (t *tidings) of() *session {
	if t == nil {
		return nil
	}
	return t.session
}
