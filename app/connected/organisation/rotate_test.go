package organisation

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"handslag/identity"
	"handslag/identity/signed"
)

// seat is an organisation that rotates its keys, a minute after each other.
type seat struct {
	t             *testing.T
	dir, recovery string
	now           time.Time
}

func newSeat(t *testing.T) *seat {
	t.Helper()
	s := &seat{t: t, dir: filepath.Join(t.TempDir(), "server"), recovery: filepath.Join(t.TempDir(), "recovery"), now: time.UnixMicro(1_795_244_400_000_000)}
	if _, err := Init(Plan{Dir: s.dir, Name: "Linden", URL: "https://localhost", Recovery: s.recovery, Now: s.now}); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *seat) open() *Keys {
	s.t.Helper()
	keys, err := Open(s.dir)
	if err != nil {
		s.t.Fatal(err)
	}
	return keys
}

func (s *seat) rotates(what Rotation) *Keys {
	s.t.Helper()
	s.now = s.now.Add(time.Minute)
	if _, err := Reissue(s.dir, s.recovery, nil, Changes{Rotate: what}, s.now); err != nil {
		s.t.Fatal(err)
	}
	return s.open()
}

func (s *seat) files() map[string][]byte {
	s.t.Helper()
	all := map[string][]byte{}
	for _, name := range []string{keysFile, certFile, statementFile} {
		data, err := os.ReadFile(filepath.Join(s.dir, folderName, name))
		if err != nil {
			s.t.Fatal(err)
		}
		all[name] = data
	}
	return all
}

func same(a, b []signed.Key) bool {
	for i := range a {
		if i >= len(b) || !a[i].Equal(b[i]) {
			return false
		}
	}
	return len(a) == len(b)
}

// Each rotation puts one new key in its place, leaves the others where they were, and what the former one has signed
// or opens stays good.
func TestARotationChangesOneKeyAndLosesNone(t *testing.T) {
	s := newSeat(t)
	first := s.open()
	sealed, err := identity.Seal(first.Statement.Sealing[0], "test", []byte("segment key"))
	if err != nil {
		t.Fatal(err)
	}
	for _, what := range []Rotation{RotateLog, RotateSealing, RotateIssuing, RotateTLS, RotateSealing, RotateSealing, RotateLog, RotateTLS, RotateIssuing} {
		before := s.open()
		after := s.rotates(what)
		was, is := before.Statement, after.Statement
		if is.Number != was.Number+1 {
			t.Errorf("%s: statement %d after %d", what, is.Number, was.Number)
		}
		issuing, log := was.Issuing, was.Log
		switch what {
		case RotateTLS: // who has the former statement knows the key that serves now
			if !bytes.Equal(is.TLS[0], was.TLS[1]) || bytes.Equal(is.TLS[1], was.TLS[0]) || bytes.Equal(is.TLS[1], was.TLS[1]) || len(is.TLS) != 2 {
				t.Errorf("tls: %x after %x", is.TLS, was.TLS)
			}
		case RotateIssuing:
			issuing = append([]signed.Key{after.Issuing.Public()}, issuing...)
		case RotateLog:
			log = append([]signed.Key{after.Log.Public()}, log...)
		case RotateSealing:
			if bytes.Equal(is.Sealing[0].Bytes, was.Sealing[0].Bytes) || !bytes.Equal(is.Sealing[1].Bytes, was.Sealing[0].Bytes) || len(is.Sealing) != keptSealing {
				t.Errorf("sealing: %d keys, or not the new one first and the former behind it", len(is.Sealing))
			}
		}
		if !same(is.Issuing, issuing) || !same(is.Log, log) {
			t.Errorf("%s: issuing or log keys are others", what)
		}
		if what != RotateTLS && !bytes.Equal(is.TLS[0], was.TLS[0]) || what != RotateSealing && !bytes.Equal(is.Sealing[0].Bytes, was.Sealing[0].Bytes) {
			t.Errorf("%s: TLS or sealing key is another", what)
		}
		if !bytes.Equal(identity.PinOf(after.TLS.Leaf), is.TLS[0]) {
			t.Errorf("%s: what serves is not what the statement pins", what)
		}
		for i, key := range after.FormerLog {
			if !key.Public().Equal(is.Log[1+i]) {
				t.Errorf("%s: former log key %d signs in another's place", what, i)
			}
		}
		safe, err := OpenRecovery(s.recovery, nil)
		if err != nil {
			t.Fatal(err)
		}
		for who, keys := range map[string][]*identity.SealPrivate{"the server": after.Sealing, "the recovery file": safe.Sealing} {
			if !bytes.Equal(keys[0].Public().Bytes, is.Sealing[0].Bytes) {
				t.Errorf("%s: %s does not have the newest sealing key first", what, who)
			}
			if plain, err := keys[len(keys)-1].Open("test", sealed); err != nil || string(plain) != "segment key" {
				t.Errorf("%s: %s does not open any more what was sealed to the first key: %v", what, who, err)
			}
		}
		safe.Root.Destroy()
	}
	if last := s.open(); len(last.FormerLog) != 2 || len(last.Statement.Issuing) != 3 {
		t.Errorf("%d former log keys sign, %d issuing keys hold", len(last.FormerLog), len(last.Statement.Issuing))
	}
	if _, err := Reissue(s.dir, s.recovery, nil, Changes{Rotate: "wheel"}, s.now); !errors.Is(err, ErrRotation) {
		t.Errorf("a wheel: %v", err)
	}
}

// A rotation that is cut off after any of its steps leaves an organisation that opens, under the former statement or
// the new one.
func TestARotationThatIsCutOffOpens(t *testing.T) {
	for _, what := range []Rotation{RotateTLS, RotateSealing, RotateIssuing, RotateLog} {
		s := newSeat(t)
		before := s.files()
		s.rotates(what)
		after := s.files()
		steps := []string{keysFile, certFile, statementFile}
		for done := range len(steps) + 1 {
			for i, name := range steps {
				data := before[name]
				if i < done {
					data = after[name]
				}
				if err := os.WriteFile(filepath.Join(s.dir, folderName, name), data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			keys, err := Open(s.dir)
			if err != nil {
				t.Errorf("%s, %d of %d steps: %v", what, done, len(steps), err)
			} else if want := uint64(1 + done/len(steps)); keys.Statement.Number != want {
				t.Errorf("%s, %d of %d steps: statement %d", what, done, len(steps), keys.Statement.Number)
			}
		}
	}
}

// However often one key is replaced, the others stay; and what the statement has no more room for is refused before
// anything is written.
func TestNoRotationPushesAnotherKeyOut(t *testing.T) {
	s := newSeat(t)
	keys := s.open()
	statement, ring := keys.Statement, keys.ring.clone()
	for range 2 * keysMost {
		former := statement
		if err := errors.Join(rotate(&statement, &ring, RotateTLS), ring.forget(former, statement)); err != nil {
			t.Fatal(err)
		}
	}
	if len(ring.Signing) > 8 {
		t.Errorf("%d keys are kept", len(ring.Signing))
	}
	cert, err := ring.certificate(statement.TLS[0], []string{"localhost"}, s.now)
	if err != nil {
		t.Fatal(err)
	}
	if k, err := ring.use(statement, cert); err != nil || !k.Issuing.Public().Equal(keys.Issuing.Public()) || !k.Log.Public().Equal(keys.Log.Public()) {
		t.Errorf("after many TLS keys: %v", err)
	}
	for len(statement.Issuing) < 64 {
		if err := rotate(&statement, &ring, RotateIssuing); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(statement.Check(), rotate(&statement, &ring, RotateIssuing)); err != nil {
		t.Fatal(err)
	}
	if _, err := signStatement(keys.Log, statement); err == nil {
		t.Error("a statement is signed that no device reads")
	}
}

// After a restore the next statement comes after the newest that was ever out: its number, its name and address, and
// whose signatures hold. It has to be the organisation's own.
func TestARestoredOrganisationFollowsItsNewestStatement(t *testing.T) {
	s := newSeat(t)
	older := s.files()
	generation := &identity.LogGeneration{Size: 7, Root: make([]byte, 32)}
	s.rotates(RotateIssuing)
	s.rotates(RotateLog)
	if _, err := Reissue(s.dir, s.recovery, nil, Changes{Name: "Lindens Bostäder", URL: "https://linden.example", Generation: generation}, s.now); err != nil {
		t.Fatal(err)
	}
	newest := s.open()
	for name, data := range older { // all since is lost
		if err := os.WriteFile(filepath.Join(s.dir, folderName, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	foreign := newest.Statement
	foreign.Number = 99
	forged, err := signed.Sign(signed.DomainStatement, newest.Log, foreign)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Reissue(s.dir, s.recovery, nil, Changes{Generation: generation, Newest: forged}, s.now); !errors.Is(err, identity.ErrForeign) {
		t.Errorf("a statement that another key signed: %v", err)
	}
	if _, err := Reissue(s.dir, s.recovery, nil, Changes{Generation: generation, Newest: newest.Signed}, s.now); err != nil {
		t.Fatal(err)
	}
	own := s.open()
	is, was := own.Statement, newest.Statement
	if is.Number != was.Number+1 || is.Name != was.Name || is.URL != was.URL {
		t.Errorf("statement %d of %s at %s", is.Number, is.Name, is.URL)
	}
	if len(is.Generations) != 2 || is.Generations[0].Number != 2 || is.Generations[1].Number != 3 {
		t.Errorf("generations: %+v", is.Generations)
	}
	for what, keys := range map[string][2][]signed.Key{"issuing": {was.Issuing, is.Issuing}, "log": {was.Log, is.Log}} {
		if len(keys[1]) != 2 {
			t.Errorf("%d %s keys", len(keys[1]), what)
		}
		for _, key := range keys[0] {
			if !slices.ContainsFunc(keys[1], key.Equal) {
				t.Errorf("what a lost %s key has signed holds no more", what)
			}
		}
	}
	if !own.Issuing.Public().Equal(is.Issuing[0]) || !own.Log.Public().Equal(is.Log[0]) {
		t.Error("a key that is lost is to sign")
	}
	if _, err := Reissue(s.dir, s.recovery, nil, Changes{Name: "Linden", Newest: newest.Signed}, s.now); err != nil {
		t.Fatal(err)
	}
	if got := s.open().Statement; got.Number != is.Number+1 || got.Name != "Linden" {
		t.Errorf("one that is older takes it back: number %d of %s", got.Number, got.Name)
	}
	for range identity.MaxGenerations {
		if _, err := Reissue(s.dir, s.recovery, nil, Changes{Generation: generation}, s.now); err != nil {
			t.Fatal(err)
		}
	}
	if all := s.open().Statement.Generations; len(all) != identity.MaxGenerations || all[len(all)-1].Number != 3+identity.MaxGenerations {
		t.Errorf("after many restores: %+v", all)
	}
}
