package identity_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/identity/signed/signedtest"
)

var issuedAt = signed.At(time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC))

func sealing(t testing.TB, b byte) *identity.SealPrivate {
	t.Helper()
	key, err := identity.SealPrivateFromBytes(bytes.Repeat([]byte{b}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func credential(t testing.TB) identity.Credential {
	return identity.Credential{
		Version: 1, Org: identity.OrgIDOf(signedtest.Key(t, 1).Public()),
		Person:  identity.Person{ID: "p-anna", Username: "anna.lind", First: "Anna", Last: "Lind"},
		Machine: "m-1", Units: []identity.Unit{{ID: "norra", Name: "Norra"}}, Roles: []string{"case_officer"},
		Grants: []identity.Grant{{Right: "record.read", Scope: "unit"}},
		Keys: identity.PublicKeys{Signing: signedtest.Key(t, 3).Public(), Transport: signedtest.Key(t, 4).Public(),
			Sealing: sealing(t, 5).Public()},
		Epoch: 1, Issued: issuedAt, Expires: issuedAt.Add(14 * 24 * time.Hour),
	}
}

func statement(t testing.TB) identity.Statement {
	return identity.Statement{
		Version: 1, Number: 1, Root: signedtest.Key(t, 1).Public(), Name: "Bostads AB Linden", URL: "https://linden.example:8443",
		TLS: []identity.Pin{bytes.Repeat([]byte{7}, 32)}, Issuing: []signed.Key{signedtest.Key(t, 2).Public()},
		Sealing: []identity.SealKey{sealing(t, 6).Public()}, Log: []signed.Key{signedtest.Key(t, 8).Public()}, Issued: issuedAt,
	}
}

func sign(t testing.TB, domain signed.Domain, key *signed.PrivateKey, v any) []byte {
	t.Helper()
	data, err := signed.Sign(domain, key, v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestFormatsStandStill(t *testing.T) {
	signedtest.Golden(t, "credential", sign(t, signed.DomainCredential, signedtest.Key(t, 2), credential(t)))
	signedtest.Golden(t, "statement", sign(t, signed.DomainStatement, signedtest.Key(t, 1), statement(t)))
	signedtest.Rule(t, "identity.cddl", "credential", identity.Credential{})
	signedtest.Rule(t, "identity.cddl", "statement", identity.Statement{})
	signedtest.Rule(t, "identity.cddl", "public-keys", identity.PublicKeys{})
	signedtest.Rule(t, "identity.cddl", "person", identity.Person{})
	signedtest.Rule(t, "identity.cddl", "unit", identity.Unit{})
	signedtest.Rule(t, "identity.cddl", "grant", identity.Grant{})
	signedtest.Rule(t, "identity.cddl", "key", signed.Key{})
	signedtest.Rule(t, "identity.cddl", "seal-key", identity.SealKey{})
}

func TestAStatementIsItsOrganisationsOrNobodys(t *testing.T) {
	org := statement(t).Org()
	root, other := signedtest.Key(t, 1), signedtest.Key(t, 9)
	good := sign(t, signed.DomainStatement, root, statement(t))
	if s, err := identity.OpenStatement(good, org); err != nil || s.Name != "Bostads AB Linden" {
		t.Fatalf("the real one: %v", err)
	}
	if _, err := identity.OpenStatement(good, identity.OrgIDOf(other.Public())); !errors.Is(err, identity.ErrForeign) {
		t.Errorf("another organisation's: %v", err)
	}
	if _, err := identity.OpenStatement(sign(t, signed.DomainStatement, other, statement(t)), org); !errors.Is(err, identity.ErrForeign) {
		t.Errorf("its root key named, another key signing: %v", err)
	}
	if _, err := identity.OpenStatement(sign(t, signed.DomainCredential, root, statement(t)), org); !errors.Is(err, identity.ErrForeign) {
		t.Errorf("signed as something else: %v", err)
	}
	for name, spoil := range map[string]func(*identity.Statement){
		"an unknown version":  func(s *identity.Statement) { s.Version = 2 },
		"no number":           func(s *identity.Statement) { s.Number = 0 },
		"plain http":          func(s *identity.Statement) { s.URL = "http://linden.example" },
		"a path in its URL":   func(s *identity.Statement) { s.URL = "https://linden.example/x" },
		"a name in its URL":   func(s *identity.Statement) { s.URL = "https://anna@linden.example" },
		"no TLS pin":          func(s *identity.Statement) { s.TLS = nil },
		"a short pin":         func(s *identity.Statement) { s.TLS = []identity.Pin{{1}} },
		"an unknown key kind": func(s *identity.Statement) { s.Issuing[0].Alg = -7 },
	} {
		s := statement(t)
		spoil(&s)
		if _, err := identity.OpenStatement(sign(t, signed.DomainStatement, root, s), org); !errors.Is(err, identity.ErrStatement) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestACredentialIsRefusedForEachThingThatIsWrong(t *testing.T) {
	issuing := signedtest.Key(t, 2)
	org := credential(t).Org
	open := func(data []byte) error {
		_, err := identity.OpenCredential(data, org, []signed.Key{signedtest.Key(t, 8).Public(), issuing.Public()})
		return err
	}
	if err := open(sign(t, signed.DomainCredential, issuing, credential(t))); err != nil {
		t.Fatal(err)
	}
	if err := open(sign(t, signed.DomainCredential, signedtest.Key(t, 9), credential(t))); !errors.Is(err, signed.ErrSignature) {
		t.Errorf("forged: %v", err)
	}
	for name, spoil := range map[string]func(*identity.Credential){
		"another organisation":         func(c *identity.Credential) { c.Org = identity.OrgIDOf(issuing.Public()) },
		"longer than fourteen days":    func(c *identity.Credential) { c.Expires = c.Issued.Add(15 * 24 * time.Hour) },
		"one key for signing and talk": func(c *identity.Credential) { c.Keys.Transport = c.Keys.Signing },
		"no epoch":                     func(c *identity.Credential) { c.Epoch = 0 },
		"an unknown version":           func(c *identity.Credential) { c.Version = 9 },
		"no person":                    func(c *identity.Credential) { c.Person.ID = "" },
	} {
		c := credential(t)
		spoil(&c)
		if err := open(sign(t, signed.DomainCredential, issuing, c)); !errors.Is(err, identity.ErrCredential) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := credential(t).ValidAt(credential(t).Expires + 1); !errors.Is(err, identity.ErrExpired) {
		t.Errorf("expired: %v", err)
	}
}

func TestATypedIDCatchesAnySlipAndAnySwap(t *testing.T) {
	id := identity.DeviceIDOf(signedtest.Key(t, 3).Public())
	if got, err := identity.ParseDeviceID(" " + strings.ReplaceAll(id.Grouped(), " ", "-") + "\n"); err != nil || got != id {
		t.Fatalf("as people type it: %q %v", got, err)
	}
	if _, err := identity.ParseOrgID(string(id)); !errors.Is(err, identity.ErrID) {
		t.Errorf("a device ID passes for an organisation's: %v", err)
	}
	const alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
	for i := range id {
		for _, r := range alphabet {
			slip := string(id[:i]) + string(r) + string(id[i+1:])
			if _, err := identity.ParseDeviceID(slip); slip != string(id) && err == nil {
				t.Errorf("slip at %d unnoticed", i)
			}
		}
		if i > 0 && id[i] != id[i-1] {
			swapped := string(id[:i-1]) + string(id[i]) + string(id[i-1]) + string(id[i+1:])
			if _, err := identity.ParseDeviceID(swapped); err == nil {
				t.Errorf("swap at %d unnoticed", i)
			}
		}
	}
}

func TestSealedBytesOpenForOneKeyAndOnePurpose(t *testing.T) {
	anna, bo := sealing(t, 1), sealing(t, 2)
	box, err := identity.Seal(anna.Public(), "purpose", []byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := anna.Open("purpose", box); err != nil || string(got) != "secret" {
		t.Fatal(err)
	}
	if _, err := bo.Open("purpose", box); !errors.Is(err, identity.ErrSealed) {
		t.Error("opens for another key")
	}
	if _, err := anna.Open("another", box); !errors.Is(err, identity.ErrSealed) {
		t.Error("opens for another purpose")
	}
	if _, err := identity.Seal(identity.SealKey{Suite: 2, Bytes: anna.Public().Bytes}, "purpose", nil); err == nil {
		t.Error("seals to an unknown suite")
	}
}

func TestKeysComeBackOnlyUnderTheirWrap(t *testing.T) {
	keys, err := identity.NewKeySet()
	if err != nil {
		t.Fatal(err)
	}
	wrap := make([]byte, identity.AEADKeySize)
	rand.Read(wrap)
	aead, err := identity.NewAEAD(wrap)
	if err != nil {
		t.Fatal(err)
	}
	data, err := keys.Wrap(aead, []byte("vault 1"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := identity.UnwrapKeySet(aead, []byte("vault 1"), data)
	if err != nil || again.Device() != keys.Device() {
		t.Fatalf("unwrap: %v", err)
	}
	if _, err := identity.UnwrapKeySet(aead, []byte("vault 2"), data); err == nil {
		t.Error("opens in another vault")
	}
	keys.Destroy()
	if _, err := keys.Sign(signed.DomainEntry, "x"); err == nil {
		t.Error("signs after it was destroyed")
	}
}

func FuzzParseDeviceID(f *testing.F) {
	f.Add(identity.DeviceIDOf(signedtest.Key(f, 3).Public()).Grouped())
	f.Add("")
	f.Add("QQQQ-QQQQ å")
	f.Fuzz(func(t *testing.T, text string) {
		id, err := identity.ParseDeviceID(text)
		if err != nil {
			return
		}
		if again, err := identity.ParseDeviceID(id.Grouped()); err != nil || again != id {
			t.Fatalf("%q does not read back", id)
		}
	})
}

func FuzzOpenStatement(f *testing.F) {
	f.Add(signedtest.Load(f, "statement"))
	f.Add(signedtest.Load(f, "credential"))
	org := statement(f).Org()
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := identity.OpenStatement(data, org)
		if err == nil && s.Check() != nil {
			t.Fatal("an ill-formed statement opens")
		}
		var c identity.Credential
		if signed.Unverified(data, identity.CredentialLimit, &c) == nil {
			c.Check()
		}
	})
}
