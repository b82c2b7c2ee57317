package organisation

import (
	"crypto/rand"
	"errors"
	"fmt"
	"slices"

	"handslag/identity"
	"handslag/identity/signed"
)

// ErrRecovery says that a file is not a recovery file, or a damaged one, or another
// organisation's.
var ErrRecovery = errors.New("not a recovery file of this organisation, or damaged")

// recoveryLimit bounds a recovery file, in bytes.
const recoveryLimit = 8 << 10

// recoveryFile is what lies offline: a COSE_Sign1 by the root key over this. The
// signature tells a damaged file from a wrong passphrase.
type recoveryFile struct {
	Version uint64      `cbor:"1,keyasint"`
	Root    signed.Key  `cbor:"2,keyasint"`
	Name    string      `cbor:"3,keyasint"`
	Made    signed.Time `cbor:"4,keyasint"`
	KDF     *derivation `cbor:"5,keyasint,omitempty"` // absent: Box is not encrypted
	Box     []byte      `cbor:"6,keyasint"`           // recoverySecrets, encrypted where KDF says how
}

// recoverySecrets are the two keys that outlive the server.
type recoverySecrets struct {
	Root    []byte `cbor:"1,keyasint"` // Ed25519 seed
	Sealing []byte `cbor:"2,keyasint"`

	// Former are sealing keys from before, the newest first: what was sealed to them opens still.
	Former [][]byte `cbor:"3,keyasint,omitempty"`
}

// clear wipes the plain form.
func (s *recoverySecrets) clear() {
	for _, secret := range slices.Concat(s.Former, [][]byte{s.Root, s.Sealing}) {
		clear(secret)
	}
}

// boxContext binds the encrypted box to this use and organisation.
func boxContext(root signed.Key) []byte {
	return fmt.Appendf(nil, "%s\x00%s", signed.DomainRecoveryFile, identity.OrgIDOf(root))
}

// sealRecovery makes the recovery file; without a passphrase it lies open, for a safe.
// sealing keys are given the newest first.
func sealRecovery(root *signed.PrivateKey, sealing []*identity.SealPrivate, name string, passphrase []byte, made signed.Time) ([]byte, error) {
	secrets := recoverySecrets{Root: root.Seed()}
	defer func() { secrets.clear() }()
	for i, key := range sealing {
		secret, err := key.Bytes()
		if err != nil {
			return nil, fmt.Errorf("make recovery file: %w", err)
		}
		if i == 0 {
			secrets.Sealing = secret
		} else {
			secrets.Former = append(secrets.Former, secret)
		}
	}
	plain, err := signed.Encode(secrets)
	if err != nil {
		return nil, fmt.Errorf("make recovery file: %w", err)
	}
	defer clear(plain)
	file := recoveryFile{Version: 1, Root: root.Public(), Name: name, Made: made, Box: plain}
	if passphrase != nil {
		if err := checkPassphrase(passphrase); err != nil {
			return nil, fmt.Errorf("make recovery file: %w", err)
		}
		how := newDerivation()
		aead, err := how.aead(passphrase)
		if err != nil {
			return nil, fmt.Errorf("make recovery file: %w", err)
		}
		nonce := make([]byte, aead.NonceSize())
		rand.Read(nonce)
		file.KDF, file.Box = &how, aead.Seal(nonce, nonce, plain, boxContext(file.Root))
	}
	return signed.Sign(signed.DomainRecoveryFile, root, file)
}

// readRecovery checks everything about a recovery file that needs no passphrase.
func readRecovery(data []byte) (recoveryFile, error) {
	var claim recoveryFile
	if err := signed.Unverified(data, recoveryLimit, &claim); err != nil {
		return recoveryFile{}, fmt.Errorf("read recovery file: %w: %w", ErrRecovery, err)
	}
	var file recoveryFile
	if err := signed.Open(signed.DomainRecoveryFile, claim.Root, data, recoveryLimit, &file); err != nil {
		return recoveryFile{}, fmt.Errorf("read recovery file: %w: %w", ErrRecovery, err)
	}
	if file.Version != 1 {
		return recoveryFile{}, fmt.Errorf("read recovery file: %w: version %d is not known", ErrRecovery, file.Version)
	}
	if file.KDF != nil {
		if err := file.KDF.check(); err != nil {
			return recoveryFile{}, fmt.Errorf("read recovery file: %w: %w", ErrRecovery, err)
		}
	}
	return file, nil
}

// open gives the root key and the sealing keys, the newest first. It returns ErrPassphraseNeeds, ErrPassphrase
// or ErrRecovery.
func (f recoveryFile) open(passphrase []byte) (*signed.PrivateKey, []*identity.SealPrivate, error) {
	plain := f.Box
	if f.KDF != nil {
		if len(passphrase) == 0 {
			return nil, nil, fmt.Errorf("open recovery file: %w", ErrPassphraseNeeds)
		}
		if len(passphrase) > MaxPassphrase {
			return nil, nil, fmt.Errorf("open recovery file: %w", ErrPassphrase)
		}
		aead, err := f.KDF.aead(passphrase)
		if err != nil {
			return nil, nil, fmt.Errorf("open recovery file: %w", err)
		}
		n := aead.NonceSize()
		if len(f.Box) < n {
			return nil, nil, fmt.Errorf("open recovery file: %w", ErrRecovery)
		}
		if plain, err = aead.Open(nil, f.Box[:n], f.Box[n:], boxContext(f.Root)); err != nil {
			return nil, nil, fmt.Errorf("open recovery file: %w", ErrPassphrase)
		}
		defer clear(plain)
	}
	var in recoverySecrets
	if err := signed.Decode(plain, recoveryLimit, &in); err != nil {
		return nil, nil, fmt.Errorf("open recovery file: %w: %w", ErrRecovery, err)
	}
	root, err := signed.PrivateKeyFromSeed(in.Root)
	if err != nil || !root.Public().Equal(f.Root) {
		return nil, nil, fmt.Errorf("open recovery file: %w: its root key is another", ErrRecovery)
	}
	var sealing []*identity.SealPrivate
	for _, secret := range append([][]byte{in.Sealing}, in.Former...) {
		key, err := identity.SealPrivateFromBytes(secret)
		if err != nil {
			return nil, nil, fmt.Errorf("open recovery file: %w: %w", ErrRecovery, err)
		}
		sealing = append(sealing, key)
	}
	return root, sealing, nil
}
