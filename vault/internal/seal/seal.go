// Package seal makes keys, derives one from another, and seals what is small under one. It keeps none, and
// wipes none: who asked for one does.
package seal

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"

	"handslag/identity"
)

// Bytes of every key, and of a key that is sealed: nonce, key, tag.
const (
	KeySize = 32
	BoxSize = 12 + KeySize + 16
)

// Random is size bytes that nobody can guess.
func Random(size int) []byte {
	data := make([]byte, size)
	rand.Read(data)
	return data
}

// Key is the key for one use under another (HKDF-Expand, RFC 5869).
func Key(key []byte, use string) []byte {
	derived, err := hkdf.Expand(sha256.New, key, "handslag/1/vault-subkey/"+use, KeySize)
	if err != nil {
		panic(err) // only for a length that HKDF can not give
	}
	return derived
}

// KeyOf is the key that HKDF-SHA256 (RFC 5869) makes of what is secret but need not look random.
func KeyOf(secret, salt []byte, use string) []byte {
	key, err := hkdf.Key(sha256.New, secret, salt, use, KeySize)
	if err != nil {
		panic(err) // only for a length that HKDF can not give
	}
	return key
}

// Box encrypts plain under a key of KeySize bytes, for the one place that context names.
func Box(key, plain, context []byte) []byte {
	aead, err := identity.NewAEAD(key)
	if err != nil {
		panic(err) // every key here is made KeySize bytes long
	}
	return aead.Seal(nil, nil, plain, context)
}

// Open reads what Box wrote.
func Open(key, box, context []byte) ([]byte, error) {
	aead, err := identity.NewAEAD(key)
	if err != nil {
		return nil, err
	}
	return aead.Open(nil, nil, box, context)
}
