package agent

import (
	"context"
	"errors"

	"handslag/vault"
	"handslag/vault/journal"
)

// ChangePassphrase makes fresh what opens this device's vault in place of old. The entry is
// durable first; on any error old stays. A wrong old one counts as it does at Unlock and is
// told at the next: whoever finds a device unlocked can not try in silence. A copy of the
// vault's folder that somebody made before still opens with old.
//
// Codes: Locked, WrongPassphrase, PassphraseShort, PassphraseLong, Cancelled, DiskFull,
// VaultReadonly, VaultDamaged, JournalBroken.
func (a *Agent) ChangePassphrase(ctx context.Context, old, fresh string) error {
	if err := checkPassphrase(fresh); err != nil {
		return err
	}
	a.entering.Lock() // no lock falls between entry and header
	defer a.entering.Unlock()
	s, err := a.current()
	if err != nil {
		return err
	}
	was, is := []byte(old), []byte(fresh)
	defer clear(was)
	defer clear(is)
	err = s.vault.ChangePassphrase(was, is, func() error {
		if err := ctx.Err(); err != nil {
			return err
		}
		stamps, err := s.say(line{entry: journal.Entry{Kind: journal.PassphraseChanged}})
		if stamps != nil {
			return nil // it stands; a view that lags catches up at the next deed
		}
		return err
	})
	switch {
	case errors.Is(err, vault.ErrPassphrase):
		a.mu.Lock()
		a.attempts++ // the lock screen's count
		a.mu.Unlock()
		return translate(err)
	case err != nil:
		return translate(err)
	}
	a.changed(EventsChanged, SyncChanged)
	a.nudge()
	return nil
}
