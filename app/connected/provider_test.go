package connected_test

import (
	"context"
	"crypto/rand"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"handslag/app/connected/gate"
	"handslag/app/connected/oidc"
	"handslag/app/connected/oidc/oidctest"
	"handslag/identity"
	"handslag/sync/link"
	"handslag/vault/journal"
)

// withProvider is a house whose staff may sign in at an identity provider.
func withProvider(t *testing.T, change func(*oidc.Settings, *gate.Config)) (*house, *oidctest.Provider) {
	t.Helper()
	h := newHouse(t, live)
	address := h.server.Listener.Addr().String()
	p := oidctest.New(t, h.clock.Now)
	settings := oidc.Settings{Issuer: p.Issuer(), ClientID: oidctest.ClientID, Secret: oidctest.Secret, Roots: p.Roots(), Now: h.clock.Now}
	if change != nil {
		change(&settings, &h.config)
	}
	h.config.SignIn = must[*oidc.Client](t)(oidc.New(settings))
	t.Cleanup(h.config.SignIn.Close)
	h.stop()
	h.start(must[net.Listener](t)(net.Listen("tcp", address)))
	return h, p
}

const redirect = "http://127.0.0.1:4711" + oidc.RedirectPath

// goes is a device's way to the provider and back; between may change what it then hands in.
func (d *device) goes(p *oidctest.Provider, between func(*link.EnrolRequest)) (link.Issued, error) {
	d.h.t.Helper()
	ctx := context.Background()
	begun, err := d.client.BeginSignIn(ctx, link.SignInRequest{Device: d.keys.Device(), Redirect: redirect})
	if err != nil {
		return link.Issued{}, err
	}
	ask := d.ask("")
	ask.Username = ""
	ask.SignIn = d.returns(p, begun)
	if between != nil {
		between(&ask)
	}
	return d.client.Enrol(ctx, ask)
}

func (d *device) returns(p *oidctest.Provider, begun link.SignInBegun) *link.SignedIn {
	d.h.t.Helper()
	back := must[url.Values](d.h.t)(p.Answer(context.Background(), begun.URL))
	if back.Get("state") != begun.State {
		d.h.t.Fatal("the provider gives another state back")
	}
	return &link.SignedIn{Attempt: begun.Attempt, State: begun.State, Code: back.Get("code"), Issuer: back.Get("iss")}
}

func whoIs(t *testing.T, h *house, issued link.Issued) string {
	t.Helper()
	return must[identity.Credential](t)(identity.OpenCredential(issued.Credential, h.statement.Org(), h.statement.Issuing)).Person.Username
}

// Bo signs in at the provider, on two devices, and both are his; the log says how.
func TestStaffSignInAtTheProvider(t *testing.T) {
	h, p := withProvider(t, nil)
	ok(t, h.gate.LinkUser(context.Background(), "bo.ek", p.Issuer(), "bo-7"))
	p.Is("bo-7", nil)
	d := h.newDevice("bo.ek")
	if ways := must[link.SignIns](t)(d.client.SignIns(context.Background())); !ways.Password || !ways.Provider {
		t.Errorf("the ways are %+v", ways)
	}
	issued, err := d.goes(p, nil)
	ok(t, err)
	if who := whoIs(t, h, issued); who != "bo.ek" {
		t.Fatalf("the device is %s's", who)
	}
	again, err := h.newDevice("bo.ek").goes(p, nil)
	ok(t, err)
	if len(again.Earlier) != 1 || again.Earlier[0].Device != d.keys.Device() {
		t.Errorf("the second device hears of %+v", again.Earlier)
	}
	// A lost answer costs one more sign-in, and no second credential.
	same, err := d.goes(p, nil)
	ok(t, err)
	if string(same.Credential) != string(issued.Credential) {
		t.Error("asked again it got another credential")
	}
	// A password does still.
	h.enrolled("bo.ek")
	told := 0
	for _, line := range h.export("") {
		if line.Kind == journal.SignedIn && line.Code == "provider" {
			told++
		}
	}
	if told != 2 {
		t.Errorf("the log tells of %d sign-ins at the provider", told)
	}
	h.sound()
}

// Whatever is not this device's own, fresh and whole sign-in is refused, and no device is made.
func TestASignInThatIsNotOnesOwnIsRefused(t *testing.T) {
	var anothers link.SignInBegun
	for name, row := range map[string]struct {
		between func(t *testing.T, h *house, p *oidctest.Provider, ask *link.EnrolRequest)
		want    link.Code
	}{
		"another device's": {func(t *testing.T, h *house, p *oidctest.Provider, ask *link.EnrolRequest) {
			d := h.newDevice("carl.ask")
			anothers = must[link.SignInBegun](t)(d.client.BeginSignIn(context.Background(), link.SignInRequest{Device: d.keys.Device(), Redirect: redirect}))
			ask.SignIn = d.returns(p, anothers)
		}, link.CodeSignIn},
		"another attempt's code": {func(t *testing.T, h *house, p *oidctest.Provider, ask *link.EnrolRequest) {
			d := h.newDevice("carl.ask")
			begun := must[link.SignInBegun](t)(d.client.BeginSignIn(context.Background(), link.SignInRequest{Device: d.keys.Device(), Redirect: redirect}))
			ask.SignIn.Code = d.returns(p, begun).Code
		}, link.CodeSignIn},
		"another state": {func(_ *testing.T, _ *house, _ *oidctest.Provider, ask *link.EnrolRequest) {
			ask.SignIn.State = rand.Text()
		}, link.CodeSignIn},
		"a damaged one": {func(_ *testing.T, _ *house, _ *oidctest.Provider, ask *link.EnrolRequest) {
			ask.SignIn.Attempt[20] ^= 1
		}, link.CodeSignIn},
		"an empty one": {func(_ *testing.T, _ *house, _ *oidctest.Provider, ask *link.EnrolRequest) { ask.SignIn.Attempt = nil }, link.CodeSignIn},
		"a huge one": {func(_ *testing.T, _ *house, _ *oidctest.Provider, ask *link.EnrolRequest) {
			ask.SignIn.Attempt = make([]byte, 30<<10)
		}, link.CodeSignIn},
		"an old one": {func(_ *testing.T, h *house, _ *oidctest.Provider, _ *link.EnrolRequest) {
			h.clock.pass(11 * time.Minute)
		}, link.CodeSignIn},
		"no code": {func(_ *testing.T, _ *house, _ *oidctest.Provider, ask *link.EnrolRequest) { ask.SignIn.Code = "" }, link.CodeSignIn},
		"another provider": {func(_ *testing.T, _ *house, _ *oidctest.Provider, ask *link.EnrolRequest) {
			ask.SignIn.Issuer = "https://evil.example"
		}, link.CodeSignIn},
		"with a username":  {func(_ *testing.T, _ *house, _ *oidctest.Provider, ask *link.EnrolRequest) { ask.Username = "anna.lind" }, link.CodeBadRequest},
		"without its keys": {func(_ *testing.T, _ *house, _ *oidctest.Provider, ask *link.EnrolRequest) { ask.Possession = nil }, link.CodeBadRequest},
		"somebody whom nobody knows": {func(_ *testing.T, _ *house, p *oidctest.Provider, _ *link.EnrolRequest) {
			p.Lies(func(claims map[string]any) { claims["sub"] = "nobody" })
		}, link.CodeUnlinked},
		"a user who is disabled": {func(t *testing.T, h *house, _ *oidctest.Provider, _ *link.EnrolRequest) {
			ok(t, h.gate.DisableUser(context.Background(), "bo.ek"))
		}, link.CodeUserDisabled},
		"a user who is linked no longer": {func(t *testing.T, h *house, _ *oidctest.Provider, _ *link.EnrolRequest) {
			ok(t, h.gate.UnlinkUser(context.Background(), "bo.ek"))
		}, link.CodeUnlinked},
		"a provider that is away": {func(_ *testing.T, _ *house, p *oidctest.Provider, _ *link.EnrolRequest) { p.Down(true) }, link.CodeProviderAway},
		"a token that nobody signed": {func(_ *testing.T, _ *house, p *oidctest.Provider, _ *link.EnrolRequest) {
			p.Signs(oidctest.Unsigned)
		}, link.CodeSignIn},
	} {
		t.Run(name, func(t *testing.T) {
			h, p := withProvider(t, nil)
			ok(t, h.gate.LinkUser(context.Background(), "bo.ek", p.Issuer(), "bo-7"))
			p.Is("bo-7", nil)
			_, err := h.newDevice("bo.ek").goes(p, func(ask *link.EnrolRequest) { row.between(t, h, p, ask) })
			if got := code(t, err); got != row.want {
				t.Errorf("it answers %q, want %q", got, row.want)
			}
			if devices := must[[]gate.DeviceRow](t)(h.gate.ListDevices(context.Background())); len(devices) != 0 {
				t.Errorf("there are devices: %+v", devices)
			}
		})
	}
}

// What came back from the provider is worth one enrolment, whatever the provider takes twice, and over all processes.
func TestWhatCameBackIsSpentForAllProcesses(t *testing.T) {
	h, p := withProvider(t, nil)
	ctx := context.Background()
	ok(t, h.gate.LinkUser(ctx, "bo.ek", p.Issuer(), "bo-7"))
	p.Is("bo-7", nil)
	d := h.newDevice("bo.ek")
	var kept link.EnrolRequest
	_, err := d.goes(p, func(ask *link.EnrolRequest) { kept = *ask })
	ok(t, err)
	asked := p.Asked()
	for name, at := range map[string]*device{"there": d, "at another process": d.visits(h.beside())} {
		if _, err := at.client.Enrol(ctx, kept); code(t, err) != link.CodeSignIn {
			t.Errorf("%s: %v", name, err)
		}
	}
	if p.Asked() != asked {
		t.Error("the provider was asked about what was spent")
	}
	// A person is not swapped on a device that is somebody's.
	ok(t, h.gate.LinkUser(ctx, "anna.lind", p.Issuer(), "anna-1"))
	p.Is("anna-1", nil)
	if _, err := d.goes(p, nil); code(t, err) != link.CodeConflict {
		t.Errorf("Anna signs in on Bo's device: %v", err)
	}
}

// By an address that the provider has verified somebody is known once, where the organisation says so; from then on it is
// by the provider's own name for them, and the address may become another's.
func TestAVerifiedAddressCountsOnce(t *testing.T) {
	ctx := context.Background()
	h, p := withProvider(t, func(s *oidc.Settings, _ *gate.Config) { s.Email = true })
	ok(t, h.gate.LinkUserByEmail(ctx, "bo.ek", p.Issuer(), "bo.ek@linden.example"))
	for name, more := range map[string]map[string]any{
		"not verified": {"email": "bo.ek@linden.example", "email_verified": false}, "verified as a word": {"email": "bo.ek@linden.example", "email_verified": "yes"}, "none": nil,
	} {
		p.Is("bo-7", more)
		if _, err := h.newDevice("bo.ek").goes(p, nil); code(t, err) == "" {
			t.Errorf("%s: it is taken", name)
		}
	}
	p.Is("bo-7", map[string]any{"email": "Bo.Ek@Linden.Example", "email_verified": true})
	issued, err := h.newDevice("bo.ek").goes(p, nil)
	ok(t, err)
	if who := whoIs(t, h, issued); who != "bo.ek" {
		t.Fatalf("it is %s", who)
	}
	p.Is("another-9", map[string]any{"email": "bo.ek@linden.example", "email_verified": true})
	if _, err := h.newDevice("bo.ek").goes(p, nil); code(t, err) != link.CodeUnlinked {
		t.Errorf("who got Bo's address later: %v", err)
	}
	p.Is("bo-7", nil)
	if _, err := h.newDevice("bo.ek").goes(p, nil); err != nil {
		t.Errorf("Bo without an address: %v", err)
	}
	if err := h.gate.LinkUser(ctx, "anna.lind", p.Issuer(), "bo-7"); err == nil {
		t.Error("one name of the provider's is two users")
	}
	for _, text := range []string{"bo.ek@linden.example", "bo-7"} {
		if h.lies([]byte(text)) {
			t.Errorf("%q stands in the database", text)
		}
	}
}

// Guesses at a password lock nobody out of the provider, and the other way round.
func TestTheProviderAndTheLockOutHaveNothingToDoWithEachOther(t *testing.T) {
	h, p := withProvider(t, nil)
	ctx := context.Background()
	ok(t, h.gate.LinkUser(ctx, "bo.ek", p.Issuer(), "bo-7"))
	var last error
	for range 6 {
		d := h.newDevice("bo.ek")
		_, last = d.client.Enrol(ctx, d.ask("gissning"))
	}
	if code(t, last) != link.CodeTooMany {
		t.Fatal(last)
	}
	p.Is("bo-7", nil)
	if _, err := h.newDevice("bo.ek").goes(p, nil); err != nil {
		t.Errorf("at the provider: %v", err)
	}
	d := h.newDevice("bo.ek")
	if _, err := d.client.Enrol(ctx, d.ask(passwordOf("bo.ek"))); code(t, err) != link.CodeTooMany {
		t.Errorf("a password afterwards: %v", err)
	}
}

// Where the organisation wants no passwords, none signs in, a right one as little as a wrong one.
func TestPasswordsMayBeOff(t *testing.T) {
	h, p := withProvider(t, func(_ *oidc.Settings, c *gate.Config) { c.Only = true })
	ctx := context.Background()
	d := h.newDevice("bo.ek")
	if ways := must[link.SignIns](t)(d.client.SignIns(ctx)); ways.Password || !ways.Provider {
		t.Errorf("the ways are %+v", ways)
	}
	for _, password := range []string{passwordOf("bo.ek"), "gissning"} {
		if _, err := d.client.Enrol(ctx, d.ask(password)); code(t, err) != link.CodeNoPassword {
			t.Errorf("%v", err)
		}
	}
	p.Down(true)
	if _, err := d.client.BeginSignIn(ctx, link.SignInRequest{Device: d.keys.Device(), Redirect: redirect}); code(t, err) != link.CodeProviderAway {
		t.Errorf("a provider that is away: %v", err)
	}
}

// What begins a sign-in is checked, and nothing of it is kept.
func TestABeginningKeepsNothing(t *testing.T) {
	h, p := withProvider(t, nil)
	p.Is("bo-7", nil)
	d := h.newDevice("bo.ek")
	ctx := context.Background()
	before := len(h.export(""))
	for range 20 {
		must[link.SignInBegun](t)(d.client.BeginSignIn(ctx, link.SignInRequest{Device: d.keys.Device(), Redirect: redirect}))
	}
	if after := len(h.export("")); after != before+1 { // the export before
		t.Errorf("the log has grown by %d", after-before)
	}
	for name, ask := range map[string]link.SignInRequest{
		"no device": {Redirect: redirect}, "no redirect": {Device: d.keys.Device()}, "elsewhere": {Device: d.keys.Device(), Redirect: "https://evil.example" + oidc.RedirectPath},
		"a long one": {Device: d.keys.Device(), Redirect: redirect + strings.Repeat("x", 100)},
	} {
		if _, err := d.client.BeginSignIn(ctx, ask); code(t, err) != link.CodeBadRequest {
			t.Errorf("%s: %v", name, err)
		}
	}
	begun := must[link.SignInBegun](t)(d.client.BeginSignIn(ctx, link.SignInRequest{Device: d.keys.Device(), Redirect: redirect}))
	u := must[*url.URL](t)(url.Parse(begun.URL))
	for _, secret := range []string{oidctest.Secret, "code_verifier"} {
		if strings.Contains(begun.URL, url.QueryEscape(secret)) {
			t.Errorf("%s stands in the URL", secret)
		}
	}
	if u.Query().Get("code_challenge_method") != "S256" || u.Query().Get("nonce") == "" || u.Query().Get("prompt") != "login" {
		t.Errorf("the URL is %s", begun.URL)
	}
}
