package identity_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"sync"
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
			Sealing: sealing(t, 5).Public(), Witness: signedtest.Key(t, 7).Public()},
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
		"an unknown log key":  func(s *identity.Statement) { s.Log[0].Alg = -7 },
		"an unknown suite":    func(s *identity.Statement) { s.Sealing[0].Suite = 2 },
		"no log key":          func(s *identity.Statement) { s.Log = nil },
		"65 issuing keys":     func(s *identity.Statement) { s.Issuing = slices.Repeat(s.Issuing, 65) },
		"nine sealing keys":   func(s *identity.Statement) { s.Sealing = slices.Repeat(s.Sealing, 9) },
		"a first generation": func(s *identity.Statement) {
			s.Generations = []identity.LogGeneration{{Number: 1, Root: make([]byte, 32)}}
		},
		"a rootless one": func(s *identity.Statement) {
			s.Generations = []identity.LogGeneration{{Number: 2, Root: make([]byte, 31)}}
		},
		"one left out": func(s *identity.Statement) {
			s.Generations = []identity.LogGeneration{{Number: 2, Root: make([]byte, 32)}, {Number: 4, Root: make([]byte, 32)}}
		},
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
		"a witness that signs entries": func(c *identity.Credential) { c.Keys.Witness = c.Keys.Signing },
		"a witness that talks":         func(c *identity.Credential) { c.Keys.Witness = c.Keys.Transport },
		"no witness key":               func(c *identity.Credential) { c.Keys.Witness = signed.Key{} },
		"no epoch":                     func(c *identity.Credential) { c.Epoch = 0 },
		"an unknown version":           func(c *identity.Credential) { c.Version = 9 },
		"no person":                    func(c *identity.Credential) { c.Person.ID = "" },
		"a person like a path":         func(c *identity.Credential) { c.Person.ID = "../p" },
		"no machine":                   func(c *identity.Credential) { c.Machine = "" },
		"no username":                  func(c *identity.Credential) { c.Person.Username = "" },
		"a name without end":           func(c *identity.Credential) { c.Person.First = strings.Repeat("a", 129) },
		"a signing key of no kind":     func(c *identity.Credential) { c.Keys.Signing.Alg = -7 },
		"a transport key cut short":    func(c *identity.Credential) { c.Keys.Transport.Bytes = c.Keys.Transport.Bytes[:31] },
		"a sealing key of no suite":    func(c *identity.Credential) { c.Keys.Sealing.Suite = 2 },
		"an end before its beginning":  func(c *identity.Credential) { c.Expires = c.Issued },
		"issued at no time":            func(c *identity.Credential) { c.Issued = 0 },
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
	if err := credential(t).ValidAt(credential(t).Expires); err != nil {
		t.Errorf("in its last moment: %v", err)
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
	for what, text := range map[string]string{
		"a Cyrillic а in it":      "а" + string(id[2:]), // two bytes, so the length fits
		"a full-width letter":     "ｑ" + string(id[3:]),
		"its prefix in front":     "hs1" + string(id),
		"no end":                  strings.Repeat(string(id), 1<<16),
		"a byte that is no text":  "\xff" + string(id[1:]),
		"a zero-width joiner":     string(id[:8]) + "\u200d" + string(id[8:]),
		"nothing":                 "",
		"spaces and nothing else": strings.Repeat(" ", 32),
	} {
		if _, err := identity.ParseDeviceID(text); !errors.Is(err, identity.ErrID) {
			t.Errorf("an ID with %s: %v", what, err)
		}
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

// The checksum is linear: whether it sees a slip says the place and the difference between the two
// characters, whatever the rest of the ID is. So every place with every difference is every slip
// there is, and every pair of neighbours with every difference every swap.
func TestEverySlipAndEverySwapThereIs(t *testing.T) {
	const alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
	const length, differences = 32, 31
	type at struct{ place, difference int }
	slips, swaps := map[at]bool{}, map[at]bool{}
	for seed := 0; len(slips) < length*differences || len(swaps) < (length-1)*differences; seed++ {
		if seed == 1<<12 {
			t.Fatalf("%d slips and %d swaps seen", len(slips), len(swaps))
		}
		key := signed.Key{Alg: signed.EdDSA, Bytes: binary.BigEndian.AppendUint64(make([]byte, 24), uint64(seed))}
		id := string(identity.DeviceIDOf(key))
		for i := range length {
			here := strings.IndexByte(alphabet, id[i])
			for there := range alphabet {
				where := at{i, here ^ there}
				if here == there || slips[where] {
					continue
				}
				slips[where] = true
				if _, err := identity.ParseDeviceID(id[:i] + alphabet[there:there+1] + id[i+1:]); !errors.Is(err, identity.ErrID) {
					t.Errorf("%s with %c at %d: %v", id, alphabet[there], i, err)
				}
			}
			if i == 0 || id[i] == id[i-1] {
				continue
			}
			where := at{i, here ^ strings.IndexByte(alphabet, id[i-1])}
			if swaps[where] {
				continue
			}
			swaps[where] = true
			if _, err := identity.ParseDeviceID(id[:i-1] + id[i:i+1] + id[i-1:i] + id[i+1:]); !errors.Is(err, identity.ErrID) {
				t.Errorf("%s with %d and its neighbour swapped: %v", id, i, err)
			}
		}
	}
	// What is no character of an ID at all, at every place.
	id := string(identity.DeviceIDOf(signedtest.Key(t, 3).Public()))
	for i := range length {
		for c := range 256 {
			if strings.ContainsRune(alphabet+strings.ToUpper(alphabet), rune(c)) {
				continue
			}
			if _, err := identity.ParseDeviceID(id[:i] + string([]byte{byte(c)}) + id[i+1:]); !errors.Is(err, identity.ErrID) {
				t.Errorf("byte %#x at %d: %v", c, i, err)
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
	word, err := again.Cosign([]byte("a checkpoint"))
	if err != nil || !ed25519.Verify(keys.Public().Witness.Bytes, []byte("a checkpoint"), word) {
		t.Errorf("the witness key is another: %v", err)
	}
	if _, err := identity.UnwrapKeySet(aead, []byte("vault 2"), data); err == nil {
		t.Error("opens in another vault")
	}
	for size := range len(data) {
		if _, err := identity.UnwrapKeySet(aead, []byte("vault 1"), data[:size]); err == nil {
			t.Fatalf("opens cut to %d bytes", size)
		}
	}
}

// Auto-lock comes while a sync signs and a screen asks for the device ID: deeds end with an
// error, what is public stays, nothing is written down of keys that are zeroes.
func TestDestroyedKeysDoNothingAndStillSayWhoseTheyWere(t *testing.T) {
	keys, err := identity.NewKeySet()
	if err != nil {
		t.Fatal(err)
	}
	device, public := keys.Device(), keys.Public()
	box, err := identity.Seal(public.Sealing, "purpose", []byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	transport, err := keys.Transport()
	if err != nil || !transport.Public().Equal(public.Transport) {
		t.Fatalf("transport key: %v", err)
	}
	aead, err := identity.NewAEAD(make([]byte, identity.AEADKeySize))
	if err != nil {
		t.Fatal(err)
	}
	deeds := map[string]func() error{
		"cosigns":             func() error { _, err := keys.Cosign([]byte("x")); return err },
		"signs":               func() error { _, err := keys.Sign(signed.DomainEntry, "x"); return err },
		"opens a seal":        func() error { _, err := keys.OpenSealed("purpose", box); return err },
		"hands out transport": func() error { _, err := keys.Transport(); return err },
		"is wrapped":          func() error { _, err := keys.Wrap(aead, nil); return err },
	}
	var busy sync.WaitGroup
	for _, deed := range deeds {
		busy.Go(func() {
			for range 50 {
				if err := deed(); err != nil && !errors.Is(err, identity.ErrDestroyed) {
					t.Error(err)
				}
			}
		})
	}
	keys.Destroy()
	busy.Wait()
	keys.Destroy()
	for what, deed := range deeds {
		if err := deed(); !errors.Is(err, identity.ErrDestroyed) {
			t.Errorf("destroyed, it %s: %v", what, err)
		}
	}
	if keys.Device() != device || !keys.Public().Signing.Equal(public.Signing) {
		t.Error("destroyed, it is somebody else")
	}
	if !bytes.Equal(transport.Public().Bytes, public.Transport.Bytes) {
		t.Error("the copy ended with the set")
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
		if _, err := identity.ParseOrgID(text); err == nil {
			t.Fatalf("%q names a device and an organisation", text)
		}
	})
}

func FuzzParseOrgID(f *testing.F) {
	f.Add(identity.OrgIDOf(signedtest.Key(f, 1).Public()).Grouped())
	f.Add("")
	f.Add("ho1qqqq")
	f.Fuzz(func(t *testing.T, text string) {
		id, err := identity.ParseOrgID(text)
		if err != nil {
			return
		}
		if again, err := identity.ParseOrgID(id.Grouped()); err != nil || again != id {
			t.Fatalf("%q does not read back", id)
		}
	})
}

// FuzzOpenCredential also throws what is well signed and ill formed: the words of a credential, signed anew.
func FuzzOpenCredential(f *testing.F) {
	good := signedtest.Load(f, "credential")
	var c identity.Credential
	if err := signed.Unverified(good, identity.CredentialLimit, &c); err != nil {
		f.Fatal(err)
	}
	key, org := signedtest.Key(f, 2), c.Org
	f.Add(good, "", uint64(1), int64(0))
	f.Add([]byte{0x84}, "bo.ek", uint64(0), int64(-1))
	f.Add([]byte{}, strings.Repeat("x", 999), uint64(1)<<63, int64(1)<<62)
	f.Fuzz(func(t *testing.T, data []byte, name string, epoch uint64, expires int64) {
		if c, err := identity.OpenCredential(data, org, []signed.Key{key.Public()}); err == nil && (c.Check() != nil || c.Org != org) {
			t.Fatal("an ill-formed credential opens")
		}
		one := c
		one.Person.Username, one.Epoch, one.Expires = name, epoch, one.Issued+signed.Time(expires)
		message, err := signed.Sign(signed.DomainCredential, key, one)
		if err != nil {
			return
		}
		got, err := identity.OpenCredential(message, org, []signed.Key{key.Public()})
		if (err == nil) != (one.Check() == nil && len(message) <= identity.CredentialLimit) || err == nil && got.Expires > got.Issued.Add(identity.MaxValidity) {
			t.Fatalf("%+v: %v", one, err)
		}
	})
}

// FuzzOpenSealed throws anything at what is sealed to a device.
func FuzzOpenSealed(f *testing.F) {
	keys, err := identity.NewKeySet()
	if err != nil {
		f.Fatal(err)
	}
	box, err := identity.Seal(keys.Public().Sealing, "what for", []byte("words"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(box)
	f.Add([]byte{})
	f.Add(box[:len(box)-1])
	f.Fuzz(func(t *testing.T, data []byte) {
		if plain, err := keys.OpenSealed("what for", data); err == nil && (string(plain) != "words" || !bytes.Equal(data, box)) {
			t.Fatalf("%q opens", plain)
		}
		if _, err := keys.OpenSealed("something else", data); err == nil {
			t.Fatal("it opens for another use")
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
