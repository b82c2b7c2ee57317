package signed

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
)

// Algorithm is a COSE algorithm identifier (IANA registry "COSE Algorithms").
type Algorithm int64

// EdDSA is Ed25519 (RFC 8032, RFC 9053 §2.2): the only algorithm today. The field
// exists so that ML-DSA can stand beside it.
const EdDSA Algorithm = -8

// Key is a public signature key with its algorithm.
type Key struct {
	_     struct{} `cbor:",toarray"`
	Alg   Algorithm
	Bytes []byte
}

// Check says whether k is a key this package can verify with.
func (k Key) Check() error {
	if k.Alg != EdDSA || len(k.Bytes) != ed25519.PublicKeySize {
		return errors.New("not a key of a known algorithm")
	}
	return nil
}

// Equal reports whether both are the same key.
func (k Key) Equal(other Key) bool {
	return k.Alg == other.Alg && string(k.Bytes) == string(other.Bytes)
}

// PrivateKey signs. It prints as nothing and encodes as nothing, so that it can not
// slip into a log; only Seed lets it out, for wrapping.
type PrivateKey struct{ key ed25519.PrivateKey }

// NewPrivateKey makes an Ed25519 key from random, 32 bytes of it.
func NewPrivateKey(random io.Reader) (*PrivateKey, error) {
	seed := make([]byte, ed25519.SeedSize)
	if _, err := io.ReadFull(random, seed); err != nil {
		return nil, fmt.Errorf("make signing key: %w", err)
	}
	return PrivateKeyFromSeed(seed)
}

// PrivateKeyFromSeed is the key that Seed gave, 32 bytes.
func PrivateKeyFromSeed(seed []byte) (*PrivateKey, error) {
	if len(seed) != ed25519.SeedSize {
		return nil, errors.New("make signing key: seed is not 32 bytes")
	}
	return &PrivateKey{ed25519.NewKeyFromSeed(seed)}, nil
}

// Public is the key to verify with.
func (p *PrivateKey) Public() Key {
	return Key{Alg: EdDSA, Bytes: []byte(p.key.Public().(ed25519.PublicKey))}
}

// Seed is the secret, 32 bytes; the caller wraps it and wipes its copy.
func (p *PrivateKey) Seed() []byte { return p.key.Seed() }

// Ed25519 is the raw key, for protocols that bring their own signatures (TLS, libp2p).
func (p *PrivateKey) Ed25519() ed25519.PrivateKey { return p.key }

// Destroy zeroes the key; it signs nothing afterwards.
func (p *PrivateKey) Destroy() {
	clear(p.key)
	p.key = nil
}

// String keeps the secret out of logs.
func (PrivateKey) String() string { return "private key" }

// GoString keeps the secret out of logs.
func (PrivateKey) GoString() string { return "private key" }
