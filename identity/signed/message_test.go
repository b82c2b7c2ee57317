package signed_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
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

func TestAMessageIsItsValueAndItsSignature(t *testing.T) {
	anna := key(t)
	message, err := signed.Sign(signed.DomainRecord, anna, note{Text: "hej", Count: 3})
	if err != nil {
		t.Fatal(err)
	}
	payload, signature, err := signed.Split(message, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var value note
	if err := signed.DecodeOwn(payload, &value); err != nil || value != (note{"hej", 3}) {
		t.Fatalf("%+v, %v", value, err)
	}
	if again, err := signed.Join(value, signature); err != nil || !bytes.Equal(again, message) {
		t.Errorf("put together again it is %x, %v", again, err)
	}
	if _, _, err := signed.Split(message[1:], 1000); !errors.Is(err, signed.ErrMalformed) {
		t.Errorf("no message: %v", err)
	}
	if _, _, err := signed.Split(message, len(message)-1); !errors.Is(err, signed.ErrTooLarge) {
		t.Errorf("over its limit: %v", err)
	}
	if err := signed.DecodeOwn(payload[:4], &value); !errors.Is(err, signed.ErrMalformed) {
		t.Errorf("half a value: %v", err)
	}
}

func TestOneOfSeveralKeysIsEnough(t *testing.T) {
	former, current, carl := key(t), key(t), key(t)
	message, err := signed.Sign(signed.DomainRecord, former, note{Text: "hej"})
	if err != nil {
		t.Fatal(err)
	}
	var got note
	for what, c := range map[string]struct {
		keys []signed.Key
		want error
	}{
		"the former key stands second": {[]signed.Key{current.Public(), former.Public()}, nil},
		"neither signed":               {[]signed.Key{current.Public(), carl.Public()}, signed.ErrSignature},
		"there is no key":              {nil, signed.ErrSignature},
	} {
		if err := signed.OpenAny(signed.DomainRecord, c.keys, message, 1000, &got); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	short := signed.Key{Alg: signed.EdDSA, Bytes: former.Public().Bytes[:31]}
	if err := signed.Open(signed.DomainRecord, short, message, 1000, &got); err == nil {
		t.Error("a key cut short verifies")
	}
	former.Destroy()
	if _, err := signed.Sign(signed.DomainRecord, former, note{}); err == nil {
		t.Error("a destroyed key signs")
	}
	if _, err := signed.Sign(signed.DomainRecord, nil, note{}); err == nil {
		t.Error("no key signs")
	}
	if text := fmt.Sprintf("%v %+v %#v %s %v %#v", current, current, current, current, *current, *current); strings.Contains(text, "[") {
		t.Errorf("a key prints as %s", text)
	}
	if data, err := signed.Encode(current); err != nil || len(data) > 2 {
		t.Errorf("a key encodes as %x, %v", data, err)
	}
}

// What a stranger nests or repeats is refused by its shape, before room is made for it.
func TestShapesAreBounded(t *testing.T) {
	deep := bytes.Repeat([]byte{0x81}, 1000)
	wide := append([]byte{0x9a, 0xff, 0xff, 0xff, 0xff}, make([]byte, 100)...)
	long := []byte{0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}
	many := append([]byte{0x99, 0x10, 0x01}, make([]byte, 4097)...)
	pairs := append([]byte{0xb9, 0x01, 0x01}, make([]byte, 2*257)...)
	for what, data := range map[string][]byte{
		"a thousand arrays in each other": deep, "an array of four thousand million": wide,
		"bytes without end": long, "4,097 elements": many, "257 pairs": pairs,
	} {
		var got any
		if err := signed.Decode(data, 1<<20, &got); !errors.Is(err, signed.ErrMalformed) {
			t.Errorf("%s: %v", what, err)
		}
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
	other := key(f).Public()
	f.Fuzz(func(t *testing.T, data []byte) {
		var got note
		if signed.Open(signed.DomainEntry, k.Public(), data, 1<<16, &got) == nil && !bytes.Equal(data, message) {
			t.Fatal("a message nobody signed opens")
		}
		if signed.OpenAny(signed.DomainEntry, []signed.Key{other, k.Public()}, data, 1<<16, &got) == nil && !bytes.Equal(data, message) {
			t.Fatal("a message nobody signed opens under one of two keys")
		}
		if signed.DecodeOwn(data, &got) == nil {
			if _, err := signed.Encode(got); err != nil {
				t.Fatal(err)
			}
		}
		if signed.Unverified(data, 1<<16, &got) == nil {
			if _, err := signed.Encode(got); err != nil {
				t.Fatal(err)
			}
		}
	})
}
