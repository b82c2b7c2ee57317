// Package oidctest is a small identity provider (OpenID Connect) on loopback for tests, and a browser that a person sits
// at. It asks for all that a provider should, and can be made to lie.
package oidctest

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// ClientID and Secret are the one client's.
const (
	ClientID = "handslag"
	Secret   = "the client's secret"
)

// Provider is the server.
type Provider struct {
	t      testing.TB
	server *httptest.Server

	mu     sync.Mutex
	key    *ecdsa.PrivateKey
	now    func() time.Time
	who    map[string]any // claims about who signs in
	lie    func(claims map[string]any)
	sign   func(claims []byte) string // nil: as it should
	down   bool
	floods string // what it is asked there has an answer without end
	codes  map[string]granted
	asked  int // tokens

	flooding sync.WaitGroup
	flooded  atomic.Int64
}

type granted struct {
	nonce, challenge, redirect string
	claims                     map[string]any
}

// New starts a provider, which ends with the test. now is its clock.
func New(t testing.TB, now func() time.Time) *Provider {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &Provider{t: t, key: key, now: now, codes: map[string]granted{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.discovery)
	mux.HandleFunc("GET /keys", p.keys)
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	p.server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		down, floods := p.down, p.floods == r.URL.Path
		p.mu.Unlock()
		if floods {
			p.flood(w)
			return
		}
		if down {
			http.Error(w, "out of order", http.StatusBadGateway)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(p.server.Close)
	return p
}

// Issuer is its name.
func (p *Provider) Issuer() string { return p.server.URL }

// Roots are who signed its certificate.
func (p *Provider) Roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(p.server.Certificate())
	return pool
}

// Is says who signs in from now on: the provider's name for them, and what else it says.
func (p *Provider) Is(subject string, more map[string]any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.who = map[string]any{"sub": subject}
	for name, value := range more {
		p.who[name] = value
	}
}

// Lies has it change what it signs; nil ends that.
func (p *Provider) Lies(lie func(claims map[string]any)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lie = lie
}

// Signs has it sign in another way; nil ends that.
func (p *Provider) Signs(sign func(claims []byte) string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sign = sign
}

// Down has it answer nothing but that it is out of order.
func (p *Provider) Down(down bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = down
}

// FloodLimit is where an answer without end ends all the same, in bytes.
const FloodLimit = 64 << 20

// Floods has it answer without end what is asked at this path; "" ends that.
func (p *Provider) Floods(path string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.floods = path
}

// Flooded are the bytes of answers without end that somebody took, until they hung up.
func (p *Provider) Flooded() int64 {
	p.flooding.Wait()
	return p.flooded.Swap(0)
}

func (p *Provider) flood(w http.ResponseWriter) {
	p.flooding.Add(1)
	defer p.flooding.Done()
	w.Header().Set("Content-Type", "application/json")
	text := bytes.Repeat([]byte("x"), 1<<16)
	text[0] = '"'
	for range FloodLimit / len(text) {
		n, err := w.Write(text)
		p.flooded.Add(int64(n))
		if err != nil {
			return
		}
	}
}

// Asked is how often it was asked for a token.
func (p *Provider) Asked() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked
}

func (p *Provider) discovery(w http.ResponseWriter, _ *http.Request) {
	at := p.server.URL
	answer(w, map[string]any{
		"issuer": at, "authorization_endpoint": at + "/authorize", "token_endpoint": at + "/token", "jwks_uri": at + "/keys",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported": []string{"ES256", "none", "HS256"}, "code_challenge_methods_supported": []string{"S256"},
		"authorization_response_iss_parameter_supported": true,
	})
}

func (p *Provider) keys(w http.ResponseWriter, _ *http.Request) {
	answer(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: p.key.Public(), KeyID: "k1", Algorithm: "ES256", Use: "sig"}}})
}

// authorize is the page on which the person signs in: at once.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || back.Hostname() != "127.0.0.1" || q.Get("client_id") != ClientID || q.Get("response_type") != "code" ||
		q.Get("code_challenge_method") != "S256" || q.Get("code_challenge") == "" || q.Get("nonce") == "" || q.Get("prompt") != "login" {
		http.Error(w, "that is no request", http.StatusBadRequest)
		return
	}
	answer := url.Values{"state": {q.Get("state")}, "iss": {p.server.URL}}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.who == nil {
		answer.Set("error", "access_denied")
	} else {
		code := rand.Text()
		p.codes[code] = granted{q.Get("nonce"), q.Get("code_challenge"), q.Get("redirect_uri"), p.who}
		answer.Set("code", code)
	}
	back.RawQuery = answer.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}

// token gives an ID token for a code, once.
func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	id, secret, _ := r.BasicAuth()
	if id == "" {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	} else {
		secret, _ = url.QueryUnescape(secret)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	g, ok := p.codes[r.PostFormValue("code")]
	delete(p.codes, r.PostFormValue("code"))
	proof := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if id != ClientID || secret != Secret || !ok || g.redirect != r.PostFormValue("redirect_uri") || g.challenge != base64.RawURLEncoding.EncodeToString(proof[:]) {
		w.WriteHeader(http.StatusBadRequest)
		answer(w, map[string]any{"error": "invalid_grant"})
		return
	}
	now := p.now()
	claims := map[string]any{"iss": p.server.URL, "aud": ClientID, "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(), "nonce": g.nonce}
	for name, value := range g.claims {
		claims[name] = value
	}
	if p.lie != nil {
		p.lie(claims)
	}
	text, err := json.Marshal(claims)
	if err != nil {
		p.t.Error(err)
	}
	sign := p.sign
	if sign == nil {
		sign = func(claims []byte) string { return Sign(p.t, jose.ES256, p.key, claims) }
	}
	answer(w, map[string]any{"access_token": rand.Text(), "token_type": "Bearer", "expires_in": 300, "id_token": sign(text)})
}

// Sign makes a token of claims.
func Sign(t testing.TB, algorithm jose.SignatureAlgorithm, key any, claims []byte) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: jose.JSONWebKey{Key: key, KeyID: "k1"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	token, err := signer.Sign(claims)
	if err != nil {
		t.Fatal(err)
	}
	text, err := token.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Unsigned is a token that nobody has signed.
func Unsigned(claims []byte) string {
	b := base64.RawURLEncoding
	return b.EncodeToString([]byte(`{"alg":"none","kid":"k1"}`)) + "." + b.EncodeToString(claims) + "."
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}

// Browser goes to a URL as a person's browser does, and wherever it is sent from there; what it ends at is the answer.
func (p *Provider) Browser(ctx context.Context, at string) (string, error) {
	client := p.server.Client()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return "", err
	}
	page, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer page.Body.Close()
	text, err := io.ReadAll(page.Body)
	if err == nil && page.StatusCode != http.StatusOK {
		err = fmt.Errorf("the page says %d", page.StatusCode)
	}
	return string(text), err
}

// Answer is what the browser brings back from the provider to the redirect, without going there.
func (p *Provider) Answer(ctx context.Context, at string) (url.Values, error) {
	client := *p.server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return nil, err
	}
	page, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer page.Body.Close()
	back, err := page.Location()
	if err != nil {
		return nil, err
	}
	return back.Query(), nil
}
