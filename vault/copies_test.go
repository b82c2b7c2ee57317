package vault

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"handslag/vault/factor"
	"handslag/vault/internal/folder"
	"handslag/vault/internal/keybag"
)

// loot is every file of the folder as somebody copied it.
func loot(t *testing.T, dir string) string {
	t.Helper()
	copied := filepath.Join(t.TempDir(), "loot")
	must(t, os.CopyFS(copied, os.DirFS(dir)))
	return copied
}

// Whoever recovers every file that ever was, with passphrase, machine and all.
func TestWhatACopyFromBeforeAnErasureStillOpens(t *testing.T) {
	for _, c := range []struct {
		use     []factor.Name
		promise Promise
		opens   bool // a copy of the folder alone
	}{{none, PromiseNone, true}, {keyring, PromiseBestEffort, false}, {tpm, PromiseFull, false}, {both, PromiseFull, false}} {
		m := newMachine(t)
		w := guardedWorld(t, m, c.use)
		if w.vault.Promise() != c.promise {
			t.Errorf("%v promises %s", c.use, w.vault.Promise())
		}
		must(t, w.vault.view.db.Sync())
		copied, copiedKeyring := loot(t, w.dir), m.keyring.Copy()
		must(t, w.vault.Erase(ritaS))
		if err := w.has(); !errors.Is(err, ErrNotFound) {
			t.Errorf("%v: the open vault after the erasure: %v", c.use, err)
		}
		w.reopen()
		if err := w.has(); !errors.Is(err, ErrNotFound) {
			t.Errorf("%v: the vault after the erasure: %v", c.use, err)
		}
		must(t, w.vault.Close())
		opensAgain := func(o Options) bool {
			t.Helper()
			v, err := Open(copied, passphrase, o)
			if v == nil {
				t.Fatalf("%v: the copy: %v", c.use, err)
			}
			defer v.Close()
			return !v.bag.IsLost() && v.bag.Knows(map[keybag.ID]bool{v.bag.IDOf(ritaS): true})
		}
		if got := opensAgain(m.options(nil)); got != c.opens {
			t.Errorf("%v: the copy opens what was erased: %v", c.use, got)
		}
		m.keyring = copiedKeyring
		if got := opensAgain(m.options(nil)); got != (c.promise != PromiseFull) {
			t.Errorf("%v: with a copy of the keyring too: %v", c.use, got)
		}
	}
}

// Each file of the folder as it was before the erasure or as it is after it, in every mixture: the
// thief chooses. The view is left out, since no row opens without the subject's key.
func TestNoMixtureOfOldAndNewFilesOpensWhatWasErased(t *testing.T) {
	for _, c := range []struct {
		use   []factor.Name
		opens bool
	}{{none, true}, {tpm, false}, {both, false}} {
		m := newMachine(t)
		w := guardedWorld(t, m, c.use)
		before := smallFiles(t, w.dir)
		must(t, w.vault.Erase(ritaS))
		must(t, w.vault.Close())
		after := smallFiles(t, w.dir)
		names := slices.Sorted(maps.Keys(after))
		opening := 0
		for mask := range 1 << len(names) {
			mixed := t.TempDir()
			for i, name := range names {
				data := after[name]
				if mask>>i&1 == 1 {
					data = before[name]
				}
				must(t, os.WriteFile(filepath.Join(mixed, name), data, folder.FileMode))
			}
			v, err := unlock(folderAt(mixed, w.options), passphrase, w.options)
			if err != nil {
				t.Fatalf("%v, mixture %b: %v", c.use, mask, err)
			}
			if !v.bag.IsLost() && v.bag.Knows(map[keybag.ID]bool{v.bag.IDOf(ritaS): true}) {
				opening++
			}
			must(t, v.Close())
		}
		if len(names) < 4 || (opening > 0) != c.opens {
			t.Errorf("%v: %d mixtures of %v open what was erased", c.use, opening, names)
		}
	}
}

func TestTheOldErasureSecretIsNotInTheFolderWhereAFactorHasIt(t *testing.T) {
	m := plainMachine()
	w := guardedWorld(t, m, keyring)
	secret, err := m.keyring.Get("vault/" + w.vault.header.ID() + "/erasure")
	must(t, err)
	key, err := m.keyring.Get("vault/" + w.vault.header.ID() + "/key")
	must(t, err)
	for name, data := range smallFiles(t, w.dir) {
		if bytes.Contains(data, secret) || bytes.Contains(data, key) {
			t.Errorf("%s has a secret of the keyring's", name)
		}
	}
}
