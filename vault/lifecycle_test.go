package vault

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"handslag/vault/internal/folder"
	"handslag/vault/internal/frame"
	"handslag/vault/internal/seal"
)

func TestAVaultOpensWithItsPassphraseOnly(t *testing.T) {
	w := newWorld(t)
	must(t, w.vault.Close())
	for range 3 {
		if _, err := Open(w.dir, []byte("fel"), cheap); !errors.Is(err, ErrPassphrase) {
			t.Fatalf("a wrong passphrase: %v", err)
		}
	}
	w.reopen()
	if n, err := w.vault.Attempts(); err != nil || n != 3 {
		t.Errorf("wrong passphrases counted: %d, %v", n, err)
	}
	w.reopen()
	if n, _ := w.vault.Attempts(); n != 3 {
		t.Errorf("the count is forgotten before it was told: %d", n)
	}
	must(t, w.vault.ForgetAttempts())
	w.reopen()
	if n, _ := w.vault.Attempts(); n != 0 {
		t.Errorf("the count after it was told: %d", n)
	}
	must(t, os.WriteFile(filepath.Join(w.dir, folder.Attempts), []byte("x"), folder.FileMode))
	if n, _ := w.vault.Attempts(); n != 1 {
		t.Errorf("a count that somebody scratched out: %d", n)
	}
	p, err := w.vault.Profile()
	if err != nil || p.Person.Name() != "Anna Lindqvist" {
		t.Errorf("profile: %+v, %v", p, err)
	}
}

func TestSwedishLettersAreTheSameFromEveryKeyboard(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "v")
	v, err := Create(dir, []byte("korrekt h\u00e4st \xff"), cheap)
	must(t, err)
	must(t, v.Close())
	for what, typed := range map[string]string{
		"a letter and its dots apart":   "korrekt ha\u0308st \xff",
		"a space typed with Alt held":   "korrekt\u00a0h\u00e4st \xff",
		"a space of an East Asian line": "korrekt h\u00e4st\u3000\xff",
	} {
		if v, err = Open(dir, []byte(typed), cheap); err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		must(t, v.Close())
	}
	for what, typed := range map[string]string{
		"no space at all":            "korrekth\u00e4st\xff",
		"another byte that is none":  "korrekt h\u00e4st \xfe",
		"the sign for a broken byte": "korrekt h\u00e4st \ufffd",
		"another letter's look":      "k\u043errekt h\u00e4st \xff",
	} {
		if _, err = Open(dir, []byte(typed), cheap); !errors.Is(err, ErrPassphrase) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestAFolderSaysWhatStandsInIt(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "v")
	expect := func(want State) {
		t.Helper()
		if got, err := Exists(dir); err != nil || got != want {
			t.Fatalf("state %d, %v; want %d", got, err, want)
		}
	}
	expect(None)
	if _, err := Open(dir, passphrase, cheap); !errors.Is(err, ErrNotFound) {
		t.Fatalf("no vault: %v", err)
	}
	if _, err := Create(dir, nil, cheap); err == nil {
		t.Fatal("an empty passphrase is taken")
	}
	v, err := Create(dir, passphrase, cheap)
	must(t, err)
	expect(Enrolling)
	if _, err := Create(dir, passphrase, cheap); !errors.Is(err, ErrOpenElsewhere) {
		t.Fatalf("a second create: %v", err)
	}
	must(t, v.SaveProfile(Profile{Request: []byte("r")}, nil))
	expect(Enrolling)
	if err := v.SaveProfile(Profile{Credential: []byte("c")}, nil); err == nil {
		t.Fatal("a credential without keys is taken")
	}
	w := newWorld(t)
	must(t, v.SaveProfile(Profile{Credential: []byte("c")}, w.keys))
	expect(Ready)
	must(t, v.Close())
	if _, err := Create(dir, passphrase, cheap); !errors.Is(err, ErrExists) {
		t.Fatalf("create over a vault: %v", err)
	}
	expect(Ready)
	must(t, os.Remove(filepath.Join(dir, folder.Header)))
	if _, err := Exists(dir); !errors.Is(err, ErrDamaged) {
		t.Fatalf("a profile whose header is gone: %v", err)
	}
	if _, err := Create(dir, passphrase, cheap); !errors.Is(err, ErrDamaged) {
		t.Fatalf("create over it: %v", err)
	}
}

func TestAnInterruptedCreateIsDoneAnew(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "v")
	v, err := Create(dir, passphrase, cheap)
	must(t, err)
	must(t, v.Close())
	must(t, os.Remove(filepath.Join(dir, folder.Header))) // as if the header had not been written yet
	v, err = Create(dir, passphrase, cheap)
	must(t, err)
	must(t, v.Close())
	v, err = Open(dir, passphrase, cheap)
	must(t, err)
	must(t, v.Close())
}

func TestOneOpensAtATime(t *testing.T) {
	w := newWorld(t)
	if _, err := Open(w.dir, passphrase, cheap); !errors.Is(err, ErrOpenElsewhere) {
		t.Fatalf("a second opener: %v", err)
	}
	if n, _ := w.vault.Attempts(); n != 0 {
		t.Error("a second opener counts as a wrong passphrase")
	}
	w.reopen()
}

func TestALockedVaultGivesNothing(t *testing.T) {
	w := newWorld(t)
	root, keys := w.vault.root, w.keys
	must(t, w.vault.Close())
	must(t, w.vault.Close())
	_, errRecord := w.vault.Record(rita)
	_, errKeys := w.vault.Keys()
	_, errSubject := w.vault.SubjectKey(ritaS)
	_, errSegments := w.vault.SegmentKeys()
	_, errProfile := w.vault.Profile()
	_, errPart := w.open(nil, rita, morning)
	for _, err := range []error{errRecord, errKeys, errSubject, errSegments, errProfile, errPart,
		w.vault.SaveProfile(Profile{}, nil), w.vault.ForgetAttempts(), w.vault.Update(func(*Tx) error { return nil }), w.vault.ResetView()} {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("a locked vault: %v", err)
		}
	}
	if string(root) != string(make([]byte, seal.KeySize)) {
		t.Error("the root key is still in memory")
	}
	if _, err := keys.Sign("x", 1); err == nil {
		t.Error("the device's key still signs")
	}
}

func TestAForeignNewerOrDamagedFileIsNamed(t *testing.T) {
	for _, name := range []string{folder.Header, folder.Profile} {
		w := newWorld(t)
		must(t, w.vault.Close())
		path := filepath.Join(w.dir, name)
		whole, err := os.ReadFile(path)
		must(t, err)
		newer := append([]byte(nil), whole[:len(whole)-sha256.Size]...)
		binary.BigEndian.PutUint16(newer[len(frame.Magic)+2:], 7)
		sum := sha256.Sum256(newer)
		for what, c := range map[string]struct {
			data []byte
			want error
		}{
			"a file of a newer program": {append(newer, sum[:]...), ErrFormat},
			"another program's file":    {[]byte("SQLite format 3\x00 and more and more and more and more"), ErrFormat},
			"an empty file":             {nil, ErrDamaged},
			"half a file":               {whole[:len(whole)/2], ErrDamaged},
			"a file with a tail":        {append(append([]byte(nil), whole...), 0), ErrDamaged},
			"a huge file":               {make([]byte, profileLimit+1), ErrDamaged},
		} {
			must(t, os.WriteFile(path, c.data, folder.FileMode))
			if _, err := Open(w.dir, passphrase, cheap); !errors.Is(err, c.want) {
				t.Errorf("%s: %s: %v", name, what, err)
			}
		}
		must(t, os.WriteFile(path, whole, folder.FileMode))
		for _, at := range []int{len(frame.Magic), len(frame.Magic) + 1, frame.HeadSize + 3, len(whole) / 2, len(whole) - 1} {
			flip(t, path, at)
			if _, err := Open(w.dir, passphrase, cheap); !errors.Is(err, ErrDamaged) {
				t.Errorf("%s: bit flipped at %d: %v", name, at, err)
			}
			flip(t, path, at)
		}
		w.reopen()
	}
}

func TestTheFolderIsForItsOwnerOnly(t *testing.T) {
	w := newWorld(t)
	w.put(w.copy(rita, ritaS, 1, morning+1))
	must(t, w.vault.Close())
	must(t, filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		must(t, err)
		info, err := d.Info()
		must(t, err)
		if want := map[bool]fs.FileMode{true: folder.Mode, false: folder.FileMode}[d.IsDir()]; info.Mode().Perm() != want {
			t.Errorf("%s: %o", d.Name(), info.Mode().Perm())
		}
		return nil
	}))
}

func TestAFullDiskIsSaidBeforeAnythingIsWritten(t *testing.T) {
	w := newWorld(t)
	w.put(w.copy(rita, ritaS, 1, morning+1))
	free := uint64(1 << 40)
	w.vault.folder.Free = func(string) (uint64, error) { return free, nil }
	w.vault.bag.Log.Folder = w.vault.folder
	free = folder.ViewReserve
	if _, err := w.vault.PutRecords([]RecordCopy{w.copy(rita, ritaS, 2, morning+2)}); !errors.Is(err, ErrFull) {
		t.Errorf("put a record: %v", err)
	}
	if _, err := w.vault.SubjectKey("somebody-else"); err != nil {
		t.Errorf("a small file, which there is room for: %v", err)
	}
	free = folder.FileReserve
	p, err := w.vault.Profile()
	must(t, err)
	if err := w.vault.SaveProfile(p, nil); !errors.Is(err, ErrFull) {
		t.Errorf("save the profile: %v", err)
	}
	if _, err := w.vault.SubjectKey("a-third"); !errors.Is(err, ErrFull) {
		t.Errorf("a new subject's key: %v", err)
	}
	if row, err := w.vault.Record(rita); err != nil || row.Number != 1 {
		t.Errorf("what is there can be read: %+v, %v", row, err)
	}
	must(t, w.vault.Close())
	full := Options{FreeSpace: func(string) (uint64, error) { return 0, nil }}
	w.vault, err = Open(w.dir, passphrase, full)
	must(t, err)
	if row, err := w.vault.Record(rita); err != nil || row.Number != 1 {
		t.Errorf("what is there can be read after an unlock: %+v, %v", row, err)
	}
	if err := w.vault.Room(); !errors.Is(err, ErrFull) {
		t.Errorf("there is room: %v", err)
	}
	if _, err := Create(filepath.Join(t.TempDir(), "v"), passphrase, full); !errors.Is(err, ErrFull) {
		t.Errorf("create: %v", err)
	}
	w.reopen()
	if _, err := w.vault.SubjectKey("a-third"); err != nil {
		t.Errorf("there is room again: %v", err)
	}
}
