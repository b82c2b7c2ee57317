package qr

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
)

const someOrgID = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

func TestTextsAreToldApart(t *testing.T) {
	whole, err := Encode(bytes.Repeat([]byte{0xab}, MaxPayload))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what, text string
		want       error
	}{
		{"a code of one byte", "HS1:74", nil},
		{"the largest code", whole, nil},
		{"an organisation's code", "HSORG:" + strings.ToUpper(someOrgID), nil},
		{"nothing at all", "", ErrForeign},
		{"somebody's address", "https://example.org/HS1:74", ErrForeign},
		{"our letters without a version", "HS:74", ErrForeign},
		{"a version that never was", "HS0:74", ErrForeign},
		{"a version with a leading zero", "HS01:74", ErrForeign},
		{"a version of many digits", "HS10000:74", ErrForeign},
		{"a version that is no number", "HS1A:74", ErrForeign},
		{"a space before ours", " HS1:74", ErrForeign},
		{"a prefix without colon", "HS1", ErrForeign},
		{"version one of the letter, spelled out", "HSORG1:" + strings.ToUpper(someOrgID), ErrForeign},
		{"the next version", "HS2:whatever it holds", ErrTooNew},
		{"the version after nine", "HS10:74", ErrTooNew},
		{"the next version of the letter", "HSORG2:74", ErrTooNew},
		{"a code without payload", "HS1:", ErrDamaged},
		{"lower case", "hs1:74", ErrDamaged},
		{"a lower-case payload", "HS1:ae", ErrDamaged},
		{"loose bits at the end", "HS1:75", ErrDamaged},
		{"a length that base32 does not have", "HS1:7", ErrDamaged},
		{"padding", "HS1:74======", ErrDamaged},
		{"a line break inside", "HS1:7\n4", ErrDamaged},
		{"a line break behind", "HS1:74\n", ErrDamaged},
		{"a character outside base32", "HS1:71", ErrDamaged},
		{"one character too many", whole + "A", ErrOversized},
		{"a book", "HS1:" + strings.Repeat("A", 1<<20), ErrOversized},
		{"a lower-case letter code", "hsorg:" + someOrgID, ErrDamaged},
		{"a short organisation ID", "HSORG:" + strings.ToUpper(someOrgID[1:]), ErrDamaged},
		{"a long organisation ID", "HSORG:" + strings.ToUpper(someOrgID) + "Q", ErrOversized},
		{"an organisation ID with a B", "HSORG:B" + strings.ToUpper(someOrgID[1:]), ErrDamaged},
	} {
		_, err := Parse(c.text)
		if !errors.Is(err, c.want) || (c.want == nil && err != nil) {
			t.Errorf("%s: got %v, want %v", c.what, err, c.want)
		}
		if err != nil && len(c.text) > 40 && strings.Contains(err.Error(), c.text[20:40]) {
			t.Errorf("%s: the error repeats the text", c.what)
		}
	}
}

func TestEveryPayloadSizeComesBack(t *testing.T) {
	random := rand.NewChaCha8([32]byte{1})
	for size := 1; size <= MaxPayload; size++ {
		payload := make([]byte, size)
		random.Read(payload)
		text, err := Encode(payload)
		if err != nil {
			t.Fatal(err)
		}
		back, err := Decode(text)
		if err != nil || !bytes.Equal(back, payload) {
			t.Fatalf("%d bytes: %v", size, err)
		}
	}
	if _, err := Encode(nil); err == nil {
		t.Error("an empty payload was encoded")
	}
	if _, err := Encode(make([]byte, MaxPayload+1)); !errors.Is(err, ErrOversized) {
		t.Errorf("109 bytes: %v", err)
	}
}

func TestOrganisationIDsComeBackHoweverTheyAreWritten(t *testing.T) {
	upper := strings.ToUpper(someOrgID)
	for _, id := range []string{someOrgID, upper, "qpzr y9x8 gf2t vdw0 s3jn 54kh ce6m ua7l"} {
		text, err := EncodeOrg(id)
		if err != nil {
			t.Fatal(err)
		}
		content, err := Parse(text)
		if err != nil || content.Kind != KindOrganisation || content.OrgID != someOrgID {
			t.Errorf("%q came back as %+v, %v", id, content, err)
		}
		if _, err := Decode(text); !errors.Is(err, ErrForeign) {
			t.Errorf("a letter passed for a verification: %v", err)
		}
	}
	for _, id := range []string{"", "Q" + someOrgID[1:], someOrgID + "q", "b" + someOrgID[1:], "ö" + someOrgID[2:]} {
		if text, err := EncodeOrg(id); err == nil {
			t.Errorf("%q was encoded as %q", id, text)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"HS1:74", "HS1:75", "HS1:7\n4", "HS2:74", "hs1:74", "HSORG:" + strings.ToUpper(someOrgID), "WIFI:S:x;;"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		content, err := Parse(text)
		if err != nil {
			if content.Kind != 0 || content.Payload != nil || content.OrgID != "" {
				t.Fatal("content beside an error")
			}
			for _, known := range []error{ErrForeign, ErrTooNew, ErrDamaged, ErrOversized} {
				if errors.Is(err, known) {
					return
				}
			}
			t.Fatalf("an error without a name: %v", err)
		}
		var again string
		switch content.Kind {
		case KindCeremony:
			again, err = Encode(content.Payload)
		case KindOrganisation:
			again, err = EncodeOrg(content.OrgID)
		}
		if err != nil || again != text {
			t.Fatalf("%q came back as %q, %v", text, again, err)
		}
		if _, err := Draw(text); err != nil {
			t.Fatalf("a text of ours cannot be drawn: %v", err)
		}
	})
}

func FuzzDecode(f *testing.F) {
	for _, seed := range [][]byte{{0}, {0xff}, []byte("handslag"), bytes.Repeat([]byte{0xd6, 0xb5}, 54), make([]byte, MaxPayload+1)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		text, err := Encode(payload)
		if (err == nil) != (len(payload) >= 1 && len(payload) <= MaxPayload) {
			t.Fatalf("%d bytes: %v", len(payload), err)
		}
		if err != nil {
			return
		}
		back, err := Decode(text)
		if err != nil || !bytes.Equal(back, payload) {
			t.Fatalf("came back otherwise: %v", err)
		}
	})
}
