// Package oidc asks an organisation's own identity provider who somebody is, through OpenID Connect: the
// authorization code flow with PKCE, with the connected system as the client. It knows no user and keeps nothing
// about an attempt: who began one holds it.
package oidc

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Errors of an attempt.
var (
	// ErrAway says that the provider can not be reached, or fails: nothing is said about the person.
	ErrAway = errors.New("the identity provider does not answer")
	// ErrRefused says that what came is no proof of who somebody is.
	ErrRefused = errors.New("the identity provider's answer proves nobody")
)

// Settings are those of one provider.
type Settings struct {
	Issuer   string         // https URL, to the letter as the provider writes it
	ClientID string         // what the provider calls us
	Secret   string         // which it gave us; empty for a public client
	Email    bool           // its verified e-mail addresses count
	Roots    *x509.CertPool // who may have signed its certificate; nil: whom the machine trusts
	Now      func() time.Time
}

// Client asks one provider. It is safe for concurrent use.
type Client struct {
	settings Settings
	http     *http.Client
	asking   chan struct{} // who may ask now

	mu    sync.Mutex
	found *found
	tried time.Time // when it was last looked for in vain
}

// found is what the provider says of itself.
type found struct {
	provider *gooidc.Provider
	oauth    oauth2.Config
	names    bool // its answers name it (RFC 9207)
	at       time.Time
}

// Times and sizes that a provider gets.
const (
	askTime     = 10 * time.Second
	foundTime   = time.Hour       // how long what it says of itself holds
	silence     = 5 * time.Second // how long it is not asked after it did not answer
	answerLimit = 1 << 20         // bytes
	asksAtOnce  = 8
)

// New makes a client. It asks nobody yet.
func New(s Settings) (*Client, error) {
	u, err := url.Parse(s.Issuer)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return nil, errors.New("the issuer is not an https URL")
	}
	if s.ClientID == "" {
		return nil, errors.New("the client ID is missing")
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: s.Roots}, ForceAttemptHTTP2: true,
		MaxConnsPerHost: asksAtOnce, IdleConnTimeout: time.Minute,
	}
	return &Client{settings: s, asking: make(chan struct{}, asksAtOnce), http: &http.Client{
		Transport: bounded{transport}, Timeout: askTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Issuer is the provider's name for itself.
func (c *Client) Issuer() string { return c.settings.Issuer }

// Close closes what connections stand idle.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// find reads what the provider says of itself, at most once an hour; where it does not answer, what it said before
// holds on.
func (c *Client) find(ctx context.Context) (*found, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.settings.Now()
	if c.found != nil && now.Sub(c.found.at) < foundTime {
		return c.found, nil
	}
	if age := now.Sub(c.tried); age >= 0 && age < silence {
		return c.found, orAway(c.found)
	}
	ctx, cancel := context.WithTimeout(gooidc.ClientContext(context.WithoutCancel(ctx), c.http), askTime) // its answer is others' too
	defer cancel()
	provider, err := gooidc.NewProvider(ctx, c.settings.Issuer)
	var more struct {
		Names bool     `json:"authorization_response_iss_parameter_supported"`
		JWKS  string   `json:"jwks_uri"`
		PKCE  []string `json:"code_challenge_methods_supported"`
	}
	if err == nil {
		err = provider.Claims(&more)
	}
	if err == nil {
		for _, endpoint := range []string{provider.Endpoint().AuthURL, provider.Endpoint().TokenURL, more.JWKS} {
			if u, bad := url.Parse(endpoint); bad != nil || u.Scheme != "https" {
				err = errors.New("an endpoint is not https")
			}
		}
	}
	if err != nil {
		c.tried = now
		if c.found != nil {
			return c.found, nil
		}
		return nil, fmt.Errorf("%w: %w", ErrAway, err)
	}
	scopes := []string{gooidc.ScopeOpenID}
	if c.settings.Email {
		scopes = append(scopes, "email")
	}
	c.found = &found{provider: provider, names: more.Names, at: now, oauth: oauth2.Config{
		ClientID: c.settings.ClientID, ClientSecret: c.settings.Secret, Endpoint: provider.Endpoint(), Scopes: scopes,
	}}
	return c.found, nil
}

func orAway(f *found) error {
	if f == nil {
		return ErrAway
	}
	return nil
}

// turn waits until somebody more may ask; done ends it.
func (c *Client) turn(ctx context.Context) (done func(), err error) {
	select {
	case c.asking <- struct{}{}:
		return func() { <-c.asking }, nil
	case <-ctx.Done():
		return nil, ErrAway
	case <-time.After(askTime):
		return nil, ErrAway
	}
}
