package identity

import (
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"

	"handslag/identity/signed"
)

// KeySet is a device's keys, one for each use. Signing and sealing keys leave it only
// wrapped by an AEAD that is handed in; the transport key is handed to libp2p, which
// wants it whole.
type KeySet struct {
	signing   *signed.PrivateKey
	transport *signed.PrivateKey
	sealing   *SealPrivate
}

// PublicKeys is the public half of a KeySet, as a credential binds it.
type PublicKeys struct {
	Signing   signed.Key `cbor:"1,keyasint"`
	Transport signed.Key `cbor:"2,keyasint"`
	Sealing   SealKey    `cbor:"3,keyasint"`
}

// NewKeySet makes a device's keys, on the device, from the system's randomness.
func NewKeySet() (*KeySet, error) {
	signing, err := signed.NewPrivateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	transport, err := signed.NewPrivateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	sealing, err := NewSealPrivate()
	if err != nil {
		return nil, err
	}
	return &KeySet{signing, transport, sealing}, nil
}

// Public is what others may know.
func (k *KeySet) Public() PublicKeys {
	return PublicKeys{k.signing.Public(), k.transport.Public(), k.sealing.Public()}
}

// Device is the ID that these keys stand for.
func (k *KeySet) Device() DeviceID { return DeviceIDOf(k.signing.Public()) }

// Sign signs payload for domain with the device's signing key.
func (k *KeySet) Sign(domain signed.Domain, payload any) ([]byte, error) {
	return signed.Sign(domain, k.signing, payload)
}

// OpenSealed opens what was sealed to this device.
func (k *KeySet) OpenSealed(info string, data []byte) ([]byte, error) {
	return k.sealing.Open(info, data)
}

// Transport is the key that the device speaks libp2p with.
func (k *KeySet) Transport() *signed.PrivateKey { return k.transport }

// Destroy zeroes what Go lets us zero; the set signs and opens nothing afterwards.
func (k *KeySet) Destroy() {
	k.signing.Destroy()
	k.transport.Destroy()
	k.sealing = nil
}

type wrappedKeys struct {
	_         struct{} `cbor:",toarray"`
	Version   uint64
	Signing   []byte
	Transport []byte
	Sealing   []byte
}

// wrapLimit bounds a wrapped key set, in bytes.
const wrapLimit = 1024

// Wrap encrypts the set under aead with a random nonce, which stands before the
// ciphertext; context is authenticated with it.
func (k *KeySet) Wrap(aead cipher.AEAD, context []byte) ([]byte, error) {
	sealing, err := k.sealing.Bytes()
	if err != nil {
		return nil, fmt.Errorf("wrap keys: %w", err)
	}
	plain, err := signed.Encode(wrappedKeys{Version: 1, Signing: k.signing.Seed(), Transport: k.transport.Seed(), Sealing: sealing})
	clear(sealing)
	if err != nil {
		return nil, fmt.Errorf("wrap keys: %w", err)
	}
	defer clear(plain)
	nonce := make([]byte, aead.NonceSize())
	rand.Read(nonce)
	return aead.Seal(nonce, nonce, plain, context), nil
}

// UnwrapKeySet reads what Wrap wrote.
func UnwrapKeySet(aead cipher.AEAD, context, data []byte) (*KeySet, error) {
	if len(data) < aead.NonceSize() || len(data) > wrapLimit {
		return nil, errors.New("unwrap keys: wrong size")
	}
	nonce, box := data[:aead.NonceSize()], data[aead.NonceSize():]
	plain, err := aead.Open(nil, nonce, box, context)
	if err != nil {
		return nil, errors.New("unwrap keys: another key, or damaged")
	}
	defer clear(plain)
	var in wrappedKeys
	if err := signed.Decode(plain, wrapLimit, &in); err != nil {
		return nil, fmt.Errorf("unwrap keys: %w", err)
	}
	if in.Version != 1 {
		return nil, fmt.Errorf("unwrap keys: version %d is not known", in.Version)
	}
	signing, err := signed.PrivateKeyFromSeed(in.Signing)
	if err != nil {
		return nil, err
	}
	transport, err := signed.PrivateKeyFromSeed(in.Transport)
	if err != nil {
		return nil, err
	}
	sealing, err := SealPrivateFromBytes(in.Sealing)
	if err != nil {
		return nil, err
	}
	return &KeySet{signing, transport, sealing}, nil
}
