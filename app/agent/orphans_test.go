package agent

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"handslag/vault/disk"
	"handslag/vault/factor"
	"handslag/vault/factor/factortest"
)

// keybagless is a disk that makes no new keybag, once it is told to.
type keybagless struct {
	disk.OS
	told atomic.Bool
}

func (d *keybagless) Create(name string) (disk.Appender, error) {
	if d.told.Load() && strings.HasPrefix(filepath.Base(name), "keybag") {
		return nil, fs.ErrInvalid
	}
	return d.OS.Create(name)
}

// The log's newest word on what guards a device is true, whatever failed after it was first said.
func TestTheLogTellsWhichFactorsAreInForce(t *testing.T) {
	h := newHouse(t)
	bo, broken := h.tablet("bo.ek"), &keybagless{}
	bo.cfg.VaultOptions.Keyring, bo.cfg.VaultOptions.Disk = &factortest.Keyring{}, broken
	bo.begin()
	h.enrolInto(bo)
	broken.told.Store(true)
	if err := bo.ChangeFactors(t.Context(), passphrase, []Factor{factor.NameKeyring}); err == nil {
		t.Fatal("they changed")
	}
	if got := bo.kinds(2); got != "device.factors_changed(keyring) device.factors_changed(passphrase)" {
		t.Errorf("said %s", got)
	}
	broken.told.Store(false)
	ok(t, bo.ChangeFactors(t.Context(), passphrase, []Factor{factor.NameKeyring}))
	if got := bo.kinds(1); got != "device.factors_changed(keyring)" {
		t.Errorf("said %s", got)
	}
}

// Words about somebody who was erased before this unlock are kept under no key either.
func TestNoKeyIsMadeForWhoWasErasedBeforeThisUnlock(t *testing.T) {
	h := newHouse(t)
	anna := h.enrolled("anna.lind")
	anna.sync()
	h.erases("s-maj")
	anna.sync()
	ok(t, anna.Lock())
	ok(t, anna.Unlock(t.Context(), passphrase))
	s, err := anna.current()
	ok(t, err)
	if keep, err := s.keep("s-maj"); err != nil || keep != nil {
		t.Errorf("words are kept here: %v", err)
	}
	if keep, err := s.keep("s-maja"); err != nil || keep == nil {
		t.Errorf("another's are not: %v", err)
	}
	mark := s.vault.Mark()
	ok(t, s.vault.Erase("s-maj"))
	if s.vault.Mark() != mark {
		t.Error("there was a key of the erased one's to destroy")
	}
}

// Who starts again has not forgotten where they work; who hands the device back leaves nothing.
func TestWhoStartsAgainNeedNotTypeTheOrganisationAnew(t *testing.T) {
	h := newHouse(t)
	bo := h.enrolled("bo.ek")
	ok(t, bo.Lock())
	if me := bo.Me(); me.Org != h.statement.Org() {
		t.Errorf("locked: %+v", me)
	}
	ok(t, bo.StartAgain(t.Context()))
	bo.begin() // a new start of the program
	if me := bo.Me(); me.Org != h.statement.Org() || me.Device != "" || me.Person.First != "" || bo.State() != IsNew {
		t.Errorf("started again: %+v", me)
	}
	ok(t, bo.Enrol(t.Context(), Enrolment{Org: bo.Me().Org, Username: "bo.ek", Password: passwordOf("bo.ek"), Passphrase: passphrase}))
	plate := plateOf(t, bo)
	ok(t, bo.Wipe(t.Context(), passphrase))
	if me := bo.Me(); me.Org != "" || me.Device != "" {
		t.Errorf("wiped: %+v", me)
	}
	ok(t, os.WriteFile(plate, []byte(`{"first":"Bo","org":"ho1 nothing","device":"hs"}`), 0o600))
	if me := bo.Me(); me.Org != "" || me.Person.First != "" {
		t.Errorf("rubbish is shown: %+v", me)
	}
}

// Folders in the outbox are as open as whoever set the machine up has made it.
func TestTheOutboxIsSharedWithWhoSharesItsFolder(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("permissions are no mode bits here")
	}
	for _, c := range []struct{ outbox, folder, machine fs.FileMode }{
		{0, 0o700, 0o600}, // nobody has made it
		{0o700, 0o700, 0o600},
		{0o750, 0o750, 0o640},
		{fs.ModeSetgid | 0o770, fs.ModeSetgid | fs.ModeSticky | 0o770, 0o640},
		{fs.ModeSticky | 0o777, fs.ModeSticky | 0o777, 0o644},
	} {
		h := newHouse(t)
		bo := h.tablet("bo.ek")
		if c.outbox != 0 {
			ok(t, os.Mkdir(bo.cfg.Outbox, 0o700))
			ok(t, os.Chmod(bo.cfg.Outbox, c.outbox))
		}
		h.enrolInto(bo)
		bo.sync()
		h.erases("s-maj")
		bo.sync()
		for _, name := range []string{"erasures", "journal", "profiles"} {
			info, err := os.Stat(filepath.Join(bo.cfg.Outbox, name))
			ok(t, err)
			if mode := info.Mode() &^ fs.ModeDir; mode != c.folder {
				t.Errorf("an outbox of %v: %s is %v, not %v", c.outbox, name, mode, c.folder)
			}
		}
		orders, err := filepath.Glob(filepath.Join(bo.place.OrdersFolder(), "*.order"))
		if err != nil || len(orders) != 1 {
			t.Fatalf("%d orders, %v", len(orders), err)
		}
		for path, want := range map[string]fs.FileMode{
			filepath.Join(bo.cfg.Outbox, "machine"): c.machine, orders[0]: c.machine,
			plateOf(t, bo): 0o600, bo.place.Journal(bo.Me().Device): 0o700,
		} {
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
				t.Errorf("an outbox of %v: %s is %v, not %v (%v)", c.outbox, filepath.Base(path), info.Mode(), want, err)
			}
		}
	}
}

// plateOf is the file of the one profile on a device's machine.
func plateOf(t *testing.T, d *tablet) string {
	t.Helper()
	plates, err := filepath.Glob(filepath.Join(d.cfg.Outbox, "profiles", "*.json"))
	if err != nil || len(plates) != 1 {
		t.Fatalf("%d profiles, %v", len(plates), err)
	}
	return plates[0]
}
