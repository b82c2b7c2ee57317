package vault

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"handslag/vault/disk/faulty"
	"handslag/vault/factor"
	"handslag/vault/factor/factortest"
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
	n, err := folderAt(dir, Options{}).attempts()
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
	key := "vault/" + w.vault.header.id() + "/key"
	must(t, thief.keyring.Set(key, random(keySize)))
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
	must(t, m.keyring.Delete("vault/"+w.vault.header.id()+"/erasure"))
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

func TestWhoEditsTheHeaderOpensTheVaultWithNoFewerFactors(t *testing.T) {
	m := newMachine(t)
	w := guardedWorld(t, m, none)
	alone, err := parseHeader(smallFiles(t, w.dir)[headerName]) // somebody copied it before there were factors
	must(t, err)
	change := func(use []factor.Name) header {
		t.Helper()
		must(t, w.vault.ChangeFactors(passphrase, use, noEntry))
		h, err := parseHeader(smallFiles(t, w.dir)[headerName])
		must(t, err)
		return h
	}
	one := change(keyring)
	two := change(both)
	must(t, w.vault.Close())
	for what, forge := range map[string]func(h *header){
		"no factors, and the secret's old box": func(h *header) { h.Factors, h.Erasure = nil, alone.Erasure },
		"the keyring alone":                    func(h *header) { h.Factors, h.Erasure = one.Factors, one.Erasure },
		"the TPM alone":                        func(h *header) { h.Factors = h.Factors[1:] },
		"the root of before":                   func(h *header) { h.Root = alone.Root },
		"the root of before, as it was sealed": func(h *header) { h.Root, h.KDF = alone.Root, alone.KDF },
		"another place in the TPM":             func(h *header) { h.Erasure.Box = []byte{1, 0x80, 0, 1} },
		"a cheaper key derivation":             func(h *header) { h.KDF.Memory = 32 },
	} {
		h := two
		h.Factors = slices.Clone(two.Factors)
		forge(&h)
		data, err := h.encode()
		must(t, err)
		must(t, os.WriteFile(filepath.Join(w.dir, headerName), data, fileMode))
		if v, err := Open(w.dir, passphrase, w.options); err == nil || v != nil {
			t.Errorf("%s: opens, %v", what, err)
		} else if errors.Is(err, ErrFactorLocked) {
			t.Fatalf("%s: the TPM is locked, so this says nothing", what)
		}
	}
	data, err := two.encode()
	must(t, err)
	must(t, os.WriteFile(filepath.Join(w.dir, headerName), data, fileMode))
	chipTries(t, m)
	w.reopen()
	must(t, w.has())

	// The whole header of before opens with what opened it, because the root is the same; but what
	// came into the keybag since does not open.
	must(t, w.vault.Close())
	data, err = alone.encode()
	must(t, err)
	must(t, os.WriteFile(filepath.Join(w.dir, headerName), data, fileMode))
	v, err := Open(w.dir, passphrase, plainMachine().options(nil))
	if !errors.Is(err, ErrView) || !v.bag.lost {
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
	if _, left := smallFiles(t, w.dir)[headerName+newSuffix]; left || len(m.keyring.Names()) != 2 {
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
	must(t, os.Remove(filepath.Join(w.dir, keybagName)))
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
		h, err := parseHeader(smallFiles(t, w.dir)[headerName])
		must(t, err)
		if h.KDF.Memory != floorMemory || !slices.Equal(h.use(), use) {
			t.Errorf("%v: raised to %+v with %v", use, h.KDF, h.use())
		}
		w.reopen()
		must(t, w.has())
	}
}

// bareVault is a vault of header and keybag alone, on a disk that can lose its power.
func bareVault(t *testing.T, d *faulty.Disk, o Options) *Vault {
	t.Helper()
	o.Disk = d
	f := folderAt("vault", o)
	h, keys := newHeader(true)
	v := &Vault{folder: f, cheap: true, means: meansOf(o), header: h, root: keys.root}
	var err error
	v.lock, err = f.lock()
	must(t, err)
	v.bag = newKeybag(f, h.Vault, keys.root, keys.erasure, subkey(keys.root, "names"))
	must(t, v.bag.create(0))
	_, err = v.SubjectKey(ritaS)
	must(t, err)
	must(t, v.begin(passphrase, keys, o.Use))
	return v
}

// The power goes at each call in turn, and what was not synced is lost, kept or torn.
func TestWhereverThePowerGoesOneOfTheTwoSetsOpens(t *testing.T) {
	m := newMachine(t)
	lucks := []func() faulty.Luck{
		func() faulty.Luck { return faulty.None }, func() faulty.Luck { return faulty.All },
		func() faulty.Luck { return faulty.Seeded(1) }, func() faulty.Luck { return faulty.Seeded(2) }}
	for _, c := range []struct{ from, to []factor.Name }{{none, keyring}, {keyring, none}, {none, tpm}, {tpm, keyring}, {keyring, both}, {both, none}} {
		old, fresh := 0, 0
		for cut, done := 1, false; !done; cut++ {
			for _, luck := range lucks {
				m.keyring = new(factortest.Keyring)
				d := faulty.New()
				o := m.options(c.from)
				v := bareVault(t, d, o)
				d.CutAt = d.Calls() + cut
				changed := v.ChangeFactors(passphrase, c.to, noEntry)
				v.shut()
				o.Disk = d.After(luck())
				what := fmt.Sprintf("%v to %v, cut at %d", c.from, c.to, cut)
				use := survives(t, what, o)
				switch {
				case slices.Equal(use, c.to):
					fresh++
				case slices.Equal(use, c.from) && changed != nil:
					old++
				default:
					t.Fatalf("%s: %v open, %v", what, use, changed)
				}
				must(t, m.tpm.Forget(v.header.id()))
				done = changed == nil
			}
		}
		if old == 0 || fresh < 5 {
			t.Errorf("%v to %v: %d times the old, %d times the new", c.from, c.to, old, fresh)
		}
	}
}

// survives unlocks what the power cut left, twice, finds its keys, makes another, and says what
// opened it.
func survives(t *testing.T, what string, o Options) []factor.Name {
	t.Helper()
	var use []factor.Name
	for range 2 {
		v, err := unlock(folderAt("vault", o), passphrase, o)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if v.bag.lost || !v.bag.knows(map[keyID]bool{v.bag.idOf(ritaS): true}) {
			t.Fatalf("%s: the keybag is lost", what)
		}
		_, err = v.SubjectKey("subject-new")
		must(t, err)
		use = v.Factors()
		v.shut()
	}
	return use
}

// noDevice is a machine without a TPM.
func noDevice() (io.ReadWriteCloser, error) { return nil, os.ErrNotExist }

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
			return !v.bag.lost && v.bag.knows(map[keyID]bool{v.bag.idOf(ritaS): true})
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

// flaky is a TPM whose answers are lost from a certain one on; what it was told is done.
type flaky struct {
	dial    func() (io.ReadWriteCloser, error)
	answers int // that still come
}

type flakyConn struct {
	io.ReadWriteCloser
	chip *flaky
}

func (f *flaky) open() (io.ReadWriteCloser, error) {
	conn, err := f.dial()
	return flakyConn{conn, f}, err
}

func (c flakyConn) Read(p []byte) (int, error) {
	n, err := c.ReadWriteCloser.Read(p) // so that the deed is done
	if c.chip.answers--; c.chip.answers < 0 {
		return 0, io.ErrUnexpectedEOF
	}
	return n, err
}

func TestATPMThatStopsAnsweringDuringAnErasureLosesNobodyElse(t *testing.T) {
	dial, restart := factortest.Chip(t)
	chip := &flaky{dial: dial, answers: 1 << 20}
	m := machine{new(factortest.Keyring), factor.TPMAt(chip.open)}
	before, after := 0, 0
	for lost, done := 0, false; !done; lost++ {
		w := guardedWorld(t, m, tpm)
		w.put(w.copy(bosse, bosseS, 1, morning+1))
		chip.answers = lost
		err := w.vault.Erase(ritaS)
		done = err == nil
		if !done && !errors.Is(err, ErrFactorAway) && !errors.Is(err, ErrFactor) {
			t.Fatalf("%d answers: %v", lost, err)
		}
		chip.answers = 1 << 20
		restart()
		if lost%2 == 0 {
			w.reopen() // the other half goes on
		}
		if w.vault.bag.knows(map[keyID]bool{w.vault.bag.idOf(ritaS): true}) {
			before++
		} else {
			after++
		}
		must(t, w.vault.Erase(ritaS))
		w.reopen()
		rita, other := w.vault.bag.idOf(ritaS), w.vault.bag.idOf(bosseS)
		if w.vault.bag.knows(map[keyID]bool{rita: true}) || !w.vault.bag.knows(map[keyID]bool{other: true}) {
			t.Fatalf("%d answers: the wrong keys are left", lost)
		}
		must(t, w.vault.Close())
		must(t, m.tpm.Forget(w.vault.header.id()))
	}
	if before == 0 || after < 2 {
		t.Errorf("%d times before the erasure, %d times after it", before, after)
	}
}

func TestATPMThatStopsAnsweringDuringAChangeLeavesWhatWas(t *testing.T) {
	dial, restart := factortest.Chip(t)
	chip := &flaky{dial: dial, answers: 1 << 20}
	for _, c := range []struct{ from, to []factor.Name }{{none, tpm}, {tpm, keyring}, {keyring, both}} {
		failed := 0
		for lost, done := 0, false; !done; lost++ {
			m := machine{new(factortest.Keyring), factor.TPMAt(chip.open)}
			o := m.options(c.from)
			d := faulty.New()
			v := bareVault(t, d, o)
			chip.answers = lost
			err := v.ChangeFactors(passphrase, c.to, noEntry)
			chip.answers = 1 << 20
			restart() // what lies in its memory nobody has flushed
			use := v.Factors()
			done = err == nil
			if !done {
				failed++
				if !errors.Is(err, ErrFactorAway) || !slices.Equal(use, c.from) {
					t.Fatalf("%v to %v, %d answers: %v, %v", c.from, c.to, lost, use, err)
				}
				must(t, v.ChangeFactors(passphrase, c.to, noEntry)) // once more
			}
			v.shut()
			o.Disk = d
			if use := survives(t, fmt.Sprintf("%v to %v, %d answers", c.from, c.to, lost), o); !slices.Equal(use, c.to) {
				t.Fatalf("%v to %v, %d answers: %v", c.from, c.to, lost, use)
			}
			must(t, m.tpm.Forget(v.header.id()))
		}
		if failed < 5 {
			t.Errorf("%v to %v: failed %d times only", c.from, c.to, failed)
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
				must(t, os.WriteFile(filepath.Join(mixed, name), data, fileMode))
			}
			v, err := unlock(folderAt(mixed, w.options), passphrase, w.options)
			if err != nil {
				t.Fatalf("%v, mixture %b: %v", c.use, mask, err)
			}
			if !v.bag.lost && v.bag.knows(map[keyID]bool{v.bag.idOf(ritaS): true}) {
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
	secret, err := m.keyring.Get("vault/" + w.vault.header.id() + "/erasure")
	must(t, err)
	key, err := m.keyring.Get("vault/" + w.vault.header.id() + "/key")
	must(t, err)
	for name, data := range smallFiles(t, w.dir) {
		if bytes.Contains(data, secret) || bytes.Contains(data, key) {
			t.Errorf("%s has a secret of the keyring's", name)
		}
	}
}
