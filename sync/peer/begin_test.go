package peer

import (
	"context"
	"errors"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
)

// reasonOf is the reason of a *Failure, "" for any other error.
func reasonOf(err error) Reason {
	var f *Failure
	if errors.As(err, &f) {
		return f.Reason
	}
	return ""
}

func TestASessionThatCouldNotEndWellDoesNotBegin(t *testing.T) {
	org, other := newOrganisation(t, 1), newOrganisation(t, 9)
	anna, carl := org.enrol("anna"), org.enrol("carl")
	locked := org.enrol("locked")
	locked.keys.Destroy()
	for what, c := range map[string]struct {
		change func(*Config)
		want   error
		reason Reason
	}{
		"no keys":                              {func(c *Config) { c.Keys = nil }, ErrConfig, ""},
		"no journal":                           {func(c *Config) { c.Append = nil }, ErrConfig, ""},
		"no trusted time":                      {func(c *Config) { c.Now = nil }, ErrConfig, ""},
		"no issuing key":                       {func(c *Config) { c.Issuing = nil }, ErrConfig, ""},
		"no credential":                        {func(c *Config) { c.Credential = nil }, signed.ErrMalformed, ""},
		"a credential of another organisation": {func(c *Config) { c.Credential = other.enrol("x").raw }, signed.ErrSignature, ""},
		"a credential for other keys":          {func(c *Config) { c.Credential = carl.raw }, nil, KeyMismatch},
		"a credential that has ended":          {func(c *Config) { c.Now = func() signed.Time { return noon.Add(25 * time.Hour) } }, nil, CredExpired},
		"a device that was revoked": {func(c *Config) {
			c.Revoked = func(id identity.DeviceID, _ uint64) bool { return id == anna.credential.Device() }
		}, nil, Revoked},
		"a vault that was locked meanwhile": {func(c *Config) { c.Keys, c.Credential = locked.keys, locked.raw }, identity.ErrDestroyed, ""},
	} {
		config := anna.config()
		c.change(&config)
		shown, _ := carl.offers()
		shown.Addrs = []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:9")}
		payload, err := shown.Encode()
		if err != nil {
			t.Fatal(err)
		}
		_, offering := Offer(t.Context(), config)
		_, scanning := Scan(t.Context(), config, payload)
		for deed, err := range map[string]error{"offer": offering, "scan": scanning} {
			if err == nil || reasonOf(err) != c.reason || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("%s with %s: %v", deed, what, err)
			}
		}
	}
}

// What can be known from the code alone is known before a packet leaves.
func TestACodeIsRefusedBeforeAnythingIsSent(t *testing.T) {
	org := newOrganisation(t, 1)
	anna, bo := org.enrol("anna"), org.enrol("bo")
	for what, c := range map[string]struct {
		config Config
		shown  *device
		change func(*Payload)
		want   error
		reason Reason
	}{
		"of another organisation":          {anna.config(), newOrganisation(t, 9).enrol("x"), nil, nil, WrongOrg},
		"that this very device shows":      {anna.config(), anna, nil, nil, KeyMismatch},
		"that sends this device to itself": {func() Config { c := anna.config(); c.Loopback = false; return c }(), bo, nil, nil, Unreachable},
	} {
		shown, _ := c.shown.offers()
		shown.Addrs = []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:9")}
		if c.change != nil {
			c.change(&shown)
		}
		payload, err := shown.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Scan(t.Context(), c.config, payload); err == nil || reasonOf(err) != c.reason || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("a code %s: %v", what, err)
		}
	}
}

// A closed laptop stops the session's timer and not the quarter of an hour.
func TestAVerificationIsNotSleptThrough(t *testing.T) {
	org := newOrganisation(t, 1)
	anna, bo := org.enrol("anna"), org.enrol("bo")
	var clock atomic.Int64
	clock.Store(int64(noon))
	config := anna.config()
	config.Now = func() signed.Time { return signed.Time(clock.Load()) }
	sw, _, sv, _ := meet(t, config, bo.config())
	item, _ := anna.holds(t, "r-1", noon.Add(2*time.Hour))
	clock.Store(int64(noon.Add(16 * time.Minute)))
	b := newBooks()
	if _, err := sv.Send(t.Context(), sends(item), b.sharer()); !errors.Is(err, ErrNotVerified) || len(b.before) > 0 {
		t.Fatalf("after sixteen minutes: %v, %d entries", err, len(b.before))
	}
	await(t, "the end of the session", sw.closed)
	for what, v := range map[string]*Verified{"none": nil, "out of thin air": {}} {
		if _, err := v.Send(t.Context(), sends(item), b.sharer()); !errors.Is(err, ErrNotVerified) {
			t.Errorf("verification %s: %v", what, err)
		}
		if _, err := v.Receive(t.Context(), b.receiver()); !errors.Is(err, ErrNotVerified) {
			t.Errorf("verification %s: %v", what, err)
		}
	}
}

// A sharer whose journal is not what it says sends nothing.
func TestNothingLeavesWithoutItsEntry(t *testing.T) {
	org := newOrganisation(t, 1)
	anna, bo := org.enrol("anna"), org.enrol("bo")
	_, dw, sv, _ := meet(t, anna.config(), bo.config())
	item, _ := anna.holds(t, "r-1", noon.Add(time.Hour))
	full := errors.New("the disk is full")
	resealed := false
	inner := item.Reseal
	item.Reseal = func(context string) ([]byte, error) { resealed = true; return inner(context) }
	for what, before := range map[string]func(context.Context, []Handing) ([]journal.Hash, error){
		"a journal that is full":      func(context.Context, []Handing) ([]journal.Hash, error) { return nil, full },
		"a journal that says nothing": func(context.Context, []Handing) ([]journal.Hash, error) { return nil, nil },
	} {
		sharer := newBooks().sharer()
		sharer.Before = before
		if _, err := sv.Send(t.Context(), sends(item), sharer); err == nil {
			t.Errorf("%s: sent", what)
		}
	}
	if resealed || len(dw.session.shares) != 0 {
		t.Error("a key was sealed, or a stream was opened")
	}
}

// Whoever scans the code the moment it is shown finds somebody who listens to every protocol.
func TestACodeIsShownByADeviceThatListens(t *testing.T) {
	org := newOrganisation(t, 1)
	for range 20 {
		display, err := Offer(t.Context(), org.enrol("bo").config())
		if err != nil {
			t.Fatal(err)
		}
		if heard := display.node.Protocols(); len(heard) != 7 {
			t.Errorf("the code is out, and only %v are heard", heard)
		}
		watch(t, display).session.Close()
	}
}
