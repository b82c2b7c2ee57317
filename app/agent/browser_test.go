package agent

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"handslag/app/connected/oidc"
	"handslag/app/connected/oidc/oidctest"
)

// provides lets the house's staff sign in at an identity provider, where Anna is anna-1.
func (h *house) provides(t *testing.T) *oidctest.Provider {
	t.Helper()
	p := oidctest.New(t, h.systemClock)
	client, err := oidc.New(oidc.Settings{Issuer: p.Issuer(), ClientID: oidctest.ClientID, Secret: oidctest.Secret, Roots: p.Roots(), Now: h.systemClock})
	ok(t, err)
	t.Cleanup(client.Close)
	h.stop()
	h.config.SignIn = client
	h.back()
	ok(t, h.gate.LinkUser(t.Context(), "anna.lind", p.Issuer(), "anna-1"))
	p.Is("anna-1", nil)
	return p
}

// opens is a browser that goes where it is told.
func opens(t *testing.T, p *oidctest.Provider) func(string) error {
	return func(address string) error {
		go p.Browser(t.Context(), address)
		return nil
	}
}

func (d *tablet) enrolment(browse func(string) error) Enrolment {
	return Enrolment{Org: d.h.statement.Org(), Passphrase: passphrase, Browse: browse}
}

// Anna enrols with nothing but her browser and a passphrase of her own, and signs in so again when she was away for long.
func TestSigningInWithTheBrowser(t *testing.T) {
	h := newHouse(t)
	p := h.provides(t)
	anna := h.tablet("anna.lind")
	found, err := anna.FindOrganisation(t.Context(), h.statement.Org())
	ok(t, err)
	if !found.SignIns.Password || !found.SignIns.Provider {
		t.Errorf("the ways to sign in are %+v", found.SignIns)
	}
	var page string
	ok(t, anna.Enrol(t.Context(), anna.enrolment(func(address string) error {
		u, err := url.Parse(address)
		if err != nil || u.Hostname() != "127.0.0.1" || u.RawQuery != "" || len(u.Path) < 20 {
			t.Errorf("the command that opens a browser hears %s", address)
		}
		page, err = p.Browser(t.Context(), address)
		return err
	})))
	if !strings.Contains(page, "Gå tillbaka till Handslag") {
		t.Errorf("the browser ends at %q", page)
	}
	if me := anna.Me(); me.Person.Username != "anna.lind" {
		t.Fatalf("it is %+v", me.Person)
	}
	h.pass(30 * 24 * time.Hour)
	_, err = anna.Sync(t.Context())
	refused(t, err, CredentialExpired)
	p.Is("another", nil)
	refused(t, anna.SignInInBrowser(t.Context(), opens(t, p)), SignInUnlinked)
	p.Is("anna-1", nil)
	ok(t, anna.SignInInBrowser(t.Context(), opens(t, p)))
	anna.sync()
	ok(t, anna.SignIn(t.Context(), passwordOf("anna.lind"))) // her name is known by now
}

// An enrolment that was interrupted at the provider goes on with the same keys.
func TestAnEnrolmentInTheBrowserIsResumed(t *testing.T) {
	h := newHouse(t)
	p := h.provides(t)
	anna := h.tablet("anna.lind")
	p.Down(true)
	refused(t, anna.Enrol(t.Context(), anna.enrolment(opens(t, p))), ProviderAway)
	p.Down(false)
	h.pass(time.Minute)
	refused(t, anna.ResumeEnrol(t.Context(), passphrase, passwordOf("anna.lind")), NotEnrolled) // whose password?
	ok(t, anna.ResumeEnrolInBrowser(t.Context(), passphrase, opens(t, p)))
	if me := anna.Me(); me.Person.Username != "anna.lind" {
		t.Errorf("it is %+v", me.Person)
	}
}

// What else reaches the listener than the person's own browser on its way changes nothing, or ends it.
func TestWhatElseReachesTheListener(t *testing.T) {
	get := func(t *testing.T, address, host string) int {
		t.Helper()
		request, err := http.NewRequest(http.MethodGet, address, nil)
		ok(t, err)
		request.Host = host
		client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		defer client.CloseIdleConnections()
		answer, err := client.Do(request)
		ok(t, err)
		defer answer.Body.Close()
		_, err = io.Copy(io.Discard, answer.Body)
		ok(t, err)
		return answer.StatusCode
	}
	for name, row := range map[string]struct {
		meanwhile func(t *testing.T, p *oidctest.Provider, address string) error
		want      Code
	}{
		"an answer that nobody asked for": {func(t *testing.T, p *oidctest.Provider, address string) error {
			u, _ := url.Parse(address)
			for _, query := range []string{"", "?code=evil&state=", "?code=evil&state=AAAA", "?error=access_denied"} {
				if status := get(t, "http://"+u.Host+"/signed-in"+query, u.Host); status != http.StatusBadRequest {
					t.Errorf("%s: %d", query, status)
				}
			}
			return opens(t, p)(address)
		}, ""},
		"another path, another name, another method": {func(t *testing.T, p *oidctest.Provider, address string) error {
			u, _ := url.Parse(address)
			if status := get(t, "http://"+u.Host+"/", u.Host); status != http.StatusNotFound {
				t.Errorf("another path: %d", status)
			}
			if status := get(t, address, "evil.example"); status != http.StatusBadRequest {
				t.Errorf("another name: %d", status)
			}
			return opens(t, p)(address)
		}, ""},
		"somebody who was there first": {func(t *testing.T, p *oidctest.Provider, address string) error {
			u, _ := url.Parse(address)
			if status := get(t, address, u.Host); status != http.StatusFound {
				t.Errorf("the first: %d", status)
			}
			if status := get(t, address, u.Host); status != http.StatusGone {
				t.Errorf("the second: %d", status)
			}
			return nil
		}, SignInFailed},
		"a person who gives up there": {func(t *testing.T, p *oidctest.Provider, address string) error {
			p.Is("", nil)
			p.Lies(func(claims map[string]any) { claims["sub"] = "" })
			return opens(t, p)(address)
		}, SignInFailed},
		"a browser that there is none of": {func(*testing.T, *oidctest.Provider, string) error { return errors.New("no browser") }, BrowserAway},
		"a token for another": {func(t *testing.T, p *oidctest.Provider, address string) error {
			p.Lies(func(claims map[string]any) { claims["aud"] = "another" })
			return opens(t, p)(address)
		}, SignInFailed},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			p := h.provides(t)
			anna := h.tablet("anna.lind")
			err := anna.Enrol(t.Context(), anna.enrolment(func(address string) error { return row.meanwhile(t, p, address) }))
			if CodeOf(err) != row.want {
				t.Errorf("it ends with %v, want %q", err, row.want)
			}
		})
	}
	t.Run("the person ends it", func(t *testing.T) {
		h := newHouse(t)
		h.provides(t)
		anna := h.tablet("anna.lind")
		ctx, cancel := context.WithCancel(t.Context())
		refused(t, anna.Enrol(ctx, anna.enrolment(func(string) error { cancel(); return nil })), Cancelled)
	})
}
