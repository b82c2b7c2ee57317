package vault

import (
	"crypto/cipher"

	"handslag/identity"
	"handslag/vault/internal/keybag"
	"handslag/vault/internal/seal"
	"handslag/vault/journal"
)

// keyWrap is what the device's key set is wrapped with inside the profile: a key of its
// own, so that the profile's key opens no signing key.
func (v *Vault) keyWrap() (cipher.AEAD, []byte, error) {
	key := seal.Key(v.root, "keys")
	defer clear(key)
	aead, err := identity.NewAEAD(key)
	return aead, append([]byte("handslag/1/vault-keys\x00"), v.header.Vault...), err
}

// SubjectKey encrypts what is about subject, for payloads in the journal. Its key is
// durable when SubjectKey returns; erasing the subject ends what it sealed.
func (v *Vault) SubjectKey(subject journal.SubjectID) (cipher.AEAD, error) {
	if err := v.enter(); err != nil {
		return nil, err
	}
	defer v.mu.RUnlock()
	aead, id, err := v.bag.Of(subject, keybag.Payload)
	if err == nil && v.bag.IsNew(id) { // another's new key is another's to wait for
		err = v.bag.Flush()
	}
	if err != nil {
		return nil, err
	}
	return aead, nil
}
