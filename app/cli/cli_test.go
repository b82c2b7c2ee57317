package cli_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"handslag/app/agent"
	"handslag/app/cli"
	"handslag/app/cli/console"
	"handslag/assets"
	"handslag/identity/qr"
	"handslag/vault"
	"handslag/vault/factor"
	"handslag/vault/factor/factortest"
)

// device is an empty profile folder and what its program said.
type device struct {
	*testing.T
	home     string
	secrets  []string
	out, err bytes.Buffer
}

func (d *device) run(in string, args ...string) int {
	d.Helper()
	d.out.Reset()
	d.err.Reset()
	return cli.Main(context.Background(), args, console.Surroundings{
		In: strings.NewReader(in), Out: &d.out, Err: &d.err,
		Getenv: func(name string) string { return map[string]string{"HOME": d.home}[name] },
		Descriptor: func(n int) (io.Reader, error) {
			if n < 3 || n-3 >= len(d.secrets) {
				return nil, os.ErrInvalid
			}
			return strings.NewReader(d.secrets[n-3]), nil
		},
		Adjust: func(c *agent.Config) { // and of the machine that the tests run on nothing is asked
			away := &factortest.Keyring{}
			away.Away(true)
			noChip := factor.TPMAt(func() (io.ReadWriteCloser, error) { return nil, factor.ErrAway })
			c.VaultOptions, c.Keyring = vault.Options{CheapForTests: true, Keyring: away, TPM: noChip}, away
		},
	})
}

func newDevice(t *testing.T) *device { return &device{T: t, home: t.TempDir()} }

var names = []string{
	"organisation check", "enrol", "me", "status", "sync", "outbox list", "outbox export", "outbox import", "records", "open", "assignments", "assignment", "edit", "note", "choose", "done", "export-signature",
	"verify-signature", "verify", "events", "log", "passphrase", "session", "protection", "factors", "notices", "start-again", "wipe", "find", "sign-in", "log-evidence", "log-feed", "evidence", "witnesses", "orders",
	"attachments", "attachments open", "attachments export", "attachments fetch", "attach",
}

func TestEveryCommandHelps(t *testing.T) {
	d := newDevice(t)
	if d.run("", "-h") != 0 {
		t.Fatal(d.err.String())
	}
	list := d.out.String()
	for _, name := range names {
		if !strings.Contains(list, "\n  "+name+" ") {
			t.Errorf("help does not list %s", name)
		}
		for _, lang := range []string{"sv", "en"} {
			if status := d.run("", append([]string{"-lang", lang}, append(strings.Fields(name), "-h")...)...); status != 0 {
				t.Errorf("%s -h: status %d", name, status)
			}
			said := d.out.String()
			for _, part := range []string{"handslagctl " + name, "-json", "-vault"} {
				if !strings.Contains(said, part) {
					t.Errorf("%s -h in %s does not say %q", name, lang, part)
				}
			}
			if strings.Contains(said, "cli.") || strings.Count(said, "handslagctl "+name) < 2 {
				t.Errorf("%s -h in %s lacks a sentence or its example:\n%s", name, lang, said)
			}
		}
	}
	if entries, err := os.ReadDir(d.home); err != nil || len(entries) != 0 {
		t.Error("asking for help wrote files")
	}
}

func TestNoSecretHasAFlag(t *testing.T) {
	d := newDevice(t)
	for _, name := range names {
		d.run("", append(strings.Fields(name), "-h")...)
		for line := range strings.Lines(d.out.String()) {
			flag := strings.TrimSpace(line)
			if strings.HasPrefix(flag, "-pass") && !strings.Contains(strings.Fields(flag)[0], "-fd") {
				t.Errorf("%s takes a secret on the command line: %s", name, flag)
			}
		}
	}
}

func TestMistakesOnTheCommandLine(t *testing.T) {
	d := newDevice(t)
	for _, args := range [][]string{
		{"fly"}, {"-what"}, {"open"}, {"open", "a", "b"}, {"open", "r-1", "-reason", "x", "-assignment", "U-1"}, {"enrol"},
		{"organisation"}, {"organisation", "check"}, {"verify", "-show", "-scan", "x.png"}, {"verify", "-qr", "x.png", "-scan", "y.png"},
		{"-lang", "fi", "me"}, {"enrol", "-oidc", "-username", "bo.ek", "-organisation", "x"}, {"sign-in", "x"}, {"log-feed", "x"}, {"me", "-lang", "fi"}, {"events", "-limit", "0"}, {"done"}, {"export-signature", "U-1"},
		{"-directory-ca", "/no/such/file", "status"}, {"me", "-passphrase-fd"},
		{"find"}, {"find", "070", "-reason", "x", "-assignment", "U-1"}, {"factors"}, {"factors", "kvanta"}, {"factors", "tpm,tpm"},
		{"wipe", "en fras"}, {"start-again", "x"}, {"protection", "x"}, {"notices", "x"},
	} {
		if status := d.run("", args...); status != 2 {
			t.Errorf("%q: status %d, not 2; %s", args, status, d.err.String())
		}
		if d.err.Len() == 0 || d.out.Len() != 0 {
			t.Errorf("%q says nothing on the right stream", args)
		}
	}
}

func TestProblemsAreSentences(t *testing.T) {
	d := newDevice(t)
	d.secrets = []string{"en lösenfras som duger"}
	slip := []string{"organisation", "check", "AAAA", "-directory", "https://127.0.0.1:1"}
	if status := d.run("", slip...); status != 1 {
		t.Errorf("status %d", status)
	}
	for _, part := range []string{"Organisations-id", "Tryggt: ", "Gör så här: ", "(org_id_slip)"} {
		if !strings.Contains(d.err.String(), part) {
			t.Errorf("%q is missing in %q", part, d.err.String())
		}
	}
	d.run("", append([]string{"-lang", "en", "-json"}, slip...)...)
	if !strings.HasPrefix(d.err.String(), `{"code":"org_id_slip","what":"`) {
		t.Errorf("with -json: %s", d.err.String())
	}
	for _, args := range [][]string{{"me"}, {"sync"}, {"session"}, {"records"}, {"log"}} {
		if status := d.run("", append([]string{"-passphrase-fd", "3"}, args...)...); status != 1 || !strings.Contains(d.err.String(), "(not_enrolled)") {
			t.Errorf("%q on a new device: status %d, %s", args, status, d.err.String())
		}
	}
}

func TestEveryProblemHasItsSentences(t *testing.T) {
	for _, lang := range assets.Languages() {
		for _, code := range agent.Codes() {
			for _, part := range []string{".what", ".safe", ".do"} {
				if !lang.Knows("problem." + string(code) + part) {
					t.Errorf("%s: problem.%s%s has no sentence", lang, code, part)
				}
			}
		}
	}
}

func TestStatusNeedsNoPassphraseAndAnOrganisationReadsFromItsLetter(t *testing.T) {
	d := newDevice(t)
	if d.run("", "status", "-json") != 0 || !strings.Contains(d.out.String(), `"state":"new"`) {
		t.Error(d.out.String(), d.err.String())
	}
	letter := filepath.Join(d.home, "letter.png")
	code, err := qr.Draw("HTTPS://EXAMPLE.COM")
	if err != nil {
		t.Fatal(err)
	}
	if err := qr.WritePicture(letter, code); err != nil {
		t.Fatal(err)
	}
	if status := d.run("", "organisation", "check", "-picture", letter); status != 1 || !strings.Contains(d.err.String(), "not_a_code") {
		t.Errorf("status %d: %s", status, d.err.String())
	}
}
