package ui_test

import (
	"errors"
	"testing"
	"time"

	"handslag/app/agent"
	"handslag/app/connected/oidc"
	"handslag/app/connected/oidc/oidctest"
	"handslag/ui"
)

// provides lets the house's staff sign in at an identity provider, where Anna is anna-1; only: and no password does.
func (h *house) provides(only bool) *oidctest.Provider {
	h.t.Helper()
	p := oidctest.New(h.t, h.clock)
	client, err := oidc.New(oidc.Settings{Issuer: p.Issuer(), ClientID: oidctest.ClientID, Secret: oidctest.Secret, Roots: p.Roots(), Now: h.clock})
	ok(h.t, err)
	h.t.Cleanup(client.Close)
	h.stop()
	h.config.SignIn, h.config.Only = client, only
	h.back()
	ok(h.t, h.gate.LinkUser(h.t.Context(), "anna.lind", p.Issuer(), "anna-1"))
	p.Is("anna-1", nil)
	h.browse = func(address string) error {
		go p.Browser(h.t.Context(), address)
		return nil
	}
	return p
}

// begun is a window that has found the organisation.
func (h *house) begun(name string) *desk {
	h.t.Helper()
	d := h.desk(newMainLoop(), h.agent(name, nil), ui.Preferences{})
	d.writes("Organisations-id", h.statement.Org().Grouped())
	d.taps("Hitta organisationen")
	d.sees("Bostads AB Linden", "Steg 2 av 3")
	return d
}

// Where the organisation has its own sign-in service, Anna needs no password here: her browser and a passphrase.
func TestEnrollingWithTheBrowser(t *testing.T) {
	h := newHouse(t)
	p := h.provides(false)
	d := h.begun("anna")
	d.sees("Användarnamn", "Logga in i webbläsaren", "Fortsätt")
	d.picture("enrol-browser")
	d.taps("Logga in i webbläsaren")
	d.sees("Steg 3 av 3")
	d.writes("Lösenfras", passphrase)
	d.writes("Skriv lösenfrasen en gång till", passphrase)
	p.Is("nobody-here", nil)
	d.taps("Skapa nycklar och anslut")
	d.sees("Steg 2 av 3", ui.ProblemOf("sv", &agent.Problem{Code: agent.SignInUnlinked}).What)
	d.picture("enrol-browser-unlinked")
	p.Is("anna-1", nil)
	d.taps("Logga in i webbläsaren")
	d.taps("Skapa nycklar och anslut")
	d.sees("Anna Lind", "Bostads AB Linden")
}

func TestWherePasswordsAreOffNoneIsAskedFor(t *testing.T) {
	h := newHouse(t)
	h.provides(true)
	d := h.begun("anna")
	d.seesNot("Användarnamn")
	d.picture("enrol-browser-only")
	d.taps("Logga in i webbläsaren")
	d.writes("Lösenfras", passphrase)
	d.writes("Skriv lösenfrasen en gång till", passphrase)
	d.taps("Skapa nycklar och anslut")
	d.sees("Anna Lind")
}

func TestWhereThereIsNoProviderNoneIsOffered(t *testing.T) {
	newHouse(t).begun("anna").seesNot("Logga in i webbläsaren")
}

// A device that was away until its credential had expired: in the browser, where that is how staff sign in, or where both are.
func TestSigningInAgainWithTheBrowser(t *testing.T) {
	for name, only := range map[string]bool{"both": false, "the browser alone": true} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			d := h.desk(newMainLoop(), h.enrolled("anna.lind", nil), ui.Preferences{})
			h.provides(only)
			d.passes(15 * 24 * time.Hour)
			d.agent.Lock()
			d.sees("[Lås upp]")
			d.writes("Lösenfras", passphrase)
			d.taps("Lås upp")
			d.sees("Inställningar")
			d.goes(ui.PlaceMe)
			d.taps("Synka nu")
			d.sees("Logga in på nytt")
			d.taps("Logga in på nytt")
			if !only {
				d.sees("Lösenord")
				d.picture("me-sign-in-browser")
				d.taps("Logga in i webbläsaren")
			}
			d.sees("Synkat. ")
			d.seesNot("Logga in på nytt")
		})
	}
}

// TestAnInterruptedSignInIsOfferedTheBrowserAgain: the program ended while she was in the browser. The keys are there, and what is
// asked for is their passphrase and the browser; a password does not go on with what was begun without one.
func TestAnInterruptedSignInIsOfferedTheBrowserAgain(t *testing.T) {
	h := newHouse(t)
	p := h.provides(true)
	var conf agent.Config
	first := h.agent("anna", func(c *agent.Config) { conf = *c })
	err := first.Enrol(t.Context(), agent.Enrolment{Org: h.statement.Org(), Passphrase: passphrase, Browse: func(string) error { return errors.New("the machine was switched off") }})
	if agent.CodeOf(err) != agent.BrowserAway {
		t.Fatal(err)
	}
	ok(t, first.Close())
	again, err := agent.New(conf)
	ok(t, err)
	t.Cleanup(func() { again.Close() })
	d := h.desk(newMainLoop(), again, ui.Preferences{})
	d.sees("nycklarna finns kvar", "[Logga in i webbläsaren]", "[Fortsätt ansluta]")
	d.picture("enrol-resume")
	d.taps("Logga in i webbläsaren")
	d.sees("Fyll i det här fältet.")
	d.writes("Lösenfras", passphrase)
	p.Is("nobody-here", nil)
	d.taps("Logga in i webbläsaren")
	d.sees(ui.ProblemOf("sv", &agent.Problem{Code: agent.SignInUnlinked}).What, "nycklarna finns kvar", "[Logga in i webbläsaren]")
	p.Is("anna-1", nil)
	d.taps("Logga in i webbläsaren")
	d.sees("Anna Lind", "[Synka nu]")
}
