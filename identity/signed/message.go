package signed

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"

	"github.com/veraison/go-cose"
)

// envelope is an untagged COSE_Sign1 (RFC 9052 §4.2), read strictly: the protected
// header holds the algorithm and nothing else, the unprotected header is empty. Messages are
// made by Content and verified by go-cose, so that neither's reading of the RFC stands alone.
type envelope struct {
	_           struct{} `cbor:",toarray"`
	Protected   []byte
	Unprotected map[int64]int64
	Payload     []byte
	Signature   []byte
}

type protectedHeader struct {
	Alg Algorithm `cbor:"1,keyasint"`
}

// Overhead is more than an envelope adds to its payload, in bytes.
const Overhead = 128

// Sign encodes payload and signs it for domain.
func Sign(domain Domain, key *PrivateKey, payload any) ([]byte, error) {
	c, err := NewContent(domain, payload)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	return c.Sign(key)
}

// Open verifies a message of at most limit bytes under key and domain, over the
// received bytes, and only then decodes its payload into v. It returns ErrTooLarge,
// ErrMalformed or ErrSignature.
func Open(domain Domain, key Key, message []byte, limit int, v any) error {
	body, err := verify(domain, key, message, limit)
	if err != nil {
		return err
	}
	return Decode(body, limit, v)
}

// OpenAny is Open under the first of keys that verifies: an issuer keeps its former
// keys in its statement while what they signed is still about.
func OpenAny(domain Domain, keys []Key, message []byte, limit int, v any) error {
	err := fmt.Errorf("open: no key: %w", ErrSignature)
	for _, key := range keys {
		if err = Open(domain, key, message, limit, v); !errors.Is(err, ErrSignature) {
			return err
		}
	}
	return err
}

// Unverified decodes the payload of a message without checking its signature: for
// finding the key that must have signed it. Open it with that key before use.
func Unverified(message []byte, limit int, v any) error {
	env, err := unwrap(message, limit)
	if err != nil {
		return err
	}
	return Decode(env.Payload, limit, v)
}

// Split is the payload of a message, still encoded, and its signature: all that is in it. Join
// puts the same bytes together again. The signature is not checked.
func Split(message []byte, limit int) (payload, signature []byte, err error) {
	env, err := unwrap(message, limit)
	return env.Payload, env.Signature, err
}

// Join is the message of which signature is the signature and payload the decoded payload: one
// value has one encoding, so who keeps both need not keep the message.
func Join(payload any, signature []byte) ([]byte, error) {
	body, err := Encode(payload)
	if err != nil {
		return nil, fmt.Errorf("join message: %w", err)
	}
	return Encode(envelope{Protected: protected, Unprotected: map[int64]int64{}, Payload: body, Signature: signature})
}

func unwrap(message []byte, limit int) (envelope, error) {
	var env envelope
	if err := Decode(message, limit, &env); err != nil {
		return env, err
	}
	if !bytes.Equal(env.Protected, protected) || len(env.Unprotected) != 0 || env.Unprotected == nil ||
		env.Payload == nil || len(env.Signature) != ed25519.SignatureSize {
		return env, fmt.Errorf("read envelope: %w", ErrMalformed)
	}
	return env, nil
}

func verify(domain Domain, key Key, message []byte, limit int) ([]byte, error) {
	env, err := unwrap(message, limit)
	if err != nil {
		return nil, err
	}
	if err := key.Check(); err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	verifier, err := cose.NewVerifier(cose.AlgorithmEdDSA, ed25519.PublicKey(key.Bytes))
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	var parsed cose.UntaggedSign1Message
	if err := parsed.UnmarshalCBOR(message); err != nil {
		return nil, fmt.Errorf("open: %w: %w", ErrMalformed, err)
	}
	if err := parsed.Verify([]byte(domain), verifier); err != nil {
		return nil, fmt.Errorf("open: %w", ErrSignature)
	}
	if !bytes.Equal(parsed.Payload, env.Payload) {
		return nil, fmt.Errorf("open: %w", ErrMalformed)
	}
	return env.Payload, nil
}
