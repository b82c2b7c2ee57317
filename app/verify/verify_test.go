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

	"golang.org/x/mod/sumdb/tlog"

	"handslag/app/verify"
	"handslag/identity"
	"handslag/identity/signed"
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

// written is a log of so many leaves as connected export tiles writes it: its folder and the checkpoints of all sizes.
func written(t testing.TB, statement []byte, size, generation int) (folder string, notes map[int][]byte) {
	t.Helper()
	var hashes stored
	notes = map[int][]byte{}
	for i := range size {
		leaf := must[audit.Hash](t)(audit.NewLeaf([]byte{byte(i), byte(generation)}, 1).Hash())
		hashes = append(hashes, must[[]audit.Hash](t)(tlog.StoredHashesForRecordHash(int64(i), leaf, hashes))...)
		c := audit.Checkpoint{Org: identity.OrgID(org(t)), Size: int64(i + 1), Root: must[audit.Hash](t)(tlog.TreeHash(int64(i+1), hashes)), Generation: uint64(generation)}
		notes[i+1] = must[[]byte](t)(c.Sign(signedtest.Key(t, 8)))
	}
	pairs := []any{"log/statement", statement, "log/checkpoint", notes[size]}
	if err := audit.Tiles(int64(size), func(tile audit.Tile) error {
		pairs = append(pairs, "log/"+tile.Path(), must[[]byte](t)(tile.Read(hashes)))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return filepath.Dir(files(t, pairs...)[0]), notes
}

type stored []audit.Hash

func (s stored) ReadHashes(at []int64) (out []audit.Hash, err error) {
	for _, i := range at {
		out = append(out, s[i])
	}
	return out, nil
}

// restated is the golden bundle's statement, said anew by its root key.
func restated(t testing.TB, change func(*identity.Statement)) []byte {
	t.Helper()
	b := must[evidence.Bundle](t)(evidence.Decode(golden(t)))
	s := must[identity.Statement](t)(identity.OpenStatement(b.Statement, b.Org))
	change(&s)
	return must[[]byte](t)(signed.Sign(signed.DomainStatement, signedtest.Key(t, 1), s))
}

// What is compared is compared in every direction, and what can not be is said to be.
func TestEverythingIsComparedOrSaidNotToBe(t *testing.T) {
	plain := restated(t, func(*identity.Statement) {})
	restored := restated(t, func(s *identity.Statement) {
		s.Number, s.Generations = 2, []identity.LogGeneration{{Number: 2, Size: 4, Root: make([]byte, 32)}}
	})
	folder, own := written(t, plain, 9, 1)
	shorter, _ := written(t, plain, 6, 1)
	after, later := written(t, restored, 9, 2)
	for what, c := range map[string]struct {
		files []any // paths of folders, notes to write
		code  int
		says  string
	}{
		"tiles and a smaller checkpoint of theirs":                   {[]any{folder, own[5]}, 0, "Everything that is here holds"},
		"tiles and a smaller one of another log":                     {[]any{folder, later[5]}, 1, "the log was rewritten"},
		"tiles and another over as many":                             {[]any{folder, later[9]}, 1, "there were two logs"},
		"tiles that end before the checkpoint":                       {[]any{shorter, own[9]}, 0, "NOT COMPARED"},
		"the same, in one file with one that they prove":             {[]any{shorter, bytes.Join([][]byte{own[5], own[9]}, []byte("\n"))}, 0, "NOT COMPARED"},
		"two sizes and no tiles":                                     {[]any{plain, own[5], own[9]}, 0, "NOT COMPARED"},
		"one alone":                                                  {[]any{plain, own[5]}, 0, "Everything that is here holds.\n"},
		"a restored log and what was lost":                           {[]any{after, own[5]}, 0, "NOT COMPARED"},
		"a restored log and as much as was lost":                     {[]any{after, own[9]}, 0, "NOT COMPARED"},
		"a restored log and what the backup had, which it has not":   {[]any{after, own[4]}, 1, "the log was rewritten"},
		"a restored log's own":                                       {[]any{after, later[5]}, 0, "Everything that is here holds"},
		"what was lost of it contradicts itself":                     {[]any{after, note(t, 9, 1), note(t, 9, 2)}, 1, "there were two logs"},
		"what was lost, while nobody says that the log was restored": {[]any{folder, later[9]}, 1, "there were two logs"},
	} {
		var args []string
		for _, f := range c.files {
			if data, is := f.([]byte); is {
				f = files(t, "one", data)[0]
			}
			args = append(args, f.(string))
		}
		code, out, errs := run(append([]string{org(t)}, args...)...)
		if code != c.code || !strings.Contains(out, c.says) || errs != "" || code == 0 && strings.Contains(out, "NOT COMPARED") != (c.says == "NOT COMPARED") {
			t.Errorf("%s: %d\n%s%s", what, code, out, errs)
		}
	}
}

// Whose keys count says the newest statement, wherever it stands.
func TestTheNewestStatementCounts(t *testing.T) {
	rotated := restated(t, func(s *identity.Statement) {
		s.Number, s.Log = 2, append([]signed.Key{signedtest.Key(t, 9).Public()}, s.Log...)
	})
	c := audit.Checkpoint{Org: identity.OrgID(org(t)), Size: 5}
	paths := files(t, "old", restated(t, func(*identity.Statement) {}), "new", rotated, "note", must[[]byte](t)(c.Sign(signedtest.Key(t, 9))))
	for what, row := range map[string]struct {
		args []string
		code int
	}{"before": {[]string{paths[1], paths[0], paths[2]}, 0}, "behind": {[]string{paths[0], paths[2], paths[1]}, 0}, "not at all": {[]string{paths[0], paths[2]}, 1}} {
		if code, out, _ := run(append([]string{org(t)}, row.args...)...); code != row.code {
			t.Errorf("it stands %s: %d\n%s", what, code, out)
		}
	}
}

// A folder of which a part is not what it should be does not hold.
func TestAFolderIsWholeOrItIsTold(t *testing.T) {
	statement := restated(t, func(*identity.Statement) {})
	theirs := must[[]byte](t)(signed.Sign(signed.DomainStatement, signedtest.Key(t, 9), func() (s identity.Statement) {
		s = must[identity.Statement](t)(identity.OpenStatement(statement, identity.OrgID(org(t))))
		s.Root = signedtest.Key(t, 9).Public()
		return s
	}()))
	for what, c := range map[string]struct {
		change func(folder string) error
		says   string
	}{
		"nothing is wrong":       {func(string) error { return nil }, "Everything that is here holds"},
		"another organisation's": {func(folder string) error { return os.WriteFile(filepath.Join(folder, "statement"), theirs, 0o600) }, "the statement in it is not"},
		"no checkpoint":          {func(folder string) error { return os.Remove(filepath.Join(folder, "checkpoint")) }, "its checkpoint can not be read"},
		"a checkpoint of another's key": {func(folder string) error {
			c := audit.Checkpoint{Org: identity.OrgID(org(t)), Size: 9}
			return os.WriteFile(filepath.Join(folder, "checkpoint"), must[[]byte](t)(c.Sign(signedtest.Key(t, 9))), 0o600)
		}, "no log key of the organisation has signed it"},
		"a checkpoint that is a folder": {func(folder string) error {
			return errors.Join(os.Remove(filepath.Join(folder, "checkpoint")), os.Mkdir(filepath.Join(folder, "checkpoint"), 0o700))
		}, "it is no file"},
	} {
		folder, _ := written(t, statement, 9, 1)
		if err := c.change(folder); err != nil {
			t.Fatal(err)
		}
		if code, out, errs := run(org(t), folder); (code == 0) != (what == "nothing is wrong") || !strings.Contains(out, c.says) || errs != "" {
			t.Errorf("%s: %d\n%s%s", what, code, out, errs)
		}
	}
}

// What somebody is called moves nobody's cursor, and hides nothing that stands beside it.
func TestANameIsOnlyText(t *testing.T) {
	b := must[evidence.Bundle](t)(evidence.Decode(golden(t)))
	c := must[identity.Credential](t)(identity.OpenCredential(b.Credentials[0], b.Org, []signed.Key{signedtest.Key(t, 2).Public()}))
	c.Person.First, c.Person.Last = "Bo\x1b[2J\r\n", "Ek\u202ekE\u2066"
	b.Credentials[0] = must[[]byte](t)(signed.Sign(signed.DomainCredential, signedtest.Key(t, 2), c))
	code, out, _ := run(org(t), files(t, "b", must[[]byte](t)(b.Encode()))[0])
	if code != 0 || !strings.Contains(out, "Bo") || strings.ContainsAny(out, "\x1b\r\u202e\u2066") {
		t.Errorf("%d: %q", code, out)
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
