package organisation

import (
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"

	"golang.org/x/crypto/argon2"

	"handslag/identity"
)

// Bounds of a recovery passphrase, in bytes. It guards the root key against anybody who
// finds the file, for as long as they like to guess.
const (
	MinPassphrase = 12
	MaxPassphrase = 1024
)

// Errors about passphrases.
var (
	ErrPassphrase      = errors.New("the recovery passphrase is wrong")
	ErrPassphraseNeeds = errors.New("the recovery file wants its passphrase")
	ErrPassphraseSize  = fmt.Errorf("a recovery passphrase has %d to %d bytes", MinPassphrase, MaxPassphrase)
)

// argon2id names the one key derivation of this version.
const argon2id uint64 = 1

// derivation says how a key was made of a passphrase: Argon2id (RFC 9106).
type derivation struct {
	_       struct{} `cbor:",toarray"`
	Name    uint64
	Salt    []byte // 16 bytes
	Passes  uint64
	Memory  uint64 // KiB
	Threads uint64
}

const saltSize = 16

// newDerivation takes RFC 9106's second recommended option, four times the floor of the
// design in memory: a recovery file is opened seldom.
func newDerivation() derivation {
	salt := make([]byte, saltSize)
	rand.Read(salt)
	return derivation{Name: argon2id, Salt: salt, Passes: 3, Memory: 256 << 10, Threads: 4}
}

// check keeps a strange file from costing more than a minute or a gigabyte, and from
// being weaker than the design's floor.
func (d derivation) check() error {
	if d.Name != argon2id || len(d.Salt) != saltSize || d.Passes < 3 || d.Passes > 10 ||
		d.Memory < 64<<10 || d.Memory > 1<<20 || d.Threads < 1 || d.Threads > 16 {
		return errors.New("key derivation is unknown or out of bounds")
	}
	return nil
}

// aead is the cipher under the passphrase's key.
func (d derivation) aead(passphrase []byte) (cipher.AEAD, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	key := argon2.IDKey(passphrase, d.Salt, uint32(d.Passes), uint32(d.Memory), uint8(d.Threads), identity.AEADKeySize)
	defer clear(key)
	return identity.NewAEAD(key)
}

func checkPassphrase(passphrase []byte) error {
	if len(passphrase) < MinPassphrase || len(passphrase) > MaxPassphrase {
		return ErrPassphraseSize
	}
	return nil
}
