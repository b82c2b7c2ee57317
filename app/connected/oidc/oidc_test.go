package oidc_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"handslag/app/connected/oidc"
	"handslag/app/connected/oidc/oidctest"
)

const redirect = "http://127.0.0.1:4711" + oidc.RedirectPath

var today = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

func client(t *testing.T, p *oidctest.Provider, change func(*oidc.Settings)) *oidc.Client {
	t.Helper()
	s := oidc.Settings{Issuer: p.Issuer(), ClientID: oidctest.ClientID, Secret: oidctest.Secret, Email: true, Roots: p.Roots(), Now: func() time.Time { return today }}
	if change != nil {
		change(&s)
	}
	c, err := oidc.New(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// signsIn is a whole sign-in; between may change what comes back.
func signsIn(t *testing.T, c *oidc.Client, p *oidctest.Provider, between func(*oidc.Attempt, url.Values)) (oidc.Person, error) {
	t.Helper()
	a, at, err := c.Begin(t.Context(), redirect)
	if err != nil {
		t.Fatal(err)
	}
	back, err := p.Answer(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	if back.Get("state") != a.State {
		t.Fatal("the state is not what was asked with")
	}
	if between != nil {
		between(&a, back)
	}
	return c.Finish(t.Context(), a, back.Get("code"), back.Get("iss"))
}

func TestAPersonSignsIn(t *testing.T) {
	p := oidctest.New(t, func() time.Time { return today })
	for name, row := range map[string]struct {
		more map[string]any
		want string
	}{
		"a verified address":      {map[string]any{"email": "Bo.Ek@Linden.example", "email_verified": true}, "bo.ek@linden.example"},
		"one that is not":         {map[string]any{"email": "bo.ek@linden.example", "email_verified": false}, ""},
		"one that nobody says of": {map[string]any{"email": "bo.ek@linden.example"}, ""},
		"several audiences":       {map[string]any{"aud": []string{"another", oidctest.ClientID}, "azp": oidctest.ClientID}, ""},
	} {
		p.Is("bo-7", row.more)
		got, err := signsIn(t, client(t, p, nil), p, nil)
		if err != nil || got.Subject != "bo-7" || got.Issuer != p.Issuer() || got.Email != row.want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	p.Is("bo-7", map[string]any{"email": "bo.ek@linden.example", "email_verified": true})
	if got, err := signsIn(t, client(t, p, func(s *oidc.Settings) { s.Email = false }), p, nil); err != nil || got.Email != "" {
		t.Errorf("without addresses: %+v, %v", got, err)
	}
}

func TestWhatProvesNobodyIsRefused(t *testing.T) {
	p := oidctest.New(t, func() time.Time { return today })
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	claim := func(name string, value any) func(map[string]any) {
		return func(claims map[string]any) { claims[name] = value }
	}
	for name, row := range map[string]struct {
		lie     func(map[string]any)
		sign    func([]byte) string
		between func(*oidc.Attempt, url.Values)
	}{
		"another nonce":             {lie: claim("nonce", "another")},
		"no nonce":                  {lie: func(c map[string]any) { delete(c, "nonce") }},
		"another audience":          {lie: claim("aud", "another")},
		"two audiences, no party":   {lie: claim("aud", []string{oidctest.ClientID, "another"})},
		"for another party":         {lie: claim("azp", "another")},
		"another issuer":            {lie: claim("iss", "https://evil.example")},
		"expired":                   {lie: claim("exp", today.Add(-time.Second).Unix())},
		"of tomorrow":               {lie: claim("iat", today.Add(24*time.Hour).Unix())},
		"not yet":                   {lie: claim("nbf", today.Add(24*time.Hour).Unix())},
		"nobody":                    {lie: claim("sub", "")},
		"somebody without end":      {lie: claim("sub", strings.Repeat("x", 256))},
		"with another access token": {lie: claim("at_hash", "AAAAAAAAAAAAAAAAAAAAAA")},
		"signed by nobody":          {sign: oidctest.Unsigned},
		"signed by another":         {sign: func(c []byte) string { return oidctest.Sign(t, jose.ES256, other, c) }},
		"signed with the secret": {sign: func(c []byte) string {
			return oidctest.Sign(t, jose.HS256, []byte(strings.Repeat(oidctest.Secret, 2)), c)
		}},
		"no token":                    {sign: func([]byte) string { return "x.y.z" }},
		"no code":                     {between: func(_ *oidc.Attempt, back url.Values) { back.Del("code") }},
		"a code of nobody's":          {between: func(_ *oidc.Attempt, back url.Values) { back.Set("code", "AAAA") }},
		"another provider answered":   {between: func(_ *oidc.Attempt, back url.Values) { back.Set("iss", "https://evil.example") }},
		"nobody says who answered":    {between: func(_ *oidc.Attempt, back url.Values) { back.Del("iss") }},
		"another verifier":            {between: func(a *oidc.Attempt, _ url.Values) { a.Verifier = strings.Repeat("x", 43) }},
		"another redirect":            {between: func(a *oidc.Attempt, _ url.Values) { a.Redirect = "http://127.0.0.1:1" + oidc.RedirectPath }},
		"a code of another's attempt": {between: func(a *oidc.Attempt, _ url.Values) { a.Nonce = rand.Text() }},
	} {
		p.Is("bo-7", nil)
		p.Lies(row.lie)
		p.Signs(row.sign)
		if got, err := signsIn(t, client(t, p, nil), p, row.between); !errors.Is(err, oidc.ErrRefused) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	p.Lies(nil)
	p.Signs(nil)
	for name, change := range map[string]func(*oidc.Settings){
		"another secret": func(s *oidc.Settings) { s.Secret = "guessed" },
	} {
		if _, err := signsIn(t, client(t, p, change), p, nil); !errors.Is(err, oidc.ErrRefused) || strings.Contains(err.Error(), "guessed") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A code is worth one sign-in.
func TestACodeIsGoodOnce(t *testing.T) {
	p := oidctest.New(t, func() time.Time { return today })
	p.Is("bo-7", nil)
	c := client(t, p, nil)
	a, at, err := c.Begin(t.Context(), redirect)
	if err != nil {
		t.Fatal(err)
	}
	back, err := p.Answer(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		if _, err := c.Finish(t.Context(), a, back.Get("code"), back.Get("iss")); (err == nil) != (i == 0) {
			t.Errorf("the %d. time: %v", i+1, err)
		}
	}
}

func TestAProviderThatIsAwaySaysNothingOfAnybody(t *testing.T) {
	p := oidctest.New(t, func() time.Time { return today })
	p.Is("bo-7", nil)
	c := client(t, p, nil)
	p.Down(true)
	if _, _, err := c.Begin(t.Context(), redirect); !errors.Is(err, oidc.ErrAway) {
		t.Errorf("at the beginning: %v", err)
	}
	p.Down(false)
	today = today.Add(time.Minute)
	a, at, err := c.Begin(t.Context(), redirect)
	if err != nil {
		t.Fatal(err)
	}
	back, err := p.Answer(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	p.Down(true)
	if _, err := c.Finish(t.Context(), a, back.Get("code"), back.Get("iss")); !errors.Is(err, oidc.ErrAway) {
		t.Errorf("at the end: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p.Down(false)
	if _, err := c.Finish(ctx, a, back.Get("code"), back.Get("iss")); !errors.Is(err, oidc.ErrAway) {
		t.Errorf("given up: %v", err)
	}
	stranger := client(t, p, func(s *oidc.Settings) { s.Roots = nil })
	if _, _, err := stranger.Begin(t.Context(), redirect); !errors.Is(err, oidc.ErrAway) {
		t.Errorf("with a certificate that nobody knows: %v", err)
	}
	liar := client(t, p, func(s *oidc.Settings) { s.Issuer += "/" })
	if _, _, err := liar.Begin(t.Context(), redirect); !errors.Is(err, oidc.ErrAway) {
		t.Errorf("under another name: %v", err)
	}
}

func TestTheAnswerGoesToLoopbackAlone(t *testing.T) {
	p := oidctest.New(t, func() time.Time { return today })
	c := client(t, p, nil)
	for _, at := range []string{"", "http://127.0.0.1" + oidc.RedirectPath, "https://127.0.0.1:1" + oidc.RedirectPath, "http://localhost:1" + oidc.RedirectPath,
		"http://evil.example:1" + oidc.RedirectPath, "http://127.0.0.1:1/", "http://127.0.0.1:1" + oidc.RedirectPath + "?x=1", "http://127.0.0.1:1@evil.example:1" + oidc.RedirectPath,
		"http://10.0.0.1:1" + oidc.RedirectPath, "http://127.0.0.1:1" + oidc.RedirectPath + "#x", "http://[::1]:" + strings.Repeat("1", 99) + oidc.RedirectPath} {
		if _, _, err := c.Begin(t.Context(), at); !errors.Is(err, oidc.ErrRedirect) {
			t.Errorf("%q: %v", at, err)
		}
	}
	if _, _, err := c.Begin(t.Context(), "http://[::1]:4711"+oidc.RedirectPath); err != nil {
		t.Error(err)
	}
}

func TestSettingsThatAreNoneAreRefused(t *testing.T) {
	for name, s := range map[string]oidc.Settings{
		"no issuer": {ClientID: "x"}, "no TLS": {Issuer: "http://idp.example", ClientID: "x"}, "no client": {Issuer: "https://idp.example"},
		"a password": {Issuer: "https://a:b@idp.example", ClientID: "x"}, "a query": {Issuer: "https://idp.example?x", ClientID: "x"},
	} {
		if _, err := oidc.New(s); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
