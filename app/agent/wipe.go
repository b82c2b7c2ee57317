package agent

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"handslag/app/agent/anchor"
	"handslag/vault"
	"handslag/vault/journal"
)

// lastWords is how long a wipe tries to hand in what has no receipt.
const lastWords = time.Minute

// StartAgain is for a passphrase that nobody remembers: keys and view are destroyed, and this
// device is new. What was said and has no receipt stays in the outbox, sealed to the connected
// system, and whoever enrols next on this machine hands it in. It asks nobody, because nobody
// could answer: whoever has the device could as well delete its folder.
//
// Codes: AlreadyEnrolled while unlocked, where Wipe is meant; NotEnrolled; OpenElsewhere; Cancelled.
func (a *Agent) StartAgain(ctx context.Context) error {
	a.entering.Lock()
	defer a.entering.Unlock()
	if err := ctx.Err(); err != nil {
		return translate(err)
	}
	switch a.State() {
	case IsNew:
		return problem(NotEnrolled, nil)
	case IsUnlocked:
		return problem(AlreadyEnrolled, nil)
	}
	return a.destroy(true)
}

// Wipe destroys keys and view of an open vault. Its last entry says so and is durable first;
// then passphrase opens nothing any more, then the journal is handed in as far as somebody
// answers, and then the rest goes. What could not be handed in stays as StartAgain leaves it. After a
// crash on the way the device is locked for good, and StartAgain ends it.
//
// Codes: Locked, WrongPassphrase, Cancelled, DiskFull, VaultReadonly, JournalBroken.
func (a *Agent) Wipe(ctx context.Context, passphrase string) error {
	a.entering.Lock()
	defer a.entering.Unlock()
	s, err := a.current()
	if err != nil {
		return err
	}
	secret, nobodys := []byte(passphrase), []byte(rand.Text())
	defer clear(secret)
	err = s.vault.ChangePassphrase(secret, nobodys, func() error {
		return s.sayOnce(ctx, append(s.end(""), line{entry: journal.Entry{Kind: journal.Wiped}})...)
	})
	if err != nil {
		a.countWrong(err)
		return translate(err)
	}
	a.handIn(ctx, s)
	if err := a.leave(s); err != nil {
		a.log.Warn("the vault was not closed well before it was wiped", "error", err)
	}
	return a.destroy(false)
}

// handIn sends what has no receipt, if somebody answers.
func (a *Agent) handIn(ctx context.Context, s *session) {
	ctx, cancel := context.WithTimeout(ctx, lastWords)
	defer cancel()
	a.syncing.Lock()
	defer a.syncing.Unlock()
	r := &run{agent: a, session: s}
	r.connect()
	defer func() { r.client.Close() }()
	err := r.upload(ctx)
	if err == nil {
		err = r.handInMade(ctx)
	}
	if err != nil {
		a.log.Info("the last entries wait for who enrols next", "problem", CodeOf(translate(err)))
	}
}

// destroy makes this profile's folder one that never was; the journal's segments lie elsewhere.
// Which organisation it was stays known where it is to be enrolled again. The caller holds entering.
func (a *Agent) destroy(again bool) error {
	if device := a.place.Plate().Device; device != "" {
		a.keeper.Put(anchor.Name(device), nil)
	}
	err := vault.Destroy(a.cfg.Vault, a.cfg.VaultOptions)
	if errors.Is(err, vault.ErrLeft) {
		a.log.Warn("a factor keeps what opens nothing any more", "error", err)
		err = nil
	}
	a.mu.Lock()
	a.elsewhere = errors.Is(err, vault.ErrOpenElsewhere)
	if err == nil {
		a.waiting, a.attempts, a.told, a.problem = 0, 0, 0, nil
	}
	a.mu.Unlock()
	if err == nil {
		if err := a.place.Hide(again); err != nil {
			a.log.Warn("the nameplate stays", "error", err)
		}
		a.clock.Forget()
	}
	a.changed(Signals()...)
	return translate(err)
}
