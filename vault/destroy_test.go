package vault

import (
	"errors"
	"os"
	"testing"

	"handslag/vault/factor"
	"handslag/vault/internal/folder"
	"handslag/vault/internal/header"
)

func TestADestroyedVaultIsGoneFromFolderAndFactors(t *testing.T) {
	for _, use := range [][]factor.Name{none, keyring, both} {
		m := newMachine(t)
		w := guardedWorld(t, m, use)
		if err := Destroy(w.dir, w.options); !errors.Is(err, ErrOpenElsewhere) {
			t.Errorf("%v: an open vault: %v", use, err)
		}
		place := w.vault.guarded.Load().Erasure
		auth := header.PlaceAuth(w.vault.root)
		must(t, w.vault.Close())
		copied := loot(t, w.dir)
		must(t, Destroy(w.dir, m.options(nil)))
		if state, err := Exists(w.dir); err != nil || state != None {
			t.Errorf("%v: state %d, %v", use, state, err)
		}
		entries, err := os.ReadDir(w.dir)
		must(t, err)
		for _, e := range entries {
			if e.Name() != folder.Lock {
				t.Errorf("%v: %s is left", use, e.Name())
			}
		}
		if names := m.keyring.Names(); len(names) != 0 {
			t.Errorf("%v: the keyring keeps %v", use, names)
		}
		if place.Place == factor.NameTPM {
			if _, err := m.tpm.Read(w.vault.header.ID(), place.Box, auth); !errors.Is(err, factor.ErrMissing) {
				t.Errorf("%v: the TPM keeps its index: %v", use, err)
			}
		}
		v, err := Open(copied, passphrase, m.options(nil))
		if v != nil {
			must(t, v.Close())
		}
		if len(use) > 0 && !errors.Is(err, ErrFactor) || len(use) == 0 && err != nil {
			t.Errorf("%v: a copy of before: %v", use, err)
		}
		must(t, Destroy(w.dir, m.options(nil)))
		must(t, Destroy(w.dir+"-that-never-was", m.options(nil)))
		v, err = Create(w.dir, passphrase, m.options(use))
		must(t, err)
		must(t, v.Close())
	}
}

func TestAFactorThatDoesNotAnswerKeepsNoVaultAlive(t *testing.T) {
	m := plainMachine()
	w := guardedWorld(t, m, keyring)
	must(t, w.vault.Close())
	m.keyring.Away(true)
	err := Destroy(w.dir, w.options)
	var which *FactorError
	if !errors.Is(err, ErrLeft) || !errors.Is(err, ErrFactorAway) || !errors.As(err, &which) || which.Factor != factor.NameKeyring {
		t.Errorf("with a keyring that is away: %v", err)
	}
	if state, err := Exists(w.dir); err != nil || state != None {
		t.Errorf("state %d, %v", state, err)
	}
}

func TestADamagedVaultCanBeDestroyed(t *testing.T) {
	w := newWorld(t)
	must(t, w.vault.Close())
	flip(t, w.vault.folder.Path(folder.Header), 40)
	must(t, Destroy(w.dir, w.options))
	if state, err := Exists(w.dir); err != nil || state != None {
		t.Errorf("state %d, %v", state, err)
	}
}

// What a change had put with a factor, when a crash cut it off, is taken back at the next unlock
// or when the vault is destroyed.
func TestACutOffChangeLeavesNothingWithTheFactors(t *testing.T) {
	for _, c := range []struct{ from, to []factor.Name }{{none, keyring}, {both, keyring}, {keyring, both}, {none, both}} {
		for _, end := range []string{"unlocked", "destroyed"} {
			m := newMachine(t)
			w := guardedWorld(t, m, c.from)
			due := len(m.keyring.Names())
			h, o, err := w.vault.proved(passphrase)
			must(t, err)
			after, err := h.Under(passphrase, o, c.to, w.vault.means)
			must(t, err)
			must(t, w.vault.stageHeader(after)) // and here the power goes
			root := w.vault.root
			auth := header.PlaceAuth(root)
			must(t, w.vault.Close())
			if end == "unlocked" {
				w.reopen()
				must(t, w.has())
				must(t, w.vault.Close())
			} else {
				must(t, Destroy(w.dir, w.options))
				due = 0
			}
			if names := m.keyring.Names(); len(names) != due {
				t.Errorf("%v to %v, %s: the keyring keeps %v", c.from, c.to, end, names)
			}
			if after.Erasure.Place == factor.NameTPM {
				if _, err := m.tpm.Read(h.ID(), after.Erasure.Box, auth); !errors.Is(err, factor.ErrMissing) {
					t.Errorf("%v to %v, %s: the TPM keeps its index: %v", c.from, c.to, end, err)
				}
			}
		}
	}
}
