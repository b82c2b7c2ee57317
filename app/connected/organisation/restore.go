package organisation

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"handslag/identity"
)

// Restore makes an organisation's folder in dir of what Export gave and of its signed statement, under
// a new server key, with a new certificate of the TLS key. It returns ErrExists where one is there.
func Restore(dir string, exported, statement []byte, now time.Time) (*Keys, error) {
	k, err := restore(dir, exported, statement, now)
	if err != nil {
		return nil, fmt.Errorf("restore organisation: %w", err)
	}
	return k, nil
}

func restore(dir string, exported, statement []byte, now time.Time) (*Keys, error) {
	ring, err := decodeKeys(exported)
	if err != nil {
		return nil, err
	}
	defer ring.clear()
	s, err := identity.OpenStatement(statement, ring.Org)
	if err != nil {
		return nil, err
	}
	_, host, err := hostOf(s.URL)
	if err != nil {
		return nil, err
	}
	cert, err := ring.certificate(s.TLS[0], []string{host}, now)
	if err != nil {
		return nil, err
	}
	if err := ring.settle(dir, statement, cert, func() error { return nil }, func() {}); err != nil {
		return nil, err
	}
	return open(dir)
}

// Remove takes away an organisation's folder that was made and is not to be.
func Remove(dir string) error {
	if err := os.RemoveAll(filepath.Join(dir, folderName)); err != nil {
		return fmt.Errorf("remove organisation: %w", err)
	}
	return nil
}
