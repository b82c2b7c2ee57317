package header

import (
	"fmt"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"handslag/vault/internal/fault"
	"handslag/vault/internal/seal"
)

// KDF is how the passphrase becomes a key: Argon2id (RFC 9106), in the header.
type KDF struct {
	Algorithm string `cbor:"1,keyasint"`
	Version   uint64 `cbor:"2,keyasint"` // of Argon2, 0x13
	Time      uint64 `cbor:"3,keyasint"` // passes
	Memory    uint64 `cbor:"4,keyasint"` // KiB
	Threads   uint64 `cbor:"5,keyasint"`
	Salt      []byte `cbor:"6,keyasint"` // 32 bytes
}

const (
	argon2id = "argon2id"
	saltSize = 32

	// What a new vault costs, and the least that one may cost.
	FloorTime, FloorMemory, FloorThreads = 3, 64 << 10, 4

	// What a header may ask for: a forged one must not take the machine down.
	capTime, capMemory, capThreads = 16, 1 << 20, 16
	capWork                        = 4 << 20 // KiB × passes
)

func newKDF(cheap bool) KDF {
	k := KDF{Algorithm: argon2id, Version: argon2.Version, Time: FloorTime, Memory: FloorMemory, Threads: FloorThreads, Salt: seal.Random(saltSize)}
	if cheap {
		k.Time, k.Memory, k.Threads = 1, 64, 1
	}
	return k
}

// Raised is k with a salt of its own and nothing below what a new vault costs, and whether
// that costs more than k. What is above the floor already stays: it never gets cheaper.
func (k KDF) Raised(cheap bool) (KDF, bool) {
	r := newKDF(cheap)
	r.Time, r.Memory, r.Threads = max(k.Time, r.Time), max(k.Memory, r.Memory), max(k.Threads, r.Threads)
	return r, r.Time > k.Time || r.Memory > k.Memory || r.Threads > k.Threads
}

func (k KDF) check() error {
	switch {
	case k.Algorithm != argon2id, k.Version != argon2.Version:
		return fmt.Errorf("unknown key derivation: %w", fault.ErrFormat)
	case len(k.Salt) != saltSize, k.Time == 0, k.Threads == 0, k.Memory < 8*k.Threads,
		k.Time > capTime, k.Memory > capMemory, k.Threads > capThreads, k.Time*k.Memory > capWork:
		return fmt.Errorf("key derivation out of bounds: %w", fault.ErrDamaged)
	}
	return nil
}

// stretch is Argon2id of the passphrase, which is normalised as RFC 8265 §4.2.2 says, because
// keyboards disagree about how å, ä and ö are spelled, and some make a no-break space of a
// hurried one: every space is U+0020, and then NFC.
func (k KDF) stretch(passphrase []byte) ([]byte, error) {
	if err := k.check(); err != nil {
		return nil, err
	}
	spaced := plainSpaces(passphrase)
	defer clear(spaced)
	normal := norm.NFC.Append(nil, spaced...) // a copy of our own, to wipe
	defer clear(normal)
	return argon2.IDKey(normal, k.Salt, uint32(k.Time), uint32(k.Memory), uint8(k.Threads), seal.KeySize), nil
}

// plainSpaces is text with U+0020 for every other space. What is no UTF-8 stays as it is.
func plainSpaces(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		if unicode.Is(unicode.Zs, r) {
			out = append(out, ' ')
		} else {
			out = append(out, text[:size]...)
		}
		text = text[size:]
	}
	return out
}
