package organisation

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"

	"handslag/identity"
	"handslag/identity/signed"
)

// Rotation names a key that is replaced by a new one.
type Rotation string

// The rotations. Former issuing and log keys stay in the statement, because what they signed holds;
// former sealing keys stay with the server and in the recovery file, because what was sealed to them comes.
const (
	RotateTLS     Rotation = "tls"     // the next TLS key serves, and there is a new next one
	RotateSealing Rotation = "sealing" // devices and backups seal to a new key; the recovery file is written anew
	RotateIssuing Rotation = "issuing" // credentials, records, loans
	RotateLog     Rotation = "log"     // receipts, server times, checkpoints
)

// ErrRotation says that there is no such key to rotate.
var ErrRotation = errors.New("there is no such key")

// keptSealing is how many sealing keys a statement names: who seals takes the first.
const keptSealing = 2

// rotate puts a new key into ring and its public half into the statement.
func rotate(s *identity.Statement, ring *serverKeys, what Rotation) error {
	if what == "" {
		return nil
	}
	if what == RotateSealing {
		return rotateSealing(s, ring)
	}
	key, err := signed.NewPrivateKey(rand.Reader)
	if err != nil {
		return err
	}
	ring.Signing = append([][]byte{key.Seed()}, ring.Signing...)
	public := []signed.Key{key.Public()}
	switch what {
	case RotateTLS:
		pin, err := pinOf(key)
		if err != nil {
			return err
		}
		s.TLS = []identity.Pin{s.TLS[len(s.TLS)-1], pin}
	case RotateIssuing:
		s.Issuing = append(public, s.Issuing...)
	case RotateLog:
		s.Log = append(public, s.Log...)
	default:
		return fmt.Errorf("%w: %s", ErrRotation, what)
	}
	return nil
}

// forget drops the signing keys that none of the statements names: TLS keys of long ago.
func (s *serverKeys) forget(statements ...identity.Statement) error {
	var kept [][]byte
	for _, seed := range s.Signing {
		key, err := signed.PrivateKeyFromSeed(seed)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrKeys, err)
		}
		pin, err := pinOf(key)
		if err != nil {
			return err
		}
		named := slices.ContainsFunc(statements, func(st identity.Statement) bool {
			return slices.ContainsFunc(slices.Concat(st.Issuing, st.Log), key.Public().Equal) ||
				slices.ContainsFunc(st.TLS, func(p identity.Pin) bool { return bytes.Equal(p, pin) })
		})
		if named {
			kept = append(kept, seed)
		} else {
			clear(seed)
		}
	}
	s.Signing = kept
	return nil
}

func rotateSealing(s *identity.Statement, ring *serverKeys) error {
	key, err := identity.NewSealPrivate()
	if err != nil {
		return err
	}
	secret, err := key.Bytes()
	if err != nil {
		return err
	}
	if len(ring.Sealing) == keysMost {
		return fmt.Errorf("%w: there are %d sealing keys already", ErrRotation, keysMost)
	}
	ring.Sealing = append([][]byte{secret}, ring.Sealing...)
	s.Sealing = append([]identity.SealKey{key.Public()}, s.Sealing[:min(len(s.Sealing), keptSealing-1)]...)
	return nil
}
