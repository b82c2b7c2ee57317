package vault

import (
	"crypto/cipher"

	"handslag/identity"
)

// keyWrap is what the device's key set is wrapped with inside the profile: a key of its
// own, so that the profile's key opens no signing key.
func (v *Vault) keyWrap() (cipher.AEAD, []byte, error) {
	key := subkey(v.root, "keys")
	defer clear(key)
	aead, err := identity.NewAEAD(key)
	return aead, append([]byte("handslag/1/vault-keys\x00"), v.header.Vault...), err
}
