package oidc

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Attempt is one sign-in under way. Whoever has it and the provider's answer can end it: it is a secret.
type Attempt struct {
	State    string `cbor:"1,keyasint"` // which the provider gives back, so that an answer that nobody asked for is seen
	Nonce    string `cbor:"2,keyasint"` // which it signs, so that another attempt's answer is
	Verifier string `cbor:"3,keyasint"` // of PKCE (RFC 7636), so that a code that somebody else saw is worth nothing
	Redirect string `cbor:"4,keyasint"` // where the browser goes with the answer
}

// Begin begins an attempt: in a browser at the URL the person signs in, anew even where the browser still knows who
// signed in before, because a machine may be several people's. The answer goes to redirect, an address on
// loopback (RFC 8252 §7.3), and nowhere else.
func (c *Client) Begin(ctx context.Context, redirect string) (Attempt, string, error) {
	if err := checkRedirect(redirect); err != nil {
		return Attempt{}, "", err
	}
	f, err := c.find(ctx)
	if err != nil {
		return Attempt{}, "", fmt.Errorf("begin sign-in: %w", err)
	}
	a := Attempt{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Redirect: redirect}
	return a, f.to(redirect).AuthCodeURL(a.State, gooidc.Nonce(a.Nonce), oauth2.S256ChallengeOption(a.Verifier), oauth2.SetAuthURLParam("prompt", "login")), nil
}

func (f *found) to(redirect string) *oauth2.Config {
	config := f.oauth
	config.RedirectURL = redirect
	return &config
}

// RedirectPath is that of every redirect.
const RedirectPath = "/signed-in"

// ErrRedirect says that an address is not one that a device listens on.
var ErrRedirect = errors.New("the redirect is not on loopback")

// checkRedirect takes an address in one way of writing alone, so that no browser reads it otherwise.
func checkRedirect(redirect string) error {
	text, _ := strings.CutPrefix(redirect, "http://")
	text, _ = strings.CutSuffix(text, RedirectPath)
	at, err := netip.ParseAddrPort(text)
	if err != nil || !at.Addr().IsLoopback() || at.Addr().Zone() != "" || redirect != "http://"+at.String()+RedirectPath {
		return ErrRedirect
	}
	return nil
}

// Person is who the provider says that somebody is.
type Person struct {
	Issuer  string
	Subject string // its name for them, for good
	Email   string // which it has verified; empty where it says so of none, or Settings.Email is off
}

// Bounds of what a provider calls people.
const (
	maxSubject = 255 // OpenID Connect Core §2
	maxEmail   = 254
	maxCode    = 4 << 10
	futureness = 5 * time.Minute // that its clock may be ahead
)

// algorithms are those of which a signature proves something: none is none of them, and with an HMAC whoever has the
// client's secret could sign.
var algorithms = []string{gooidc.RS256, gooidc.RS384, gooidc.RS512, gooidc.PS256, gooidc.PS384, gooidc.PS512, gooidc.ES256, gooidc.ES384, gooidc.ES512, gooidc.EdDSA}

// Finish ends an attempt with what the provider gave the browser: a code, and its own name where it says it. The code
// goes to the provider, whose signed word about who it was is verified: who signed it, for whom, for which attempt
// and when. Errors: ErrAway, ErrRefused.
func (c *Client) Finish(ctx context.Context, a Attempt, code, issuer string) (Person, error) {
	p, err := c.finish(ctx, a, code, issuer)
	if err != nil && !errors.Is(err, ErrAway) {
		err = fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if err != nil {
		return Person{}, fmt.Errorf("end sign-in: %w", err)
	}
	return p, nil
}

func (c *Client) finish(ctx context.Context, a Attempt, code, issuer string) (Person, error) {
	done, err := c.turn(ctx)
	if err != nil {
		return Person{}, err
	}
	defer done()
	f, err := c.find(ctx)
	switch {
	case err != nil:
		return Person{}, err
	case issuer != "" && issuer != c.settings.Issuer, issuer == "" && f.names: // RFC 9207 §2.4
		return Person{}, errors.New("another provider answered")
	case code == "" || len(code) > maxCode:
		return Person{}, errors.New("there is no code")
	}
	ctx, cancel := context.WithTimeout(gooidc.ClientContext(ctx, c.http), askTime)
	defer cancel()
	token, err := f.to(a.Redirect).Exchange(ctx, code, oauth2.VerifierOption(a.Verifier))
	if err != nil {
		return Person{}, exchanged(err)
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return Person{}, errors.New("there is no ID token")
	}
	return c.read(ctx, f, a, raw, token.AccessToken)
}

// exchanged tells a provider that refuses from one that does not answer. Its words may hold what was sent: they stay
// here.
func exchanged(err error) error {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) && refused.Response.StatusCode < 500 {
		return errors.New("the code was refused")
	}
	return ErrAway
}

// read verifies an ID token (OpenID Connect Core §3.1.3.7).
func (c *Client) read(ctx context.Context, f *found, a Attempt, raw, access string) (Person, error) {
	verifier := f.provider.Verifier(&gooidc.Config{ClientID: c.settings.ClientID, SupportedSigningAlgs: algorithms, Now: c.settings.Now})
	token, err := verifier.Verify(ctx, raw)
	if err != nil {
		return Person{}, errors.New("the ID token does not verify")
	}
	var claims struct {
		Party    string `json:"azp"`
		Email    string `json:"email"`
		Verified bool   `json:"email_verified"`
	}
	if err := token.Claims(&claims); err != nil {
		return Person{}, errors.New("the ID token is malformed")
	}
	switch {
	case subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(a.Nonce)) != 1:
		return Person{}, errors.New("it is another attempt's")
	case len(token.Audience) != 1 && claims.Party == "", claims.Party != "" && claims.Party != c.settings.ClientID:
		return Person{}, errors.New("it is for another program")
	case token.IssuedAt.After(c.settings.Now().Add(futureness)):
		return Person{}, errors.New("it is of the future")
	case token.Subject == "" || len(token.Subject) > maxSubject:
		return Person{}, errors.New("it names nobody")
	case token.AccessTokenHash != "" && token.VerifyAccessToken(access) != nil:
		return Person{}, errors.New("it came with another token")
	}
	p := Person{Issuer: token.Issuer, Subject: token.Subject}
	if c.settings.Email && claims.Verified && len(claims.Email) <= maxEmail {
		p.Email = strings.ToLower(strings.TrimSpace(claims.Email))
	}
	return p, nil
}
