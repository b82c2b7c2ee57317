package identity

import (
	"bytes"
	"crypto/hpke"
	"errors"
	"fmt"

	"handslag/identity/signed"
)

// Suite names an HPKE suite on the wire.
type Suite uint64

// SuiteHybrid is MLKEM768-X25519, HKDF-SHA256, AES-256-GCM (RFC 9180 and
// draft-ietf-hpke-pq), base mode: what is sealed does not say who sealed it, so it
// always travels inside something signed.
const SuiteHybrid Suite = 1

// ErrSealed says that sealed bytes do not open: another key, another purpose, or damage.
var ErrSealed = errors.New("sealed bytes do not open")

// SealKey is a public key to seal to (1216 bytes in SuiteHybrid).
type SealKey struct {
	_     struct{} `cbor:",toarray"`
	Suite Suite
	Bytes []byte
}

type sealed struct {
	_     struct{} `cbor:",toarray"`
	Suite Suite
	Bytes []byte
}

// maxSealed bounds what Seal takes, in bytes: it is for keys, not for data.
const maxSealed = 4096

// Seal encrypts a short secret to key; info binds it to its purpose and must be given
// again to open it. A 32-byte secret becomes about 1175 bytes.
func Seal(key SealKey, info string, secret []byte) ([]byte, error) {
	if key.Suite != SuiteHybrid {
		return nil, errors.New("seal: key of an unknown suite")
	}
	if len(secret) > maxSealed {
		return nil, errors.New("seal: too large to be a key")
	}
	public, err := hpke.MLKEM768X25519().NewPublicKey(key.Bytes)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	box, err := hpke.Seal(public, hpke.HKDFSHA256(), hpke.AES256GCM(), []byte(info), secret)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return signed.Encode(sealed{Suite: key.Suite, Bytes: box})
}

// SealPrivate opens what was sealed to its public key. It prints as nothing.
type SealPrivate struct{ key hpke.PrivateKey }

// NewSealPrivate makes a key of SuiteHybrid from the system's randomness.
func NewSealPrivate() (*SealPrivate, error) {
	key, err := hpke.MLKEM768X25519().GenerateKey()
	if err != nil {
		return nil, fmt.Errorf("make sealing key: %w", err)
	}
	return &SealPrivate{key}, nil
}

// SealPrivateFromBytes is the key that Bytes gave.
func SealPrivateFromBytes(data []byte) (*SealPrivate, error) {
	key, err := hpke.MLKEM768X25519().NewPrivateKey(data)
	if err != nil {
		return nil, fmt.Errorf("read sealing key: %w", err)
	}
	return &SealPrivate{key}, nil
}

// Public is the key to seal to.
func (s *SealPrivate) Public() SealKey {
	return SealKey{Suite: SuiteHybrid, Bytes: s.key.PublicKey().Bytes()}
}

// Bytes is the secret; the caller wraps it and wipes its copy. The library hands out the
// slice that it works on, which a caller's wiping would turn into zeros.
func (s *SealPrivate) Bytes() ([]byte, error) {
	secret, err := s.key.Bytes()
	return bytes.Clone(secret), err
}

// Open opens what Seal sealed with the same info; it returns ErrSealed otherwise.
func (s *SealPrivate) Open(info string, data []byte) ([]byte, error) {
	if s == nil || s.key == nil {
		return nil, errors.New("open sealed: the key is locked away")
	}
	var in sealed
	if err := signed.Decode(data, 2*maxSealed, &in); err != nil {
		return nil, fmt.Errorf("open sealed: %w: %w", ErrSealed, err)
	}
	if in.Suite != SuiteHybrid {
		return nil, fmt.Errorf("open sealed: unknown suite: %w", ErrSealed)
	}
	secret, err := hpke.Open(s.key, hpke.HKDFSHA256(), hpke.AES256GCM(), []byte(info), in.Bytes)
	if err != nil {
		return nil, fmt.Errorf("open sealed: %w", ErrSealed)
	}
	return secret, nil
}

// String keeps the secret out of logs.
func (SealPrivate) String() string { return "sealing key" }

// GoString keeps the secret out of logs.
func (SealPrivate) GoString() string { return "sealing key" }
