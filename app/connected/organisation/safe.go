package organisation

import (
	"fmt"

	"handslag/identity"
	"handslag/identity/signed"
)

// Safe is a recovery file that has been opened.
type Safe struct {
	Org     identity.OrgID
	Root    *signed.PrivateKey
	Sealing []*identity.SealPrivate // the newest first
	file    recoveryFile
}

// OpenRecovery opens the recovery file at path. It returns ErrPassphraseNeeds, ErrPassphrase or ErrRecovery.
func OpenRecovery(path string, passphrase []byte) (*Safe, error) {
	data, err := readLimited(path, recoveryLimit)
	if err != nil {
		return nil, fmt.Errorf("read recovery file: %w", err)
	}
	defer clear(data)
	file, err := readRecovery(data)
	if err != nil {
		return nil, err
	}
	root, sealing, err := file.open(passphrase)
	if err != nil {
		return nil, err
	}
	return &Safe{Org: identity.OrgIDOf(file.Root), Root: root, Sealing: sealing, file: file}, nil
}

// String keeps the secrets out of logs.
func (s *Safe) String() string { return "recovery file of organisation " + string(s.Org) }

// GoString keeps the secrets out of logs.
func (s *Safe) GoString() string { return s.String() }

func openRecovery(org identity.OrgID, path string, passphrase []byte) (*Safe, error) {
	data, err := readLimited(path, recoveryLimit)
	if err != nil {
		return nil, fmt.Errorf("read recovery file: %w", err)
	}
	defer clear(data)
	file, err := readRecovery(data)
	if err != nil {
		return nil, err
	}
	if identity.OrgIDOf(file.Root) != org { // before anybody's passphrase is tried on it
		return nil, fmt.Errorf("%w: another organisation's", ErrRecovery)
	}
	return OpenRecovery(path, passphrase)
}

// rewrite puts a recovery file with these sealing keys in its place.
func (s *Safe) rewrite(path string, passphrase []byte, sealing [][]byte) error {
	var keys []*identity.SealPrivate
	for _, secret := range sealing {
		key, err := identity.SealPrivateFromBytes(secret)
		if err != nil {
			return fmt.Errorf("write recovery file: %w", err)
		}
		keys = append(keys, key)
	}
	if s.file.KDF == nil {
		passphrase = nil
	}
	data, err := sealRecovery(s.Root, keys, s.file.Name, passphrase, s.file.Made)
	if err != nil {
		return err
	}
	defer clear(data)
	if len(data) > recoveryLimit {
		return fmt.Errorf("write recovery file: %w: too many keys", ErrRecovery)
	}
	return replace(path, data)
}
