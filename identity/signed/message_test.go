package signed_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"testing"

	"handslag/identity/signed"
)

type note struct {
	Text  string `cbor:"1,keyasint"`
	Count uint64 `cbor:"2,keyasint,omitempty"`
}

func key(t testing.TB) *signed.PrivateKey {
	t.Helper()
	k, err := signed.NewPrivateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestASignedMessageOpensOnlyAsWhatItIs(t *testing.T) {
	anna, carl := key(t), key(t)
	message, err := signed.Sign(signed.DomainEntry, anna, note{Text: "hej", Count: 3})
	if err != nil {
		t.Fatal(err)
	}
	var got note
	if err := signed.Open(signed.DomainEntry, anna.Public(), message, 1000, &got); err != nil || got.Text != "hej" || got.Count != 3 {
		t.Fatalf("open: %v, %+v", err, got)
	}
	if err := signed.Open(signed.DomainReceipt, anna.Public(), message, 1000, &got); !errors.Is(err, signed.ErrSignature) {
		t.Errorf("an entry shown as a receipt: %v", err)
	}
	if err := signed.Open(signed.DomainEntry, carl.Public(), message, 1000, &got); !errors.Is(err, signed.ErrSignature) {
		t.Errorf("another's key: %v", err)
	}
	if err := signed.Open(signed.DomainEntry, anna.Public(), message, len(message)-1, &got); !errors.Is(err, signed.ErrTooLarge) {
		t.Errorf("over its limit: %v", err)
	}
	for i := range message {
		forged := bytes.Clone(message)
		forged[i] ^= 1
		if signed.Open(signed.DomainEntry, anna.Public(), forged, 1000, &got) == nil {
			t.Errorf("a flipped bit in byte %d is accepted", i)
		}
	}
	if err := signed.Open(signed.DomainEntry, anna.Public(), append(bytes.Clone(message), 0), 1000, &got); !errors.Is(err, signed.ErrMalformed) {
		t.Errorf("trailing byte: %v", err)
	}
}

func TestOneValueHasOneEncoding(t *testing.T) {
	for name, data := range map[string][]byte{
		"an integer longer than needed": {0xa2, 0x01, 0x61, 'a', 0x02, 0x18, 0x03},
		"keys out of order":             {0xa2, 0x02, 0x03, 0x01, 0x61, 'a'},
		"a key twice":                   {0xa2, 0x01, 0x61, 'a', 0x01, 0x61, 'a'},
		"an indefinite map":             {0xbf, 0x01, 0x61, 'a', 0xff},
		"a tag":                         {0xc1, 0xa1, 0x01, 0x61, 'a'},
		"an unknown field":              {0xa2, 0x01, 0x61, 'a', 0x09, 0x03},
		"an empty optional field":       {0xa2, 0x01, 0x61, 'a', 0x02, 0x00},
		"text that is not UTF-8":        {0xa1, 0x01, 0x61, 0xff},
		"nothing":                       {},
		"more than one item":            {0xa1, 0x01, 0x61, 'a', 0x00},
	} {
		var got note
		if err := signed.Decode(data, 100, &got); !errors.Is(err, signed.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var got note
	if err := signed.Decode([]byte{0xa1, 0x01, 0x61, 'a'}, 100, &got); err != nil {
		t.Errorf("the canonical form: %v", err)
	}
}

func TestNoTwoDomainsAreAlike(t *testing.T) {
	seen := map[signed.Domain]bool{}
	for _, d := range signed.Domains() {
		if seen[d] || d == "" {
			t.Errorf("%q stands twice", d)
		}
		seen[d] = true
	}
}

func FuzzOpen(f *testing.F) {
	k := key(f)
	message, err := signed.Sign(signed.DomainEntry, k, note{Text: "frö", Count: 1})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(message)
	f.Add([]byte{0x84, 0x43, 0xa1, 0x01, 0x27, 0xa0, 0x40, 0x40})
	f.Fuzz(func(t *testing.T, data []byte) {
		var got note
		if signed.Open(signed.DomainEntry, k.Public(), data, 1<<16, &got) == nil && !bytes.Equal(data, message) {
			t.Fatal("a message nobody signed opens")
		}
		if signed.Unverified(data, 1<<16, &got) == nil {
			if _, err := signed.Encode(got); err != nil {
				t.Fatal(err)
			}
		}
	})
}
