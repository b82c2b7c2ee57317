package agent

import (
	"context"

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
	a.entering.Lock() // no lock falls between entry and header
	defer a.entering.Unlock()
	s, err := a.current()
	if err != nil {
		return err
	}
	if err := checkPassphrase(fresh, a.minSecret(s.vault.Factors())); err != nil {
		return err
	}
	was, is := []byte(old), []byte(fresh)
	defer clear(was)
	defer clear(is)
	err = s.vault.ChangePassphrase(was, is, func() error {
		return s.sayOnce(ctx, line{entry: journal.Entry{Kind: journal.PassphraseChanged}})
	})
	if err != nil {
		a.countWrong(err)
		return translate(err)
	}
	a.changed(EventsChanged, SyncChanged)
	a.nudge()
	return nil
}
