package oidc

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"handslag/app/connected/oidc/oidctest"
)

var today = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

// A provider that takes the connection and then says nothing is given up, in a bubble whose clock goes only while
// everybody waits; whom it holds up meanwhile is bounded.
func TestAProviderThatSaysNothingIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := New(Settings{Issuer: "https://idp.example", ClientID: "x"})
		if err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		var ends []net.Conn
		transport := c.http.Transport.(bounded).inner
		transport.Proxy = nil
		transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
			here, there := net.Pipe()
			mu.Lock()
			ends = append(ends, there)
			mu.Unlock()
			go io.Copy(io.Discard, there)
			return here, nil
		}
		begun := time.Now()
		if _, _, err := c.Begin(t.Context(), "http://127.0.0.1:1"+RedirectPath); !errors.Is(err, ErrAway) {
			t.Errorf("it says %v", err)
		}
		if took := time.Since(begun); took > askTime {
			t.Errorf("it is waited for %s", took)
		}
		// Who comes at once after is not held up by it once more.
		begun = time.Now()
		if _, _, err := c.Begin(t.Context(), "http://127.0.0.1:1"+RedirectPath); !errors.Is(err, ErrAway) || time.Since(begun) > askTime {
			t.Errorf("the next: %v", err)
		}
		c.Close()
		mu.Lock()
		defer mu.Unlock()
		if len(ends) > 2 {
			t.Errorf("it was asked %d times", len(ends))
		}
		for _, end := range ends {
			end.Close()
		}
	})
}

// While as many ask as may, who comes then is told that the provider is away, and does not wait for ever.
func TestWhoAsksWaitsForATurnSoLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := New(Settings{Issuer: "https://idp.example", ClientID: "x"})
		if err != nil {
			t.Fatal(err)
		}
		for range asksAtOnce {
			if _, err := c.turn(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		begun := time.Now()
		if _, err := c.turn(t.Context()); !errors.Is(err, ErrAway) || time.Since(begun) > askTime {
			t.Errorf("after %s: %v", time.Since(begun), err)
		}
	})
}

// An answer without end is cut, wherever it comes.
func TestAnAnswerWithoutEndIsCut(t *testing.T) {
	for _, at := range []string{"/.well-known/openid-configuration", "/token", "/keys"} {
		p := oidctest.New(t, func() time.Time { return today })
		p.Is("bo-7", nil)
		c, err := New(Settings{Issuer: p.Issuer(), ClientID: oidctest.ClientID, Secret: oidctest.Secret, Roots: p.Roots(), Now: func() time.Time { return today }})
		if err != nil {
			t.Fatal(err)
		}
		p.Floods(at)
		if _, _, err = c.Begin(t.Context(), "http://127.0.0.1:4711"+RedirectPath); err == nil {
			a, to, err := c.Begin(t.Context(), "http://127.0.0.1:4711"+RedirectPath)
			if err != nil {
				t.Fatal(err)
			}
			back, err := p.Answer(t.Context(), to)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.Finish(t.Context(), a, back.Get("code"), back.Get("iss")); !errors.Is(err, ErrAway) && !errors.Is(err, ErrRefused) {
				t.Errorf("%s: %v", at, err)
			}
		} else if !errors.Is(err, ErrAway) {
			t.Errorf("%s: %v", at, err)
		}
		if n := p.Flooded(); n == 0 || n >= oidctest.FloodLimit {
			t.Errorf("%s: %d bytes of an answer without end were taken", at, n)
		}
		c.Close()
	}
}
