// Package signin has a person sign in at their organisation's identity provider, in their own browser. No token comes to
// this machine: what comes back is for the connected system.
package signin

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"handslag/identity"
	"handslag/sync/link"
)

// Times and sizes of a sign-in in a browser.
const (
	browserPatience = 5 * time.Minute // for the person
	browserEnd      = time.Second     // for the last page
	browserHeader   = 16 << 10        // bytes
	signInURLLimit  = 4 << 10         // bytes
	signedInPath    = "/signed-in"
)

// Why nobody was signed in.
var (
	ErrBrowser = errors.New("no browser could be opened")
	ErrFailed  = errors.New("nobody was signed in there")
)

const backToHandslag = "Gå tillbaka till Handslag. Den här fliken kan stängas.\n\nGo back to Handslag. This tab can be closed.\n"

// InBrowser has the person sign in at the organisation's identity provider. The browser goes to a listener on loopback
// that is there for this alone (RFC 8252 §7.3), from it to the provider, and comes back to it with the answer, which
// goes to the connected system: no token comes to this machine. What the command that opens a browser is told, and
// anybody on this machine may read, is an address that is good once; where somebody else was there too, nobody is
// signed in. An answer that was not asked for is none.
func InBrowser(ctx context.Context, client *link.Client, device identity.DeviceID, browse func(string) error) (link.SignedIn, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return link.SignedIn{}, fmt.Errorf("sign in: %w: %w", ErrBrowser, err)
	}
	defer listener.Close()
	at := listener.Addr().String()
	begun, err := client.BeginSignIn(ctx, link.SignInRequest{Device: device, Redirect: "http://" + at + signedInPath})
	if err != nil {
		return link.SignedIn{}, err
	}
	if u, err := url.Parse(begun.URL); err != nil || u.Scheme != "https" || u.Host == "" || len(begun.URL) > signInURLLimit || begun.State == "" {
		return link.SignedIn{}, fmt.Errorf("sign in: %w: the address to sign in at is none", link.ErrAnswer)
	}
	w := &browserWait{host: at, begun: begun, start: "/" + rand.Text(), ended: make(chan error, 1)}
	server := &http.Server{Handler: w, ReadHeaderTimeout: browserEnd * 5, WriteTimeout: browserEnd * 5, MaxHeaderBytes: browserHeader}
	go server.Serve(listener)
	defer func() {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), browserEnd)
		defer cancel()
		if server.Shutdown(last) != nil {
			server.Close()
		}
	}()
	if err := browse("http://" + at + w.start); err != nil {
		return link.SignedIn{}, fmt.Errorf("sign in: %w: %w", ErrBrowser, err)
	}
	patience, cancel := context.WithTimeout(ctx, browserPatience)
	defer cancel()
	select {
	case err := <-w.ended:
		if err != nil {
			return link.SignedIn{}, fmt.Errorf("sign in: %w: %w", ErrFailed, err)
		}
		return link.SignedIn{Attempt: begun.Attempt, State: begun.State, Code: w.code, Issuer: w.issuer}, nil
	case <-patience.Done():
		if ctx.Err() != nil {
			return link.SignedIn{}, fmt.Errorf("sign in: %w: %w", context.Canceled, ctx.Err())
		}
		return link.SignedIn{}, fmt.Errorf("sign in: %w: %w", ErrFailed, patience.Err())
	}
}

// browserWait answers the browser.
type browserWait struct {
	host, start string
	begun       link.SignInBegun
	ended       chan error // once

	mu           sync.Mutex
	opened, over bool
	code, issuer string
}

// ServeHTTP answers what a page of somebody else's could have had the browser ask too: what is not the person's own way is
// refused, and changes nothing.
func (w *browserWait) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	h := out.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	w.mu.Lock()
	defer w.mu.Unlock()
	query := r.URL.Query()
	switch {
	case r.Host != w.host || r.Method != http.MethodGet: // another name for this address is somebody's trick
		http.Error(out, "", http.StatusBadRequest)
	case r.URL.Path == w.start && !w.opened:
		w.opened = true
		http.Redirect(out, r, w.begun.URL, http.StatusFound)
	case r.URL.Path == w.start:
		w.end(errors.New("the address was opened twice"))
		http.Error(out, "", http.StatusGone)
	case r.URL.Path != signedInPath:
		http.Error(out, "", http.StatusNotFound)
	case !w.opened || w.over || subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(w.begun.State)) != 1:
		http.Error(out, "", http.StatusBadRequest)
	case query.Get("code") == "":
		w.end(errors.New("the identity provider signed nobody in"))
		fmt.Fprint(out, backToHandslag)
	default:
		w.code, w.issuer = query.Get("code"), query.Get("iss")
		w.end(nil)
		fmt.Fprint(out, backToHandslag)
	}
}

func (w *browserWait) end(err error) {
	if !w.over {
		w.over = true
		w.ended <- err
	}
}
