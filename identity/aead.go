package identity

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
)

// AEADKeySize is the size of a key for NewAEAD, in bytes.
const AEADKeySize = 32

// NewAEAD is AES-256-GCM with a random nonce that stands before the ciphertext (NIST SP
// 800-38D §8.2.2): NonceSize is 0, Seal and Open take a nil nonce. One key may seal at
// most 2³² messages.
func NewAEAD(key []byte) (cipher.AEAD, error) {
	if len(key) != AEADKeySize {
		return nil, errors.New("make AEAD: key is not 32 bytes")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("make AEAD: %w", err)
	}
	return cipher.NewGCMWithRandomNonce(block)
}
