package identity

import (
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"

	"handslag/identity/signed"
)

// KeySet is a device's keys, one for each use. Signing and sealing keys leave it only
// wrapped by an AEAD that is handed in; the transport key is handed to libp2p, which
// wants it whole.
//
// A lock of the vault destroys it under whoever still holds it: from then on secrets are
// gone, an error where there was a deed, and what is public stays.
type KeySet struct {
	public PublicKeys
	device DeviceID

	mu        sync.RWMutex // a key is not zeroed under a signature
	signing   *signed.PrivateKey
	transport *signed.PrivateKey
	witness   *signed.PrivateKey
	sealing   *SealPrivate // nil once destroyed
}

// ErrDestroyed says that the keys are locked away.
var ErrDestroyed = errors.New("the device's keys are locked away")

// PublicKeys is the public half of a KeySet, as a credential binds it.
type PublicKeys struct {
	Signing   signed.Key `cbor:"1,keyasint"`
	Transport signed.Key `cbor:"2,keyasint"`
	Sealing   SealKey    `cbor:"3,keyasint"`
	Witness   signed.Key `cbor:"4,keyasint"` // cosigns checkpoints of the audit log, and nothing else
}

// Check says whether each key is of a known kind and no two are one.
func (k PublicKeys) Check() error {
	switch {
	case k.Signing.Check() != nil, k.Transport.Check() != nil, k.Witness.Check() != nil, k.Sealing.Suite != SuiteHybrid:
		return errors.New("key of an unknown kind")
	case k.Signing.Equal(k.Transport), k.Signing.Equal(k.Witness), k.Transport.Equal(k.Witness):
		return errors.New("one key for two uses")
	}
	return nil
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
	witness, err := signed.NewPrivateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	sealing, err := NewSealPrivate()
	if err != nil {
		return nil, err
	}
	return newKeySet(signing, transport, witness, sealing), nil
}

func newKeySet(signing, transport, witness *signed.PrivateKey, sealing *SealPrivate) *KeySet {
	return &KeySet{
		public:  PublicKeys{signing.Public(), transport.Public(), sealing.Public(), witness.Public()},
		device:  DeviceIDOf(signing.Public()),
		signing: signing, transport: transport, witness: witness, sealing: sealing,
	}
}

// Public is what others may know.
func (k *KeySet) Public() PublicKeys { return k.public }

// Device is the ID that these keys stand for.
func (k *KeySet) Device() DeviceID { return k.device }

// Sign signs payload for domain with the device's signing key.
func (k *KeySet) Sign(domain signed.Domain, payload any) ([]byte, error) {
	c, err := signed.NewContent(domain, payload)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	return k.SignContent(c)
}

// SignContent signs what is encoded already, with the device's signing key.
func (k *KeySet) SignContent(c signed.Content) ([]byte, error) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if k.sealing == nil {
		return nil, fmt.Errorf("sign: %w", ErrDestroyed)
	}
	return c.Sign(k.signing)
}

// Cosign signs message with the device's witness key: what C2SP tlog-cosignature has a witness sign, whose
// first line keeps it from being taken for anything else.
func (k *KeySet) Cosign(message []byte) ([]byte, error) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if k.sealing == nil {
		return nil, fmt.Errorf("cosign: %w", ErrDestroyed)
	}
	return ed25519.Sign(k.witness.Ed25519(), message), nil
}

// OpenSealed opens what was sealed to this device.
func (k *KeySet) OpenSealed(info string, data []byte) ([]byte, error) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if k.sealing == nil {
		return nil, fmt.Errorf("open sealed: %w", ErrDestroyed)
	}
	return k.sealing.Open(info, data)
}

// Transport is the key that the device speaks libp2p with: a copy, which ends with whoever
// asked for it and not with the set.
func (k *KeySet) Transport() (*signed.PrivateKey, error) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if k.sealing == nil {
		return nil, fmt.Errorf("hand out transport key: %w", ErrDestroyed)
	}
	seed := k.transport.Seed()
	defer clear(seed)
	return signed.PrivateKeyFromSeed(seed)
}

// Destroy zeroes what Go lets us zero; the set signs and opens nothing afterwards.
func (k *KeySet) Destroy() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.signing.Destroy()
	k.transport.Destroy()
	k.witness.Destroy()
	k.sealing = nil
}

type wrappedKeys struct {
	_         struct{} `cbor:",toarray"`
	Version   uint64
	Signing   []byte
	Transport []byte
	Sealing   []byte
	Witness   []byte
}

// wrapLimit bounds a wrapped key set, in bytes.
const wrapLimit = 1024

// Wrap encrypts the set under aead with a random nonce, which stands before the
// ciphertext; context is authenticated with it.
func (k *KeySet) Wrap(aead cipher.AEAD, context []byte) ([]byte, error) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if k.sealing == nil {
		return nil, fmt.Errorf("wrap keys: %w", ErrDestroyed)
	}
	sealing, err := k.sealing.Bytes()
	if err != nil {
		return nil, fmt.Errorf("wrap keys: %w", err)
	}
	defer clear(sealing)
	signing, transport, witness := k.signing.Seed(), k.transport.Seed(), k.witness.Seed()
	defer clear(signing)
	defer clear(transport)
	defer clear(witness)
	plain, err := signed.Encode(wrappedKeys{Version: 1, Signing: signing, Transport: transport, Sealing: sealing, Witness: witness})
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
	witness, err := signed.PrivateKeyFromSeed(in.Witness)
	if err != nil {
		return nil, err
	}
	sealing, err := SealPrivateFromBytes(in.Sealing)
	if err != nil {
		return nil, err
	}
	return newKeySet(signing, transport, witness, sealing), nil
}
