package testnet

import (
	"bytes"
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"

	"handslag/app/connected/organisation"
)

// Tamperer stands between devices and the connected system with the server's own TLS key, as
// somebody who broke into the machine in front of it would: it reads every call and may
// change every answer. What it can not do is sign.
type Tamperer struct {
	*Impostor

	mu     sync.Mutex
	calls  []Call
	change map[string]func([]byte) []byte
}

// Call is one that went by.
type Call struct {
	Method, Path, Query, Authorization string
	Body                               []byte
	Status                             int
}

const tamperLimit = 64 << 20 // bytes of one body

// Tamper puts one in; StopConnected and StartConnected put the real server back.
func (n *Net) Tamper() (*Tamperer, error) {
	keys, err := organisation.Open(n.Folder())
	if err != nil {
		return nil, err
	}
	t := &Tamperer{change: map[string]func([]byte) []byte{}}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "https", Host: n.Line.Target()})
	proxy.Transport = &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableCompression: true}
	proxy.ModifyResponse = t.answered
	t.Impostor, err = NewImpostor(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, tamperLimit))
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		t.mu.Lock()
		t.calls = append(t.calls, Call{Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Authorization: r.Header.Get("Authorization"), Body: body})
		t.mu.Unlock()
		proxy.ServeHTTP(w, r)
	}), "", &keys.TLS)
	if err != nil {
		return nil, err
	}
	n.ConnectedIs(t.Impostor)
	return t, nil
}

// Change has answers of a path changed from now on; nil leaves them.
func (t *Tamperer) Change(path string, change func([]byte) []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.change[path] = change
}

// Calls are those that went by, oldest first.
func (t *Tamperer) Calls() []Call {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]Call(nil), t.calls...)
}

func (t *Tamperer) answered(r *http.Response) error {
	t.mu.Lock()
	change := t.change[r.Request.URL.Path]
	t.mu.Unlock()
	if change == nil || r.StatusCode != http.StatusOK {
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, tamperLimit))
	if err != nil {
		return err
	}
	body = change(body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.ContentLength = int64(len(body))
	r.Header.Del("Content-Length")
	return nil
}
