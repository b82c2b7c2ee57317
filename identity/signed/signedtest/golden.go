// Package signedtest holds formats still in tests: golden vectors say that bytes made
// today are the bytes made before, and a CDDL file (RFC 8610) is held against the Go
// struct that it describes. Only tests import it.
package signedtest

import (
	"encoding/hex"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"handslag/identity/signed"
)

var update = flag.Bool("update-golden", false, "write golden vectors anew: a format has changed on purpose")

// Key is a signing key made of one repeated byte, so that vectors come out the same.
func Key(t testing.TB, b byte) *signed.PrivateKey {
	t.Helper()
	key, err := signed.PrivateKeyFromSeed([]byte(strings.Repeat(string(rune(b)), 32)))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// Golden compares data with testdata/NAME.hex.
func Golden(t testing.TB, name string, data []byte) {
	t.Helper()
	path := filepath.Join("testdata", name+".hex")
	text := wrap(hex.EncodeToString(data))
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("golden vector: %v", err)
	}
	if text != string(want) {
		t.Errorf("%s is no longer what it was: old devices and servers would not understand it", path)
	}
}

// Kept is testdata/NAME.hex, of what does not come out the same twice, so that what was made
// once can be read for ever; where golden vectors are written anew, made makes it.
func Kept(t testing.TB, name string, made func() []byte) []byte {
	t.Helper()
	if *update {
		Golden(t, name, made())
	}
	return Load(t, name)
}

// Load reads testdata/NAME.hex.
func Load(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".hex"))
	if err != nil {
		t.Fatal(err)
	}
	data, err := hex.DecodeString(strings.Join(strings.Fields(string(text)), ""))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func wrap(s string) string {
	var b strings.Builder
	for len(s) > 80 {
		b.WriteString(s[:80] + "\n")
		s = s[80:]
	}
	b.WriteString(s + "\n")
	return b.String()
}

var member = regexp.MustCompile(`(?m)^\s*(\? )?(?:(\d+) =>|([a-z_-]+):)\s`)

// Rule holds the CDDL rule NAME of testdata/FILE against a struct: the same members in the
// same order, optional where the struct's field may be left out.
func Rule(t testing.TB, file, name string, v any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	_, body, ok := strings.Cut("\n"+string(text), "\n"+name+" = ")
	if !ok {
		t.Fatalf("%s has no rule %s", file, name)
	}
	body, _, ok = strings.Cut(body, "\n}")
	closer := strings.Index(body, "\n]")
	if closer >= 0 || !ok {
		body, _, _ = strings.Cut(body, "\n]")
	}
	var got []string
	for _, m := range member.FindAllStringSubmatch(body, -1) {
		got = append(got, m[1]+m[2]+m[3])
	}
	if want := members(reflect.TypeOf(v)); !reflect.DeepEqual(got, want) {
		t.Errorf("%s: rule %s has %v, the struct %v", file, name, got, want)
	}
}

// members is what a struct's fields are in CDDL: their number, or in an array their name.
func members(typ reflect.Type) []string {
	var out []string
	array := false
	for i := range typ.NumField() {
		field := typ.Field(i)
		key, options, _ := strings.Cut(field.Tag.Get("cbor"), ",")
		switch {
		case strings.Contains(options, "toarray"):
			array = true
		case array:
			out = append(out, strings.ToLower(field.Name))
		case strings.Contains(options, "omitempty"):
			out = append(out, "? "+key)
		default:
			out = append(out, key)
		}
	}
	return out
}
