package command_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"handslag/app/connected/command"
	"handslag/app/connected/organisation"
	"handslag/identity/qr"
)

const (
	passphrase = "fem blå hästar i regn"
	password   = "Sommar-i-Norra-2026"
)

// office is an administrator at work: everything that was printed is kept.
type office struct {
	t       *testing.T
	dir     string
	printed bytes.Buffer
}

func newOffice(t *testing.T) *office {
	return &office{t: t, dir: filepath.Join(t.TempDir(), "server")}
}

// do runs one command with stdin and returns its code and output.
func (o *office) do(stdin string, args ...string) (int, string) {
	var out, errs bytes.Buffer
	code := command.Run(o.t.Context(), command.Streams{In: strings.NewReader(stdin), Out: &out, Err: &errs}, append([]string{"-dir", o.dir}, args...))
	o.printed.Write(out.Bytes())
	o.printed.Write(errs.Bytes())
	return code, out.String() + errs.String()
}

func (o *office) must(stdin string, args ...string) string {
	o.t.Helper()
	code, printed := o.do(stdin, args...)
	if code != 0 {
		o.t.Fatalf("%q ends with %d: %s", args, code, printed)
	}
	return printed
}

func TestNoSecretIsPrinted(t *testing.T) {
	o := newOffice(t)
	recovery := filepath.Join(t.TempDir(), "recovery")
	o.must(passphrase+"\n", "init", "-name", "Linden", "-url", "https://127.0.0.1:8443", "-recovery", recovery, "-passphrase-fd", "0")
	o.must(password, "user", "add", "bo.ek", "-first", "Bo", "-password-fd", "0")
	o.must(password, "user", "password", "bo.ek", "-password-fd", "0", "-json")
	for _, bad := range [][]string{
		{"user", "add", "bo.ek", "-first", "Bo", "-password-fd", "0"},
		{"user", "password", "nobody", "-password-fd", "0"},
		{"statement", "-recovery", recovery, "-url", "https://x.example", "-passphrase-fd", "0"},
	} {
		if code, printed := o.do(password, bad...); code != 1 {
			t.Errorf("%q ends with %d: %s", bad, code, printed)
		}
	}
	o.must(passphrase, "statement", "-recovery", recovery, "-url", "https://x.example", "-passphrase-fd", "0", "-json")
	for _, args := range [][]string{{"letter"}, {"letter", "-json"}, {"user", "list", "-json"}, {"export", "statement", "-to", "-"}, {"verify"}} {
		o.must("", args...)
	}
	keys, err := organisation.Open(o.dir)
	if err != nil {
		t.Fatal(err)
	}
	sealing, err := keys.Sealing[0].Bytes()
	if err != nil {
		t.Fatal(err)
	}
	serverKey, err := os.ReadFile(filepath.Join(o.dir, "organisation", "server.key"))
	if err != nil {
		t.Fatal(err)
	}
	for name, secret := range map[string][]byte{
		"passphrase": []byte(passphrase), "password": []byte(password), "issuing key": keys.Issuing.Seed(), "log key": keys.Log.Seed(),
		"sealing key": sealing, "data key": keys.Data, "server key": serverKey,
	} {
		for _, form := range []string{string(secret), hex.EncodeToString(secret), base64.StdEncoding.EncodeToString(secret), base64.RawURLEncoding.EncodeToString(secret)} {
			if strings.Contains(o.printed.String(), form) {
				t.Errorf("the %s is printed", name)
			}
		}
	}
	if o.printed.Len() < 1000 {
		t.Error("hardly anything was printed: the test looks in the wrong place")
	}
}

func TestTheLettersPictureHoldsTheID(t *testing.T) {
	o := newOffice(t)
	o.must("", "init", "-name", "Linden", "-url", "https://127.0.0.1:8443", "-recovery", filepath.Join(t.TempDir(), "r"), "-no-passphrase")
	picture := filepath.Join(t.TempDir(), "letter.png")
	var letter struct{ ID, File string }
	if err := json.Unmarshal([]byte(o.must("", "letter", "-png", picture, "-json")), &letter); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(picture)
	if err != nil {
		t.Fatal(err)
	}
	text, err := qr.ReadPicture(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	content, err := qr.Parse(text)
	if err != nil || content.OrgID != letter.ID || letter.File != picture {
		t.Errorf("the picture says %q (%v), the letter %+v", text, err, letter)
	}
}

func TestGeneratedPasswordsDiffer(t *testing.T) {
	o := newOffice(t)
	o.must("", "init", "-name", "Linden", "-url", "https://127.0.0.1:8443", "-recovery", filepath.Join(t.TempDir(), "r"), "-no-passphrase")
	seen := map[string]bool{}
	for _, name := range []string{"a", "b"} {
		var made struct{ Password string }
		if err := json.Unmarshal([]byte(o.must("", "user", "add", name, "-first", name, "-generate", "-json")), &made); err != nil {
			t.Fatal(err)
		}
		if len(made.Password) != 23 || seen[made.Password] {
			t.Errorf("a password of %d characters, or one twice", len(made.Password))
		}
		seen[made.Password] = true
	}
}

func TestWhatOthersWroteMovesNoCursor(t *testing.T) {
	o := newOffice(t)
	o.must("", "init", "-name", "Linden", "-url", "https://127.0.0.1:8443", "-recovery", filepath.Join(t.TempDir(), "r"), "-no-passphrase")
	o.do("", "unit", "add", "u", "-name", "No\x1b[2Jrra\u202e")
	if printed := o.must("", "unit", "list"); strings.ContainsAny(printed, "\x1b\u202e") {
		t.Errorf("a unit's name reaches the terminal as %q", printed)
	}
	if _, printed := o.do("", "dance\x1b[2J"); strings.Contains(printed, "\x1b") {
		t.Errorf("an error reaches the terminal as %q", printed)
	}
}
