package record

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
)

// ErrContentKey says that a content key is not the one that the organisation signed for.
var ErrContentKey = errors.New("content key is not the one that was signed for")

// CommitKey is what a signed thing says of the content key that it opens with: SHA-256 of a domain,
// the thing's own context, which names it and its version, and the key, which stands last and is
// 32 random bytes, so that this tells nobody anything of it. Whoever hands the thing on with another key is found
// out when it is received, not when somebody needs to read it.
func CommitKey(context, key []byte) []byte {
	h := sha256.New()
	h.Write([]byte("handslag/1/content-key-commitment\x00"))
	h.Write(context)
	h.Write(key)
	return h.Sum(nil)
}

// CheckKey says whether key is the one of commitment: ErrContentKey where it is not.
func CheckKey(commitment, context, key []byte) error {
	if !hmac.Equal(commitment, CommitKey(context, key)) {
		return fmt.Errorf("check content key: %w", ErrContentKey)
	}
	return nil
}

// WithKey is the record with its commitment to key, which its protected part is encrypted under.
func (r Record) WithKey(key []byte) Record {
	r.Commitment = CommitKey(PartContext(r.Org, r.ID, r.Number), key)
	return r
}

// CheckKey says whether key is what the organisation signed for: ErrContentKey where it is not.
func (r Record) CheckKey(key []byte) error {
	return CheckKey(r.Commitment, PartContext(r.Org, r.ID, r.Number), key)
}
