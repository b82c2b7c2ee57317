package verify_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"handslag/app/verify"
	"handslag/identity"
	"handslag/identity/signed/signedtest"
	"handslag/vault/journal/audit"
	"handslag/vault/journal/evidence"
)

// What real servers export, and what is done to them, stands in app/connected; here is what somebody may hand in.

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// golden is the bundle that the format's own vector is.
func golden(t testing.TB) []byte {
	t.Helper()
	text := must[[]byte](t)(os.ReadFile("../../vault/journal/evidence/testdata/bundle.hex"))
	return must[[]byte](t)(hex.DecodeString(strings.Join(strings.Fields(string(text)), "")))
}

func org(t testing.TB) string { return string(identity.OrgIDOf(signedtest.Key(t, 1).Public())) }

// files writes them to a folder of their own and returns their paths, in the order of pairs of name and content.
func files(t testing.TB, pairs ...any) (paths []string) {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(pairs); i += 2 {
		path := filepath.Join(dir, pairs[i].(string))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, pairs[i+1].([]byte), 0o600)); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}

func run(args ...string) (code int, out, errs string) {
	var o, e bytes.Buffer
	code = verify.Run(&o, &e, args)
	return code, o.String(), e.String()
}

// note is a checkpoint by the log key, whatever it is of.
func note(t testing.TB, size int64, root byte) []byte {
	id := identity.OrgIDOf(signedtest.Key(t, 1).Public())
	return must[[]byte](t)(audit.Checkpoint{Org: id, Size: size, Root: audit.Hash{root}}.Sign(signedtest.Key(t, 8)))
}

func TestABundleHoldsOnItsOwn(t *testing.T) {
	path := files(t, "case.evidence", golden(t))[0]
	code, out, errs := run(org(t), path)
	for _, want := range []string{"Bostads AB Linden", "entry 3  record.opened  by F L (bo.ek)", "its device has a receipt", "F L (anna.lind) on device", "Everything that is here holds"} {
		if code != 0 || errs != "" || !strings.Contains(out, want) {
			t.Errorf("%d, without %q:\n%s%s", code, want, out, errs)
		}
	}
	grouped := identity.OrgID(org(t)).Grouped()
	code, out, _ = run("-json", grouped, path)
	var r verify.Result
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != 0 || len(r.Inputs) != 1 || len(r.Inputs[0].Entries) != 2 || len(r.Inputs[0].Witnesses) != 2 {
		t.Errorf("%d, %v: %s", code, err, out)
	}
}

func TestWhatDoesNotHoldIsTold(t *testing.T) {
	b := must[evidence.Bundle](t)(evidence.Decode(golden(t)))
	statement := b.Statement
	seen, _, err := audit.SplitCosigned(b.Trail[0].Note)
	if err != nil {
		t.Fatal(err)
	}
	damaged := bytes.Clone(golden(t))
	damaged[len(damaged)/2] ^= 1
	forged := must[[]byte](t)(audit.Checkpoint{Org: b.Org, Size: 5}.Sign(signedtest.Key(t, 9)))
	pair := func(notes ...[]byte) []byte { return bytes.Join(notes, []byte("\n")) }
	for what, c := range map[string]struct {
		files []any
		want  string // nothing: it holds
	}{
		"nothing but a statement":            {[]any{"s", statement}, ""},
		"checkpoints that a device has kept": {[]any{"s", statement, "notes", pair(seen, note(t, 5, 1))}, ""},
		"two of them contradict each other":  {[]any{"s", statement, "notes", pair(note(t, 5, 1), note(t, 5, 2))}, "there were two logs"},
		"one contradicts the evidence":       {[]any{"b", golden(t), "notes", note(t, 11, 1)}, "there were two logs"},
		"one is of another key":              {[]any{"s", statement, "notes", pair(seen, forged)}, "checkpoint 2: no log key"},
		"nobody says whose keys count":       {[]any{"notes", seen}, "whose keys count is not known"},
		"a bundle is damaged":                {[]any{"b", damaged}, "PROBLEM"},
		"a file is nothing":                  {[]any{"x", []byte("hello")}, "nothing that can be checked"},
		"a file is empty":                    {[]any{"x", []byte{}}, "nothing that can be checked"},
		"a file has no end":                  {[]any{"x", make([]byte, evidence.Limit+1)}, "can not be read"},
		"a folder has no statement":          {[]any{"log/checkpoint", seen}, "can not be read"},
	} {
		paths := files(t, c.files...)
		for i, path := range paths {
			if strings.HasSuffix(path, "log/checkpoint") {
				paths[i] = filepath.Dir(path)
			}
		}
		code, out, errs := run(append([]string{org(t)}, paths...)...)
		if (code == 0) != (c.want == "") || !strings.Contains(out, c.want) || errs != "" {
			t.Errorf("%s: %d\n%s%s", what, code, out, errs)
		}
	}
	other := string(identity.OrgIDOf(signedtest.Key(t, 9).Public()))
	if code, out, _ := run(other, files(t, "b", golden(t))[0]); code != 1 || !strings.Contains(out, "for this organisation") {
		t.Errorf("it counts for another organisation: %d, %s", code, out)
	}
}

// A folder from somebody else reaches nothing outside it, and its tiles are the checkpoint's or none.
func TestAFolderIsReadInsideItself(t *testing.T) {
	b := must[evidence.Bundle](t)(evidence.Decode(golden(t)))
	seen, _, err := audit.SplitCosigned(b.Trail[0].Note)
	if err != nil {
		t.Fatal(err)
	}
	paths := files(t, "log/statement", b.Statement, "log/checkpoint", seen, "outside", make([]byte, 11*32))
	folder := filepath.Dir(paths[0])
	if err := os.MkdirAll(filepath.Join(folder, "tile", "0", "000.p"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(paths[2], filepath.Join(folder, "tile", "0", "000.p", "11")); err != nil {
		t.Skip(err)
	}
	if code, out, _ := run(org(t), folder); code != 1 || !strings.Contains(out, "escapes") {
		t.Errorf("%d: %s", code, out)
	}
}

func TestTheCommandLineIsExplained(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{nil, 2, "usage"}, {[]string{org(t)}, 2, "usage"}, {[]string{"-x", "y", "z"}, 2, "usage"},
		{[]string{"HKP4", "file"}, 2, "check characters"}, {[]string{"-h"}, 0, "Exit codes"},
	} {
		code, out, errs := run(c.args...)
		if code != c.code || !strings.Contains(out+errs, c.want) {
			t.Errorf("%v: %d, %s%s", c.args, code, out, errs)
		}
	}
}
