package agent

import (
	"os"
	"strings"
	"testing"
	"time"

	"handslag/app/agent/anchor"
	"handslag/vault/factor"
	"handslag/vault/factor/factortest"
	"handslag/vault/journal"
)

// copied copies folders of the tablet, which is locked; the result puts the copies back in their place.
func (d *tablet) copied(dirs ...string) (putBack func()) {
	t := d.h.t
	t.Helper()
	copies := map[string]string{}
	for _, dir := range dirs {
		copies[dir] = t.TempDir() + "/copy"
		ok(t, os.CopyFS(copies[dir], os.DirFS(dir)))
	}
	return func() {
		t.Helper()
		for dir, copied := range copies {
			ok(t, os.RemoveAll(dir))
			ok(t, os.CopyFS(dir, os.DirFS(copied)))
		}
		d.begin()
	}
}

// works is what Bo says in a cellar.
func (d *tablet) works(reason string) {
	t := d.h.t
	t.Helper()
	_, err := d.Open(t.Context(), "r-maj", Reason{Text: reason})
	ok(t, err)
	ok(t, d.CloseRecord(t.Context(), "r-maj"))
}

func TestAnOlderCopyOfEverythingIsSeenByTheKeyringOrAtTheNextSync(t *testing.T) {
	for _, c := range []struct {
		what    string
		keyring factor.Keyring
		atOnce  bool
	}{
		{"with a keyring", &factortest.Keyring{}, true},
		{"with none", nil, false},
	} {
		h := newHouse(t)
		ctx := t.Context()
		reviewer := h.enrolled("anna.lind")
		bo := h.tablet("bo.ek")
		bo.cfg.Keyring = c.keyring
		bo.begin()
		h.enrolInto(bo)
		bo.sync()
		ok(t, bo.Lock())
		putBack := bo.copied(bo.cfg.Vault, bo.place.Journal(bo.Me().Device))
		ok(t, bo.Unlock(ctx, passphrase))
		bo.works("det som kopian inte vet om")
		bo.sync()
		ok(t, bo.Close())
		putBack()
		ok(t, bo.Unlock(ctx, passphrase))
		if bo.sees(JournalBehind) != c.atOnce {
			t.Errorf("%s: at the unlock %+v", c.what, bo.Notices())
		}
		bo.works("sagt efteråt")
		bo.sync()
		if !bo.sees(JournalBehind) {
			t.Errorf("%s: after a sync nothing is told: %+v", c.what, bo.Notices())
		}
		events, err := bo.Events(ctx, 100)
		ok(t, err)
		var kinds []string
		for _, e := range events {
			if e.Generation == 2 {
				kinds = append([]string{string(e.Kind)}, kinds...)
			}
		}
		if len(kinds) == 0 || kinds[0] != string(journal.GenerationOpened) {
			t.Errorf("%s: the new generation says %v", c.what, kinds)
		}
		rows, text, found := h.said(reviewer, bo)
		if !strings.Contains(text, "det som kopian inte vet om") || !strings.Contains(text, "sagt efteråt") || !strings.Contains(found, "generation") {
			t.Errorf("%s: the log holds %d rows\n%s%s", c.what, len(rows), text, found)
		}
		if me := bo.Me(); me.Waiting != 0 {
			t.Errorf("%s: %d wait", c.what, me.Waiting)
		}
		// And from then on all is well.
		ok(t, bo.Lock())
		ok(t, bo.Unlock(ctx, passphrase))
		bo.sync()
		if s, _ := bo.current(); s.journal.Chain().Generation != 2 {
			t.Errorf("%s: generation %d", c.what, s.journal.Chain().Generation)
		}
	}
}

func (d *tablet) sees(code Code) bool {
	for _, n := range d.Notices() {
		if n.Code == code {
			return true
		}
	}
	return false
}

// hung is a keyring that answers when it is told to.
type hung struct {
	factortest.Keyring
	release chan struct{}
}

func (k *hung) Get(name string) ([]byte, error) {
	<-k.release
	return k.Keyring.Get(name)
}

func (k *hung) Set(name string, data []byte) error {
	<-k.release
	return k.Keyring.Set(name, data)
}

func TestAKeyringThatHangsHoldsNobodyUpAndItsLateAnswerCounts(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	bo := h.tablet("bo.ek")
	ring := &hung{release: make(chan struct{})}
	close(ring.release)
	bo.cfg.Keyring = ring
	bo.begin()
	h.enrolInto(bo)
	bo.sync()
	ok(t, bo.Lock())
	putBack := bo.copied(bo.cfg.Vault, bo.place.Journal(bo.Me().Device))
	ok(t, bo.Unlock(ctx, passphrase))
	bo.works("sagt och glömt")
	ok(t, bo.Lock())
	ok(t, bo.Close())

	ring.release, bo.cfg.patience = make(chan struct{}), time.Millisecond
	putBack()
	ok(t, bo.Unlock(ctx, passphrase))
	ok(t, bo.Lock())
	if !bo.keeper.Wait(0) {
		t.Error("an older copy writes over what it has not read")
	}
	ok(t, bo.Unlock(ctx, passphrase))
	if bo.sees(JournalBehind) {
		t.Fatal("told before the keyring answered")
	}
	told := make(chan struct{}, 1)
	bo.Listen(func(Signal) {
		if bo.sees(JournalBehind) {
			select {
			case told <- struct{}{}:
			default:
			}
		}
	})
	close(ring.release)
	<-told
	bo.works("sagt sedan")
	ok(t, bo.Close())
}

func TestWhatTheKeyringHoldsIsSealedAndGoesWithTheVault(t *testing.T) {
	h := newHouse(t)
	bo := h.tablet("bo.ek")
	ring := &factortest.Keyring{}
	bo.cfg.Keyring = ring
	bo.begin()
	h.enrolInto(bo)
	ok(t, bo.Lock())
	bo.keeper.Wait(longEnough)
	name := anchor.Name(bo.Me().Device)
	data, err := ring.Get(name)
	ok(t, err)
	if len(data) > anchor.Limit {
		t.Errorf("%d bytes", len(data))
	}
	// Whoever writes there can not make one up, and nothing worse comes of it than of none.
	for what, forged := range map[string][]byte{"a changed one": append([]byte{data[0] ^ 1}, data[1:]...), "nonsense": []byte("hej"), "a long one": make([]byte, 1000)} {
		ok(t, ring.Set(name, forged))
		ok(t, bo.Unlock(t.Context(), passphrase))
		if len(bo.Notices()) != 0 {
			t.Errorf("%s: %+v", what, bo.Notices())
		}
		ok(t, bo.Lock())
		bo.keeper.Wait(longEnough)
	}
	ok(t, bo.StartAgain(t.Context()))
	bo.keeper.Wait(longEnough)
	if names := ring.Names(); len(names) != 0 {
		t.Errorf("after the vault is gone the keyring holds %v", names)
	}
}
