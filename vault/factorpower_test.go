package vault

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"

	"handslag/vault/disk/faulty"
	"handslag/vault/factor"
	"handslag/vault/factor/factortest"
	"handslag/vault/internal/header"
	"handslag/vault/internal/keybag"
	"handslag/vault/internal/seal"
)

// bareVault is a vault of header and keybag alone, on a disk that can lose its power.
func bareVault(t *testing.T, d *faulty.Disk, o Options) *Vault {
	t.Helper()
	o.Disk = d
	f := folderAt("vault", o)
	h, keys := header.New(true)
	v := &Vault{folder: f, cheap: true, means: meansOf(o), header: h, root: keys.Root}
	var err error
	v.lock, err = f.Lock()
	must(t, err)
	v.bag = keybag.New(f, h.Vault, keys.Root, keys.Erasure, seal.Key(keys.Root, "names"))
	must(t, v.bag.Create(0))
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
				must(t, m.tpm.Forget(v.header.ID()))
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
		if v.bag.IsLost() || !v.bag.Knows(map[keybag.ID]bool{v.bag.IDOf(ritaS): true}) {
			t.Fatalf("%s: the keybag is lost", what)
		}
		_, err = v.SubjectKey("subject-new")
		must(t, err)
		use = v.Factors()
		v.shut()
	}
	return use
}

// numbDisk has put a header in its place and can not say that it stays there.
type numbDisk struct {
	*faulty.Disk
	sound int // syncs of a folder before the one that fails
}

func (d *numbDisk) SyncDir(dir string) error {
	if d.sound--; d.sound == -1 {
		return io.ErrUnexpectedEOF
	}
	return d.Disk.SyncDir(dir)
}

// Whether the new secret is in its place nobody could say. The next try may not write over the one
// keybag that opens, if it is.
func TestAnErasureTriedAgainLosesNoKeyWhereverThePowerGoes(t *testing.T) {
	m := plainMachine()
	for cut, done := 1, false; !done; cut++ {
		for _, luck := range []faulty.Luck{faulty.None, faulty.All, faulty.Seeded(uint64(cut))} {
			d := faulty.New()
			o := m.options(none)
			v := bareVault(t, d, o)
			_, err := v.SubjectKey(bosseS)
			must(t, err)
			numb := &numbDisk{Disk: d, sound: 1}
			v.folder.Disk, v.bag.Log.Folder.Disk = numb, numb
			if err := v.Erase(bosseS); err == nil {
				t.Fatal("it does not say that it failed")
			}
			d.CutAt = d.Calls() + cut
			err = v.Erase(bosseS)
			v.shut()
			o.Disk = d.After(luck)
			survives(t, fmt.Sprintf("cut at %d", cut), o)
			done = err == nil
		}
	}
}

// The change says that it failed, and the new header is there all the same. What is erased before
// the next unlock goes by what is there.
func TestAnErasureAfterAChangeInDoubtLocksNobodyOut(t *testing.T) {
	m := newMachine(t)
	for _, c := range []struct{ from, to []factor.Name }{{none, keyring}, {keyring, none}, {none, tpm}, {tpm, keyring}} {
		d := faulty.New()
		o := m.options(c.from)
		v := bareVault(t, d, o)
		_, err := v.SubjectKey(bosseS)
		must(t, err)
		v.folder.Disk = &numbDisk{Disk: d}
		if err := v.ChangeFactors(passphrase, c.to, noEntry); err == nil {
			t.Fatalf("%v to %v: it does not say that it failed", c.from, c.to)
		}
		must(t, v.Erase(bosseS))
		v.shut()
		o.Disk = d.After(faulty.None)
		if use := survives(t, fmt.Sprintf("%v to %v", c.from, c.to), o); !slices.Equal(use, c.to) {
			t.Errorf("%v to %v: %v open", c.from, c.to, use)
		}
		must(t, m.tpm.Forget(v.header.ID()))
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
		if w.vault.bag.Knows(map[keybag.ID]bool{w.vault.bag.IDOf(ritaS): true}) {
			before++
		} else {
			after++
		}
		must(t, w.vault.Erase(ritaS))
		w.reopen()
		rita, other := w.vault.bag.IDOf(ritaS), w.vault.bag.IDOf(bosseS)
		if w.vault.bag.Knows(map[keybag.ID]bool{rita: true}) || !w.vault.bag.Knows(map[keybag.ID]bool{other: true}) {
			t.Fatalf("%d answers: the wrong keys are left", lost)
		}
		must(t, w.vault.Close())
		must(t, m.tpm.Forget(w.vault.header.ID()))
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
			must(t, m.tpm.Forget(v.header.ID()))
		}
		if failed < 5 {
			t.Errorf("%v to %v: failed %d times only", c.from, c.to, failed)
		}
	}
}
