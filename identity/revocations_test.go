package identity_test

import (
	"errors"
	"testing"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/identity/signed/signedtest"
)

func revocations(t testing.TB) identity.Revocations {
	a, b := identity.DeviceIDOf(signedtest.Key(t, 3).Public()), identity.DeviceIDOf(signedtest.Key(t, 4).Public())
	return identity.Revocations{Version: 1, Org: identity.OrgIDOf(signedtest.Key(t, 1).Public()), Number: 2, Time: issuedAt,
		Devices: []identity.DeviceID{min(a, b), max(a, b)}}
}

func TestAListNamesWhomItNames(t *testing.T) {
	list := revocations(t)
	data, err := list.Sign(signedtest.Key(t, 2))
	if err != nil {
		t.Fatal(err)
	}
	signedtest.Golden(t, "revocations", data)
	signedtest.Rule(t, "identity.cddl", "revocations", identity.Revocations{})
	issuing := []signed.Key{signedtest.Key(t, 9).Public(), signedtest.Key(t, 2).Public()}
	read, err := identity.OpenRevocations(data, list.Org, issuing)
	if err != nil {
		t.Fatal(err)
	}
	for _, device := range list.Devices {
		if !read.Has(device) {
			t.Errorf("%s is not named", device)
		}
	}
	if read.Has(identity.DeviceIDOf(signedtest.Key(t, 5).Public())) {
		t.Error("another device is named")
	}
	if _, err := identity.OpenRevocations(data, list.Org, issuing[:1]); err == nil {
		t.Error("a list under another key is believed")
	}
	if _, err := identity.OpenRevocations(data, identity.OrgIDOf(signedtest.Key(t, 7).Public()), issuing); !errors.Is(err, identity.ErrRevocations) {
		t.Errorf("another organisation's: %v", err)
	}
}

func TestListsThatAreNone(t *testing.T) {
	for what, change := range map[string]func(*identity.Revocations){
		"of another version": func(r *identity.Revocations) { r.Version = 2 },
		"without a number":   func(r *identity.Revocations) { r.Number = 0 },
		"without a time":     func(r *identity.Revocations) { r.Time = 0 },
		"out of order":       func(r *identity.Revocations) { r.Devices[0], r.Devices[1] = r.Devices[1], r.Devices[0] },
		"with one twice":     func(r *identity.Revocations) { r.Devices[1] = r.Devices[0] },
		"with no device ID":  func(r *identity.Revocations) { r.Devices[0] = "hs1" },
		"without end":        func(r *identity.Revocations) { r.Devices = make([]identity.DeviceID, identity.MaxRevocations+1) },
	} {
		list := revocations(t)
		change(&list)
		if err := list.Check(); !errors.Is(err, identity.ErrRevocations) {
			t.Errorf("a list %s: %v", what, err)
		}
	}
}

func FuzzRevocations(f *testing.F) {
	list := revocations(f)
	data, err := list.Sign(signedtest.Key(f, 2))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(data[:len(data)/2])
	issuing := []signed.Key{signedtest.Key(f, 2).Public()}
	f.Fuzz(func(t *testing.T, in []byte) {
		if r, err := identity.OpenRevocations(in, list.Org, issuing); err == nil {
			if again, err := r.Sign(signedtest.Key(t, 2)); err != nil || string(again) != string(in) {
				t.Fatalf("%x reads back as %x, %v", in, again, err)
			}
		}
	})
}
