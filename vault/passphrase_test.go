package vault

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"handslag/vault/internal/folder"
	"handslag/vault/internal/header"
)

var newPhrase = []byte("en helt annan fras")

func noEntry() error { return nil }

// opens says whether the vault in dir opens with phrase.
func opens(t *testing.T, dir string, phrase []byte) bool {
	t.Helper()
	v, err := Open(dir, phrase, cheap)
	if errors.Is(err, ErrPassphrase) {
		return false
	}
	must(t, err)
	must(t, v.Close())
	return true
}

// smallFiles are the folder's own files, by name.
func smallFiles(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	entries, err := os.ReadDir(dir)
	must(t, err)
	for _, e := range entries {
		if e.Type().IsRegular() {
			all[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name()))
			must(t, err)
		}
	}
	return all
}

func TestAChangedPassphraseWrapsTheSameRootAndRewritesNothingElse(t *testing.T) {
	w := newWorld(t)
	w.put(w.copy(rita, ritaS, 1, morning+1))
	before := smallFiles(t, w.dir)
	said := 0
	must(t, w.vault.ChangePassphrase(passphrase, newPhrase, func() error {
		said++
		if now := smallFiles(t, w.dir); !bytes.Equal(now[folder.Header], before[folder.Header]) {
			t.Error("the header is replaced before the entry stands")
		}
		return nil
	}))
	if said != 1 {
		t.Errorf("said %d times", said)
	}
	after := smallFiles(t, w.dir)
	old, err := header.Parse(before[folder.Header])
	must(t, err)
	fresh, err := header.Parse(after[folder.Header])
	must(t, err)
	if bytes.Equal(old.KDF.Salt, fresh.KDF.Salt) || bytes.Equal(old.Root, fresh.Root) || !bytes.Equal(old.Vault, fresh.Vault) {
		t.Error("not a new salt and a new wrap of the same vault")
	}
	for name, data := range after {
		if name != folder.Header && !bytes.Equal(data, before[name]) {
			t.Errorf("%s is rewritten", name)
		}
		if bytes.Contains(data, old.Root) || bytes.Contains(data, old.KDF.Salt) {
			t.Errorf("the old wrap lies in %s", name)
		}
	}
	if len(after) != len(before) {
		t.Errorf("%d files, were %d", len(after), len(before))
	}
	if row, err := w.vault.Record(rita); err != nil || row.Number != 1 {
		t.Errorf("the open vault goes on: %+v, %v", row, err)
	}
	must(t, w.vault.ChangePassphrase(newPhrase, []byte("och en tredje"), noEntry))
	must(t, w.vault.ChangePassphrase([]byte("och en tredje"), newPhrase, noEntry))
	must(t, w.vault.Close())
	if opens(t, w.dir, passphrase) {
		t.Error("the old passphrase still opens")
	}
	v, err := Open(w.dir, newPhrase, cheap)
	must(t, err)
	w.vault = v
	if row, err := v.Record(rita); err != nil || row.Number != 1 {
		t.Errorf("the record: %+v, %v", row, err)
	}
	if _, err := v.Keys(); err != nil {
		t.Errorf("the device's keys: %v", err)
	}
}

func TestAChangeThatIsRefusedLeavesTheOldPassphrase(t *testing.T) {
	w := newWorld(t)
	header := smallFiles(t, w.dir)[folder.Header]
	never := func() error { t.Error("an entry for a change that is refused"); return nil }
	if err := w.vault.ChangePassphrase([]byte("fel"), newPhrase, never); !errors.Is(err, ErrPassphrase) {
		t.Errorf("a wrong old passphrase: %v", err)
	}
	if n, err := w.vault.Attempts(); err != nil || n != 1 {
		t.Errorf("attempts counted: %d, %v", n, err)
	}
	if err := w.vault.ChangePassphrase(passphrase, nil, never); !errors.Is(err, ErrPassphrase) {
		t.Errorf("an empty new passphrase: %v", err)
	}
	noJournal := errors.New("no entry can be written")
	if err := w.vault.ChangePassphrase(passphrase, newPhrase, func() error { return noJournal }); !errors.Is(err, noJournal) {
		t.Errorf("without an entry: %v", err)
	}
	free := w.vault.folder.Free
	w.vault.folder.Free = func(string) (uint64, error) { return 0, nil }
	if err := w.vault.ChangePassphrase(passphrase, newPhrase, never); !errors.Is(err, ErrFull) {
		t.Errorf("on a full disk: %v", err)
	}
	w.vault.folder.Free = free
	if n, _ := w.vault.Attempts(); n != 1 {
		t.Errorf("what was no wrong passphrase is counted: %d", n)
	}
	for name, data := range smallFiles(t, w.dir) {
		if name == folder.Header && !bytes.Equal(data, header) || name == folder.Header+folder.NewSuffix {
			t.Errorf("%s is left behind", name)
		}
	}
	foreign := newWorld(t)
	must(t, os.WriteFile(filepath.Join(w.dir, folder.Header), smallFiles(t, foreign.dir)[folder.Header], folder.FileMode))
	if err := w.vault.ChangePassphrase(passphrase, newPhrase, never); !errors.Is(err, ErrDamaged) {
		t.Errorf("under another vault's header: %v", err)
	}
	must(t, os.WriteFile(filepath.Join(w.dir, folder.Header), header, folder.FileMode))
	must(t, w.vault.Close())
	if err := w.vault.ChangePassphrase(passphrase, newPhrase, never); !errors.Is(err, ErrClosed) {
		t.Errorf("locked: %v", err)
	}
	if opens(t, w.dir, newPhrase) || !opens(t, w.dir, passphrase) {
		t.Error("the old passphrase does not open any more, or the new one does")
	}
}

// The moment between entry and rename, held still: the folder as a crash there leaves it.
func TestACrashBeforeTheRenameLeavesTheOldAndNothingOfTheNew(t *testing.T) {
	w := newWorld(t)
	var crashed map[string][]byte
	must(t, w.vault.ChangePassphrase(passphrase, newPhrase, func() error { crashed = smallFiles(t, w.dir); return nil }))
	must(t, w.vault.Close())
	if len(crashed[folder.Header+folder.NewSuffix]) == 0 {
		t.Fatal("the new header is not on disk when its entry is written")
	}
	for name, data := range crashed {
		must(t, os.WriteFile(filepath.Join(w.dir, name), data, folder.FileMode))
	}
	if opens(t, w.dir, newPhrase) || !opens(t, w.dir, passphrase) {
		t.Error("not the old passphrase alone")
	}
	if _, err := os.Stat(filepath.Join(w.dir, folder.Header+folder.NewSuffix)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the half-made change still lies there: %v", err)
	}
}

const (
	crashPhraseEnv = "HANDSLAG_TEST_CRASH_PHRASE"
	crashFromEnv   = "HANDSLAG_TEST_CRASH_FROM"
)

func phrase(n int) []byte { return fmt.Appendf(nil, "lösenfras nummer %d", n) }

// rewrapForEver changes the passphrase from number from on; each line that it prints is a
// change whose entry stands, or one that is done.
func rewrapForEver(dir, from string) {
	fail := func(err error) {
		if err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
	}
	n, err := strconv.Atoi(from)
	fail(err)
	v, err := Open(dir, phrase(n), cheap)
	fail(err)
	for ; ; n++ {
		fail(v.ChangePassphrase(phrase(n), phrase(n+1), func() error { fmt.Println("said", n+1); return nil }))
		fmt.Println("done", n+1)
	}
}

func TestKilledWhileThePassphraseChangesOneOfTheTwoOpens(t *testing.T) {
	w := newWorld(t)
	w.put(w.copy(rita, ritaS, 1, morning+1))
	must(t, w.vault.ChangePassphrase(passphrase, phrase(0), noEntry))
	must(t, w.vault.Close())
	rounds, at, cut := 25, 0, 0
	if testing.Short() {
		rounds = 5
	}
	for round := range rounds {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), crashPhraseEnv+"="+w.dir, crashFromEnv+"="+strconv.Itoa(at))
		out, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		said, done := at, at
		lines := bufio.NewScanner(out)
		for heard := 0; lines.Scan(); heard++ {
			if heard == round%7 {
				must(t, cmd.Process.Kill())
			}
			var what string
			var n int
			if _, err := fmt.Sscan(lines.Text(), &what, &n); err != nil || what != "said" && what != "done" {
				t.Fatalf("the writer says: %s", lines.Text())
			}
			if what == "said" {
				said = n
			} else {
				done = n
			}
		}
		cmd.Wait()
		var works []int
		for n := max(done-1, 0); n <= said+1; n++ {
			if opens(t, w.dir, phrase(n)) {
				works = append(works, n)
			}
		}
		if len(works) != 1 || works[0] < done || works[0] > said {
			t.Fatalf("round %d: change %d was said and %d done; these open: %v", round, said, done, works)
		}
		if at = works[0]; at < said {
			cut++
		}
		for name := range smallFiles(t, w.dir) {
			if name == folder.Header+folder.NewSuffix {
				t.Errorf("round %d: a header under another name", round)
			}
		}
	}
	if at < rounds/2 {
		t.Fatalf("only %d changes in %d rounds", at, rounds)
	}
	t.Logf("%d changes, %d cut off between entry and header", at, cut)
	v, err := Open(w.dir, phrase(at), cheap)
	must(t, err)
	w.vault = v
	if row, err := v.Record(rita); err != nil || row.Number != 1 {
		t.Errorf("the record: %+v, %v", row, err)
	}
}
