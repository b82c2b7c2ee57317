package vault

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"handslag/vault/factor"
	"handslag/vault/factor/factortest"
	"handslag/vault/internal/folder"
	"handslag/vault/internal/header"
	"handslag/vault/internal/seal"
)

var (
	none    []factor.Name
	keyring = []factor.Name{factor.NameKeyring}
	tpm     = []factor.Name{factor.NameTPM}
	both    = []factor.Name{factor.NameKeyring, factor.NameTPM}
)

// machine is what a device's vault can stand on.
type machine struct {
	keyring *factortest.Keyring
	tpm     *factor.TPM
}

// newMachine has both factors; without swtpm the test is skipped.
func newMachine(t testing.TB) machine {
	t.Helper()
	chip, _ := factortest.TPM(t)
	return machine{new(factortest.Keyring), chip}
}

// plainMachine has no TPM.
func plainMachine() machine { return machine{new(factortest.Keyring), noTPM()} }

func noTPM() *factor.TPM { return factor.TPMAt(noDevice) }

func (m machine) options(use []factor.Name) Options {
	return Options{CheapForTests: true, Use: use, Keyring: m.keyring, TPM: m.tpm}
}

// guardedWorld is a world whose vault stands on use, with a record in it.
func guardedWorld(t *testing.T, m machine, use []factor.Name) *world {
	t.Helper()
	w := bareWorld(t, filepath.Join(t.TempDir(), "vault"))
	w.options = m.options(use)
	w.begin()
	w.put(w.copy(rita, ritaS, 1, morning+1))
	return w
}

// has says whether the world's keys reach the record.
func (w *world) has() error {
	return w.vault.read(func(tx *Tx) error {
		o, err := tx.stored(rita)
		if err == nil {
			_, err = tx.contentKey(o)
		}
		return err
	})
}

// refuses opens the vault in dir and wants that error, from that factor.
func refuses(t *testing.T, what, dir string, phrase []byte, o Options, want error, from factor.Name) {
	t.Helper()
	v, err := Open(dir, phrase, o)
	if v != nil {
		v.Close()
	}
	if v != nil && !errors.Is(err, ErrView) || !errors.Is(err, want) {
		t.Errorf("%s: %v", what, err)
	}
	var which *FactorError
	if errors.As(err, &which); from != "" && (which == nil || which.Factor != from) {
		t.Errorf("%s: not from the %s: %v", what, from, err)
	}
}

func attemptsIn(t *testing.T, dir string) uint64 {
	t.Helper()
	n, err := attempts(folderAt(dir, Options{}))
	must(t, err)
	return n
}

func TestACopiedFolderIsUselessWithoutTheKeyring(t *testing.T) {
	m := plainMachine()
	w := guardedWorld(t, m, keyring)
	if got := w.vault.Factors(); !slices.Equal(got, keyring) || w.vault.Promise() != PromiseBestEffort {
		t.Errorf("factors %v, promise %s", got, w.vault.Promise())
	}
	w.reopen()
	must(t, w.has())
	must(t, w.vault.Close())
	thief := plainMachine()
	refuses(t, "another's keyring", w.dir, passphrase, thief.options(nil), ErrFactor, factor.NameKeyring)
	key := "vault/" + w.vault.header.ID() + "/key"
	must(t, thief.keyring.Set(key, seal.Random(seal.KeySize)))
	refuses(t, "a keyring with another secret", w.dir, passphrase, thief.options(nil), ErrFactor, factor.NameKeyring)
	m.keyring.Away(true)
	refuses(t, "a keyring that does not answer", w.dir, passphrase, w.options, ErrFactorAway, factor.NameKeyring)
	m.keyring.Away(false)
	if n := attemptsIn(t, w.dir); n != 0 {
		t.Errorf("%d tries counted of a right passphrase", n)
	}
	refuses(t, "a wrong passphrase", w.dir, []byte("fel"), w.options, ErrPassphrase, "")
	if n := attemptsIn(t, w.dir); n != 1 {
		t.Errorf("%d wrong passphrases counted", n)
	}
	w.reopen()
	must(t, w.has())
	must(t, w.vault.Close())
	must(t, m.keyring.Delete("vault/"+w.vault.header.ID()+"/erasure"))
	refuses(t, "a keyring without the erasure secret", w.dir, passphrase, w.options, ErrFactor, factor.NameKeyring)
}

func TestATPMOpensItsOwnVaultAndCountsTheTries(t *testing.T) {
	chip, restart := factortest.TPM(t)
	w := guardedWorld(t, machine{new(factortest.Keyring), chip}, tpm)
	if w.vault.Promise() != PromiseFull {
		t.Errorf("promise %s", w.vault.Promise())
	}
	restart()
	w.reopen()
	must(t, w.has())
	must(t, w.vault.Close())
	refuses(t, "another TPM", w.dir, passphrase, newMachine(t).options(nil), ErrFactor, factor.NameTPM)
	refuses(t, "no TPM", w.dir, passphrase, plainMachine().options(nil), ErrFactorAway, factor.NameTPM)
	if n := attemptsIn(t, w.dir); n != 0 {
		t.Errorf("%d tries counted of a right passphrase", n)
	}
	tries := uint64(0)
	for ; tries < 100; tries++ {
		v, err := Open(w.dir, []byte("fel"), w.options)
		if errors.Is(err, ErrFactorLocked) {
			break
		}
		if v != nil || !errors.Is(err, ErrPassphrase) {
			t.Fatalf("a wrong passphrase: %v", err)
		}
	}
	if n := attemptsIn(t, w.dir); n != tries || tries == 0 {
		t.Errorf("%d wrong passphrases counted, of %d", n, tries)
	}
	refuses(t, "the right passphrase in lockout", w.dir, passphrase, w.options, ErrFactorLocked, factor.NameTPM)
}

// Whoever may speak to the TPM does not thereby end this vault's keybag, nor bring back an old one.
func TestTheErasureSecretInATPMIsForWhoHasTheRoot(t *testing.T) {
	m := newMachine(t)
	w := guardedWorld(t, m, tpm)
	id, note := w.vault.header.ID(), w.vault.guarded.Load().Erasure.Box
	other := header.PlaceAuth(make([]byte, seal.KeySize))
	if _, err := m.tpm.Read(id, note, other); !errors.Is(err, factor.ErrRefused) {
		t.Errorf("read with another root: %v", err)
	}
	if err := m.tpm.Replace(id, note, make([]byte, seal.KeySize), other); !errors.Is(err, factor.ErrRefused) {
		t.Errorf("replaced with another root: %v", err)
	}
	if _, err := m.tpm.Read(id, note, header.PlaceAuth(w.vault.root)); err != nil {
		t.Errorf("read with the vault's own: %v", err)
	}
	w.reopen()
	must(t, w.has())
}

func TestWhoEditsTheHeaderOpensTheVaultWithNoFewerFactors(t *testing.T) {
	m := newMachine(t)
	w := guardedWorld(t, m, none)
	alone, err := header.Parse(smallFiles(t, w.dir)[folder.Header]) // somebody copied it before there were factors
	must(t, err)
	change := func(use []factor.Name) header.Header {
		t.Helper()
		must(t, w.vault.ChangeFactors(passphrase, use, noEntry))
		h, err := header.Parse(smallFiles(t, w.dir)[folder.Header])
		must(t, err)
		return h
	}
	one := change(keyring)
	two := change(both)
	must(t, w.vault.Close())
	for what, forge := range map[string]func(h *header.Header){
		"no factors, and the secret's old box": func(h *header.Header) { h.Factors, h.Erasure = nil, alone.Erasure },
		"the keyring alone":                    func(h *header.Header) { h.Factors, h.Erasure = one.Factors, one.Erasure },
		"the TPM alone":                        func(h *header.Header) { h.Factors = h.Factors[1:] },
		"the root of before":                   func(h *header.Header) { h.Root = alone.Root },
		"the root of before, as it was sealed": func(h *header.Header) { h.Root, h.KDF = alone.Root, alone.KDF },
		"another place in the TPM":             func(h *header.Header) { h.Erasure.Box = []byte{1, 0x80, 0, 1} },
		"a cheaper key derivation":             func(h *header.Header) { h.KDF.Memory = 32 },
	} {
		h := two
		h.Factors = slices.Clone(two.Factors)
		forge(&h)
		data, err := h.Encode()
		must(t, err)
		must(t, os.WriteFile(filepath.Join(w.dir, folder.Header), data, folder.FileMode))
		if v, err := Open(w.dir, passphrase, w.options); err == nil || v != nil {
			t.Errorf("%s: opens, %v", what, err)
		} else if errors.Is(err, ErrFactorLocked) {
			t.Fatalf("%s: the TPM is locked, so this says nothing", what)
		}
	}
	data, err := two.Encode()
	must(t, err)
	must(t, os.WriteFile(filepath.Join(w.dir, folder.Header), data, folder.FileMode))
	chipTries(t, m)
	w.reopen()
	must(t, w.has())

	// The whole header of before opens with what opened it, because the root is the same; but what
	// came into the keybag since does not open.
	must(t, w.vault.Close())
	data, err = alone.Encode()
	must(t, err)
	must(t, os.WriteFile(filepath.Join(w.dir, folder.Header), data, folder.FileMode))
	v, err := Open(w.dir, passphrase, plainMachine().options(nil))
	if !errors.Is(err, ErrView) || !v.bag.IsLost() {
		t.Errorf("the keybag of today opens with the header of before: %v", err)
	}
	if v != nil {
		must(t, v.Close())
	}
}

// chipTries fails where the TPM has been brought near its lockout by the test itself.
func chipTries(t *testing.T, m machine) {
	t.Helper()
	must(t, m.tpm.Ready())
}

func TestFactorsComeAndGo(t *testing.T) {
	m := newMachine(t)
	w := guardedWorld(t, m, none)
	if w.vault.Promise() != PromiseNone || len(w.vault.Factors()) != 0 {
		t.Errorf("a new vault: %s, %v", w.vault.Promise(), w.vault.Factors())
	}
	sets := []struct {
		use     []factor.Name
		promise Promise
	}{{none, PromiseNone}, {keyring, PromiseBestEffort}, {tpm, PromiseFull}, {both, PromiseFull}}
	// Every way from one set to another, one after the other.
	walk := []int{0, 1, 0, 2, 0, 3, 1, 2, 1, 3, 2, 3, 0}
	for i, at := range walk {
		to := sets[at]
		what := fmt.Sprintf("%d. from %v to %v", i, w.vault.Factors(), to.use)
		said := 0
		must(t, w.vault.ChangeFactors(passphrase, append(slices.Clone(to.use), to.use...), func() error { said++; return nil }))
		if i > 0 && said != 1 || i == 0 && said != 0 {
			t.Errorf("%s: said %d times", what, said)
		}
		if !slices.Equal(w.vault.Factors(), to.use) || w.vault.Promise() != to.promise {
			t.Errorf("%s: %v, %s", what, w.vault.Factors(), w.vault.Promise())
		}
		must(t, w.has())
		w.put(w.copy(rita, ritaS, uint64(i)+2, morning+1)) // the open vault goes on
		w.reopen()
		must(t, w.has())
		if !slices.Equal(w.vault.Factors(), to.use) || w.vault.Promise() != to.promise {
			t.Errorf("%s, opened again: %v, %s", what, w.vault.Factors(), w.vault.Promise())
		}
		wanted := map[Promise]int{PromiseNone: 0, PromiseBestEffort: 2, PromiseFull: len(to.use) - 1}[to.promise]
		if names := m.keyring.Names(); len(names) != wanted {
			t.Errorf("%s: the keyring holds %v", what, names)
		}
		must(t, w.vault.Close())
		for _, c := range []struct {
			has machine
			use []factor.Name
		}{{machine{new(factortest.Keyring), noTPM()}, none}, {machine{m.keyring, noTPM()}, keyring}, {machine{new(factortest.Keyring), m.tpm}, tpm}} {
			enough := !slices.ContainsFunc(to.use, func(n factor.Name) bool { return !slices.Contains(c.use, n) })
			v, err := Open(w.dir, passphrase, c.has.options(nil))
			if v != nil {
				must(t, v.Close())
			}
			if enough != (err == nil) {
				t.Errorf("%s: with %v alone: %v", what, c.use, err)
			}
		}
		v, err := Open(w.dir, passphrase, w.options)
		must(t, err)
		w.vault = v
	}
}

func TestFactorsThatCanNotBeChangedStayAsTheyWere(t *testing.T) {
	m := plainMachine()
	w := guardedWorld(t, m, keyring)
	never := func() error { t.Error("an entry for a change that is refused"); return nil }
	noJournal := errors.New("no entry can be written")
	for _, c := range []struct {
		what   string
		phrase []byte
		use    []factor.Name
		said   func() error
		want   error
	}{
		{"a wrong passphrase", []byte("fel"), none, never, ErrPassphrase},
		{"a TPM that is not there", passphrase, both, never, ErrFactorAway},
		{"no entry", passphrase, none, func() error { return noJournal }, noJournal},
		{"no entry for the same", passphrase, keyring, never, nil},
	} {
		if err := w.vault.ChangeFactors(c.phrase, c.use, c.said); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.what, err)
		}
	}
	if err := w.vault.ChangeFactors(passphrase, []factor.Name{"fingerprint"}, never); err == nil {
		t.Error("a factor that nobody knows is taken")
	}
	if n := attemptsIn(t, w.dir); n != 1 {
		t.Errorf("%d wrong passphrases counted", n)
	}
	if _, left := smallFiles(t, w.dir)[folder.Header+folder.NewSuffix]; left || len(m.keyring.Names()) != 2 {
		t.Errorf("something is left behind: %v", m.keyring.Names())
	}
	must(t, w.has())
	w.put(w.copy(rita, ritaS, 2, morning+1))
	w.reopen()
	must(t, w.has())
}

// What hangs on the erasure secret can not move with it where it is lost; then the view is begun
// anew first, and the keybag with it.
func TestALostKeybagIsBegunAnewBeforeItsSecretMoves(t *testing.T) {
	m := plainMachine()
	w := guardedWorld(t, m, none)
	must(t, w.vault.Close())
	must(t, os.Remove(filepath.Join(w.dir, folder.Keybag)))
	v, err := Open(w.dir, passphrase, w.options)
	if !errors.Is(err, ErrView) {
		t.Fatal(err)
	}
	w.vault = v
	if err := v.ChangeFactors(passphrase, keyring, noEntry); !errors.Is(err, ErrView) {
		t.Errorf("with a lost keybag: %v", err)
	}
	must(t, v.ResetView())
	must(t, v.ChangeFactors(passphrase, keyring, noEntry))
	w.put(w.copy(rita, ritaS, 1, morning+1))
	w.reopen()
	must(t, w.has())
}

func TestAVaultWhoseFactorsFailIsNotBegun(t *testing.T) {
	m := plainMachine()
	dir := filepath.Join(t.TempDir(), "vault")
	if _, err := Create(dir, passphrase, m.options(both)); !errors.Is(err, ErrFactorAway) {
		t.Fatalf("without a TPM: %v", err)
	}
	if names := m.keyring.Names(); len(names) != 0 {
		t.Errorf("the keyring keeps %v of a vault that is none", names)
	}
	if state, err := Exists(dir); err != nil || state != None {
		t.Errorf("state %d, %v", state, err)
	}
	v, err := Create(dir, passphrase, m.options(keyring))
	must(t, err)
	must(t, v.Close())
}

func TestAPassphraseChangesUnderFactors(t *testing.T) {
	for _, use := range [][]factor.Name{keyring, both} {
		m := newMachine(t)
		w := guardedWorld(t, m, use)
		must(t, w.vault.ChangePassphrase(passphrase, newPhrase, noEntry))
		if err := w.vault.ChangePassphrase(passphrase, newPhrase, noEntry); !errors.Is(err, ErrPassphrase) {
			t.Errorf("%v: the old one again: %v", use, err)
		}
		must(t, w.vault.Close())
		refuses(t, "the old passphrase", w.dir, passphrase, w.options, ErrPassphrase, "")
		v, err := Open(w.dir, newPhrase, w.options)
		must(t, err)
		w.vault = v
		must(t, w.has())
		must(t, w.vault.ChangePassphrase(newPhrase, passphrase, noEntry))
		must(t, w.vault.Close())

		// A program whose floor is higher, and one whose keyring is the thief's.
		strong := w.options
		strong.CheapForTests = false
		v, err = Open(w.dir, passphrase, strong)
		must(t, err)
		must(t, v.Close())
		h, err := header.Parse(smallFiles(t, w.dir)[folder.Header])
		must(t, err)
		if h.KDF.Memory != header.FloorMemory || !slices.Equal(h.Use(), use) {
			t.Errorf("%v: raised to %+v with %v", use, h.KDF, h.Use())
		}
		w.reopen()
		must(t, w.has())
	}
}

// noDevice is a machine without a TPM.
func noDevice() (io.ReadWriteCloser, error) { return nil, os.ErrNotExist }

// What fails when all has been said leaves the old way in, alone: no header that waits, and nothing in the
// keyring that opens nothing.
func TestAChangeOfFactorsThatFailsAtTheLastStepLeavesNothingBehind(t *testing.T) {
	for what, c := range map[string]struct{ from, to []factor.Name }{"to a keyring": {none, keyring}, "from it": {keyring, none}} {
		m := plainMachine()
		w := guardedWorld(t, m, c.from)
		names := m.keyring.Names()
		slices.Sort(names)
		err := w.vault.ChangeFactors(passphrase, c.to, func() error {
			w.vault.bag.Log.Folder.Free = func(string) (uint64, error) { return 0, nil }
			return nil
		})
		if !errors.Is(err, ErrFull) {
			t.Fatalf("%s: %v", what, err)
		}
		w.vault.bag.Log.Folder.Free = w.vault.folder.Disk.Free
		if _, err := os.Lstat(filepath.Join(w.dir, folder.Header+folder.NewSuffix)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: a header waits: %v", what, err)
		}
		left := m.keyring.Names()
		slices.Sort(left)
		if !slices.Equal(left, names) || !slices.Equal(w.vault.Factors(), c.from) {
			t.Errorf("%s: the keyring holds %v, not %v; in force are %v", what, left, names, w.vault.Factors())
		}
		must(t, w.has())
		must(t, w.vault.ChangeFactors(passphrase, c.to, noEntry))
		w.reopen()
		must(t, w.has())
	}
}
