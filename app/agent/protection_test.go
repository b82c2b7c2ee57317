package agent

import (
	"os"
	"slices"
	"testing"

	"handslag/vault"
	"handslag/vault/factor"
	"handslag/vault/factor/factortest"
	"handslag/vault/journal"
)

func (d *tablet) protection() Protection {
	d.h.t.Helper()
	p, err := d.Protection()
	ok(d.h.t, err)
	return p
}

func TestACopiedFolderOpensNowhereButWithItsKeyring(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	bo := h.tablet("bo.ek")
	ring := &factortest.Keyring{}
	bo.cfg.VaultOptions.Keyring = ring
	bo.begin()
	if p := bo.protection(); !slices.Contains(p.Offered, factor.NameKeyring) || len(p.Used) != 0 || p.MinSecret != MinPassphrase {
		t.Fatalf("before: %+v", p)
	}
	use := []Factor{factor.NameKeyring}
	ok(t, bo.Enrol(ctx, Enrolment{Org: h.statement.Org(), Username: bo.name, Password: passwordOf(bo.name), Passphrase: passphrase, Factors: use}))
	if p := bo.protection(); !slices.Equal(p.Used, use) || p.Promise != vault.PromiseBestEffort {
		t.Errorf("enrolled: %+v", p)
	}
	if events, err := bo.Events(ctx, 9); err != nil || !slices.ContainsFunc(events, func(e Event) bool { return e.Kind == journal.Enrolled && e.Code == "keyring" }) {
		t.Errorf("what guards it is not said at enrolment: %+v, %v", events, err)
	}
	bo.sync()
	ok(t, bo.Lock())
	if p := bo.protection(); !slices.Equal(p.Used, use) || p.Promise != "" {
		t.Errorf("locked: %+v", p)
	}

	thief := h.tablet("bo.ek")
	thief.cfg.VaultOptions.Keyring = &factortest.Keyring{}
	ok(t, os.CopyFS(thief.cfg.Vault, os.DirFS(bo.cfg.Vault)))
	thief.begin()
	err := thief.Unlock(ctx, passphrase)
	refused(t, err, FactorMissing)
	if args := err.(*Problem).Args; args["factor"] != "keyring" {
		t.Errorf("it says %v", args)
	}
	ring.Away(true)
	refused(t, bo.Unlock(ctx, passphrase), FactorAway)
	ring.Away(false)
	ok(t, bo.Unlock(ctx, passphrase))

	refused(t, bo.ChangeFactors(ctx, "fel fras", nil), WrongPassphrase)
	ring.Away(true)
	refused(t, bo.ChangeFactors(ctx, passphrase, nil), FactorAway)
	ring.Away(false)
	ok(t, bo.ChangeFactors(ctx, passphrase, nil))
	events, err := bo.Events(ctx, 1)
	ok(t, err)
	if events[0].Kind != journal.FactorsChanged || events[0].Code != "passphrase" {
		t.Errorf("the newest entry is %+v", events[0])
	}
	if p := bo.protection(); len(p.Used) != 0 || p.Promise != vault.PromiseNone {
		t.Errorf("afterwards: %+v", p)
	}
	ok(t, bo.Lock())
	ring.Away(true)
	ok(t, bo.Unlock(ctx, passphrase))
	bo.sync()
}

func TestAPINIsEnoughWhereATPMGuardsItAndNowhereElse(t *testing.T) {
	const pin = "493027"
	h := newHouse(t)
	ctx := t.Context()
	bo := h.tablet("bo.ek")
	bo.cfg.VaultOptions.Keyring = &factortest.Keyring{}
	bo.cfg.VaultOptions.TPM = factortest.OwnedTPM(t)
	bo.begin()
	if p := bo.protection(); p.MinPIN != vault.MinPIN || p.MinSecret != MinPassphrase {
		t.Fatalf("before: %+v", p)
	}
	ask := Enrolment{Org: h.statement.Org(), Username: bo.name, Password: passwordOf(bo.name), Passphrase: pin}
	refused(t, bo.Enrol(ctx, ask), PassphraseShort)
	ask.Factors = []Factor{factor.NameKeyring}
	refused(t, bo.Enrol(ctx, ask), PassphraseShort)
	ask.Factors = []Factor{factor.NameTPM}
	ok(t, bo.Enrol(ctx, ask))
	if p := bo.protection(); p.MinSecret != vault.MinPIN || p.Promise != vault.PromiseFull {
		t.Errorf("enrolled: %+v", p)
	}
	bo.sync()
	ok(t, bo.Lock())
	refused(t, bo.Unlock(ctx, "000000"), WrongPassphrase)
	ok(t, bo.Unlock(ctx, pin))
	if me := bo.Me(); me.WrongAttempts != 1 {
		t.Errorf("%d wrong attempts", me.WrongAttempts)
	}
	refused(t, bo.ChangeFactors(ctx, pin, nil), PassphraseShort)
	refused(t, bo.ChangePassphrase(ctx, pin, "12345"), PassphraseShort)
	ok(t, bo.ChangePassphrase(ctx, pin, passphrase))
	ok(t, bo.ChangeFactors(ctx, passphrase, nil))
	refused(t, bo.ChangePassphrase(ctx, passphrase, pin), PassphraseShort)
	if _, err := bo.Open(ctx, "r-maj", Reason{Text: "ringde"}); err != nil {
		t.Errorf("%v %s", err, unwrapped(err))
	}
}

func TestAHalfMadeEnrolmentTakesTheProtectionThatIsChosenAtLast(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	bo := h.tablet("bo.ek")
	ring := &factortest.Keyring{}
	bo.cfg.VaultOptions.Keyring = ring
	bo.begin()
	ask := Enrolment{Org: h.statement.Org(), Username: bo.name, Password: "fel", Passphrase: passphrase, Factors: []Factor{factor.NameKeyring}}
	refused(t, bo.Enrol(ctx, ask), WrongPassword)
	for _, name := range ring.Names() { // and its keyring is emptied
		ok(t, ring.Delete(name))
	}
	refused(t, bo.Enrol(ctx, ask), WrongPassword)
	ask.Password, ask.Factors = passwordOf(bo.name), nil
	ok(t, bo.Enrol(ctx, ask))
	if p := bo.protection(); len(p.Used) != 0 {
		t.Errorf("%+v", p)
	}
	ok(t, bo.Lock())
	ring.Away(true)
	ok(t, bo.Unlock(ctx, passphrase))
}
