package record

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"log/slog"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
)

// Protected is the protected part in the clear: what may be seen only after a durable
// entry says so.
type Protected struct {
	_      struct{} `cbor:",toarray"`
	Fields []Field
}

// LogValue keeps it out of every log.
func (Protected) LogValue() slog.Value { return slog.StringValue("redacted part") }

// LogValue keeps it out of every log.
func (Field) LogValue() slog.Value { return slog.StringValue("redacted field") }

// Field is one line of a protected part. Name is a code that screens have a word for
// ("phone", "street"), or a word to show as it is.
type Field struct {
	_     struct{} `cbor:",toarray"`
	Name  string
	Value string
}

// SealProtected encrypts a protected part under a new content key for exactly this record
// and version. It returns the ciphertext, its hash for Record.Cipher, and the key.
func SealProtected(org identity.OrgID, id journal.RecordID, number uint64, part Protected) (cipher, hash, key []byte, err error) {
	plain, err := signed.Encode(part)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("seal protected part: %w", err)
	}
	defer clear(plain)
	key = make([]byte, identity.AEADKeySize)
	rand.Read(key)
	aead, err := identity.NewAEAD(key)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("seal protected part: %w", err)
	}
	cipher = aead.Seal(nil, nil, plain, PartContext(org, id, number))
	if len(cipher) > CipherLimit {
		return nil, nil, nil, fmt.Errorf("seal protected part: %w", signed.ErrTooLarge)
	}
	sum := sha256.Sum256(cipher)
	return cipher, sum[:], key, nil
}

// PartContext is the AAD of a protected part's ciphertext.
func PartContext(org identity.OrgID, id journal.RecordID, number uint64) []byte {
	return fmt.Appendf(nil, "handslag/1/protected-part/%s/%s/%d", org, id, number)
}

// PageKeyInfo is the HPKE info of the key of one page of changes, which the content keys on it are wrapped with on
// their way from the connected system to a device; cursor is the page's.
func PageKeyInfo(org identity.OrgID, device identity.DeviceID, cursor string) string {
	return fmt.Sprintf("handslag/1/page-key/%s/%s/%s", org, device, cursor)
}

// ContentKeyInfo is the AAD of a content key that is wrapped under a page's key.
func ContentKeyInfo(org identity.OrgID, id journal.RecordID, number uint64, device identity.DeviceID) string {
	return fmt.Sprintf("handslag/1/content-key/%s/%s/%d/%s", org, id, number, device)
}

// ShareKeyInfo is the HPKE info of a share's key, which content keys are wrapped with on their way
// from one verified device to another: transcript is H(T) of their verification, so that it opens in
// no other.
func ShareKeyInfo(transcript []byte) string {
	return fmt.Sprintf("handslag/1/share-key/%x", transcript)
}

// SharedKeyInfo is the AAD of a content key that is wrapped under a share's key.
func SharedKeyInfo(transcript []byte, id journal.RecordID, number uint64) string {
	return fmt.Sprintf("handslag/1/shared-key/%x/%s/%d", transcript, id, number)
}
