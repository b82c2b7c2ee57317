package vault

import (
	"crypto/cipher"
	"errors"
	"fmt"

	"handslag/identity"
	"handslag/vault/internal/seal"
	"handslag/vault/journalfile"
)

// ShareKey is what the content keys of one share are wrapped with: random, and sealed once to the
// device that they are for. A seal to a device costs more than all else that is done for a
// record, and a share may have a thousand.
type ShareKey struct {
	// Sealed is the key, sealed to the device.
	Sealed []byte

	to   identity.DeviceID
	aead cipher.AEAD
}

// NewShareKey makes the key of a share to a verified device; info binds it to their
// verification (record.ShareKeyInfo). It opens nothing: Reseal puts keys under it, each for an entry.
func (v *Vault) NewShareKey(to identity.Credential, info string) (*ShareKey, error) {
	if err := v.enter(); err != nil {
		return nil, err
	}
	defer v.mu.RUnlock()
	if v.keys == nil || string(v.keys.Public().Sealing.Bytes) == string(to.Keys.Sealing.Bytes) {
		return nil, errors.New("make the share's key: to this same device")
	}
	secret := seal.Random(seal.KeySize)
	defer clear(secret)
	sealed, err := identity.Seal(to.Keys.Sealing, info, secret)
	if err != nil {
		return nil, fmt.Errorf("make the share's key: %w", err)
	}
	aead, err := identity.NewAEAD(secret)
	if err != nil {
		return nil, fmt.Errorf("make the share's key: %w", err)
	}
	return &ShareKey{Sealed: sealed, to: to.Device(), aead: aead}, nil
}

// admit returns ErrNoStamp where an entry names another receiver.
func (k *ShareKey) admit(stamp *journalfile.Stamp) error {
	if k == nil || k.aead == nil || stamp.Entry().Peer != k.to {
		return fmt.Errorf("entry names another receiver: %w", ErrNoStamp)
	}
	return nil
}

func (k *ShareKey) wrap(key []byte, context string) []byte {
	return k.aead.Seal(nil, nil, key, []byte(context))
}
