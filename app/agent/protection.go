package agent

import (
	"context"
	"errors"
	"slices"
	"strings"

	"handslag/vault"
	"handslag/vault/factor"
	"handslag/vault/journal"
)

// Factor is what opens the vault together with the passphrase.
type Factor = factor.Name

// Protection is what guards this device's vault, and what could.
type Protection struct {
	Offered   []Factor      `json:"offered,omitempty"` // what this machine has now
	Used      []Factor      `json:"used,omitempty"`
	Promise   vault.Promise `json:"promise,omitempty"` // about old copies of the vault's files, after an erasure; known after unlock
	MinSecret int           `json:"min_secret"`        // characters of a new passphrase as the vault is guarded
	MinPIN    int           `json:"min_pin"`           // and of one where a TPM guards it, of this machine
}

// Protection asks the machine, which may take most of a minute where something hangs, and may
// make the system ask its owner for the keyring's password. It is for who is to choose.
func (a *Agent) Protection() (Protection, error) {
	p := a.Guarded()
	p.Offered, p.MinPIN = vault.Offered(a.cfg.VaultOptions), a.minSecret([]Factor{factor.NameTPM})
	return p, nil
}

// Guarded is Protection without what is not in use: nobody is asked but the TPM, where it is a
// factor, and Offered is empty. While locked Used is what the vault's folder says, unproved.
func (a *Agent) Guarded() Protection {
	var p Protection
	if s, err := a.current(); err == nil {
		p.Used, p.Promise = s.vault.Factors(), s.vault.Promise()
	} else {
		p.Used, _ = vault.Guarding(a.cfg.Vault) // what can not be read, unlock tells
	}
	p.MinSecret = a.minSecret(p.Used)
	p.MinPIN = p.MinSecret
	return p
}

// minSecret is how many characters a passphrase has at least beside what is used.
func (a *Agent) minSecret(use []Factor) int {
	if slices.Contains(use, factor.NameTPM) && vault.GuardsPIN(a.cfg.VaultOptions) {
		return vault.MinPIN
	}
	return MinPassphrase
}

// ChangeFactors makes use what opens the vault together with passphrase, in place of what did. The
// entry is durable first; on any error all stays as it was, and where the entry was said already another one says so. A PIN is too short for anything but a
// TPM: who leaves that changes the passphrase first. A copy of the vault's folder that somebody
// made before still opens with what opened it.
//
// Codes: Locked, WrongPassphrase, PassphraseShort, FactorMissing, FactorAway, FactorLocked, Cancelled,
// DiskFull, VaultReadonly, VaultDamaged, JournalBroken.
func (a *Agent) ChangeFactors(ctx context.Context, passphrase string, use []Factor) error {
	if err := checkPassphrase(passphrase, a.minSecret(use)); err != nil {
		return err
	}
	a.entering.Lock() // no lock falls between entry and header
	defer a.entering.Unlock()
	s, err := a.current()
	if err != nil {
		return err
	}
	secret := []byte(passphrase)
	defer clear(secret)
	said := false
	say := func(use []Factor) error {
		return s.sayOnce(ctx, line{entry: journal.Entry{Kind: journal.FactorsChanged, Code: factorCode(use)}})
	}
	err = s.vault.ChangeFactors(secret, use, func() error {
		err := say(use)
		said = err == nil
		return err
	})
	if now := s.vault.Factors(); err != nil && said && factorCode(now) != factorCode(use) {
		if err := say(now); err != nil { // so that the newest word is the true one
			a.log.Warn("the log names factors that are not in force", "error", CodeOf(translate(err)))
		}
		a.changed(EventsChanged, SyncChanged)
	}
	if err != nil {
		a.countWrong(err)
		return translate(err)
	}
	a.changed(StateChanged, EventsChanged, SyncChanged)
	a.nudge()
	return nil
}

// factorCode is use as entries name it.
func factorCode(use []Factor) string {
	var names []string
	for _, name := range use {
		names = append(names, string(name))
	}
	if len(names) == 0 {
		return "passphrase"
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), "+")
}

// sayOnce is say for what a later step of the same deed hangs on: that the view lags behind is
// no reason not to take that step.
func (s *session) sayOnce(ctx context.Context, lines ...line) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	stamps, err := s.say(lines...)
	if stamps != nil {
		return nil
	}
	return err
}

// countWrong counts a wrong passphrase that was given to an open vault; the lock screen shows it.
func (a *Agent) countWrong(err error) {
	if errors.Is(err, vault.ErrPassphrase) {
		a.mu.Lock()
		a.attempts++
		a.mu.Unlock()
	}
}
