package agent

import (
	"errors"
	"fmt"
	"slices"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault"
)

// What this device knows of others without asking anybody: the organisation's newest list of
// those that are to be met no more, and how new a credential each one has shown before. Both lie in
// the view and are worth no more than it: a view that is lost learns them anew.
type acquaintances struct {
	list identity.Revocations // zero before the first
	raw  []byte               // as signed, to be passed on
	seen []acquaintance       // the latest met last
}

// acquaintance is the newest credential of a device that was met.
type acquaintance struct {
	_      struct{} `cbor:",toarray"`
	Device identity.DeviceID
	Epoch  uint64
}

const (
	revocationsSetting   = "revocations"
	acquaintancesSetting = "acquaintances"
	maxAcquaintances     = 1000
	acquaintancesLimit   = 64 << 10 // bytes
)

// bars reports whether device may not be met with a credential of epoch: it is on the list, or has
// shown a newer one, so that this is an old one that somebody kept.
func (k acquaintances) bars(device identity.DeviceID, epoch uint64) bool {
	return k.list.Has(device) || slices.ContainsFunc(k.seen, func(a acquaintance) bool { return a.Device == device && a.Epoch > epoch })
}

// with is k after device has shown a credential of epoch.
func (k acquaintances) with(device identity.DeviceID, epoch uint64) acquaintances {
	seen := slices.DeleteFunc(slices.Clone(k.seen), func(a acquaintance) bool { return a.Device == device })
	k.seen = append(seen[max(0, len(seen)+1-maxAcquaintances):], acquaintance{Device: device, Epoch: epoch})
	return k
}

// loadAcquaintances reads what was kept. What does not read, or was signed by a key that is no
// longer the organisation's, is as if it had never been heard.
func (s *session) loadAcquaintances() error {
	raw, err := s.vault.Setting(revocationsSetting)
	if err != nil {
		return err
	}
	me := s.identity
	var k acquaintances
	if list, err := identity.OpenRevocations(raw, me.profile.Org, me.statement.Issuing); err == nil {
		k.list, k.raw = list, raw
	}
	data, err := s.vault.Setting(acquaintancesSetting)
	if err != nil {
		return err
	}
	if len(data) > 0 && signed.Decode(data, acquaintancesLimit, &k.seen) != nil {
		k.seen = nil
	}
	s.identity.others = k
	return nil
}

// hearRevocations takes a list, from the connected system or from a colleague, if it is newer than
// the one that is known; it reports whether it was.
func (s *session) hearRevocations(raw []byte) (bool, error) {
	s.hearing.Lock() // a sync and a meeting may hear at once
	defer s.hearing.Unlock()
	me := s.who()
	list, err := identity.OpenRevocations(raw, me.profile.Org, me.statement.Issuing)
	if err != nil {
		return false, err
	}
	if list.Number <= me.others.list.Number {
		return false, nil
	}
	if err := s.vault.Update(func(tx *vault.Tx) error { return tx.SetSetting(revocationsSetting, raw) }); err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.identity.others.list, s.identity.others.raw = list, raw
	return true, nil
}

// remember keeps, with the entry of the meeting, how new the other's credential was.
func (s *session) remember(c identity.Credential) (effect func(*vault.Tx) error, after func()) {
	next := s.who().others.with(c.Device(), c.Epoch)
	effect = func(tx *vault.Tx) error {
		data, err := signed.Encode(next.seen)
		if err != nil {
			return fmt.Errorf("keep acquaintances: %w", err)
		}
		if err := tx.SetSetting(acquaintancesSetting, data); err != nil && !errors.Is(err, vault.ErrTooLarge) {
			return err
		}
		return nil
	}
	return effect, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.identity.others = s.identity.others.with(c.Device(), c.Epoch)
	}
}
