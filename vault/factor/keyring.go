package factor

import (
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"

	"github.com/zalando/go-keyring"
)

// Keyring keeps small things by name for the person who is logged in: Secret Service on
// Linux, Credential Manager on Windows, Keychain on macOS. A name is 1 to 128 of a–z,
// 0–9, '/', '.' and '-'; data has 1 to KeyringLimit bytes. Errors: ErrMissing, ErrAway.
type Keyring interface {
	Get(name string) ([]byte, error)
	// Set puts data in place of what the name had. After ErrAway it may have, or may yet.
	Set(name string, data []byte) error
	// Delete returns ErrMissing where there is nothing.
	Delete(name string) error
}

// KeyringLimit is the most bytes under one name: Windows takes 2560 characters, and they
// are base64 here, because not every keyring gives back bytes that are no text.
const KeyringLimit = 2560 / 4 * 3

const keyringService = "handslag"

var keyringName = regexp.MustCompile(`^[a-z0-9/.-]{1,128}$`)

// CheckKeyring says whether a Keyring must take name and data.
func CheckKeyring(name string, data []byte) error {
	if !keyringName.MatchString(name) {
		return errors.New("keyring: malformed name")
	}
	if len(data) == 0 || len(data) > KeyringLimit {
		return fmt.Errorf("keyring: %d bytes, 1 to %d fit", len(data), KeyringLimit)
	}
	return nil
}

// systemKeyring is the operating system's. On Linux the secret passes the session's D-Bus
// in the clear, which only this person's own programs, and root, can listen to.
type systemKeyring struct{ gate gate }

// One gate for all, since there is one keyring: a second would let calls past one that hangs.
var systemGate = newGate()

// SystemKeyring is the keyring of the person who is logged in, if there is any.
func SystemKeyring() Keyring { return systemKeyring{systemGate} }

func (k systemKeyring) Get(name string) ([]byte, error) {
	if err := CheckKeyring(name, []byte{0}); err != nil {
		return nil, err
	}
	text, err := ask(k.gate, func() (string, error) { return keyring.Get(keyringService, name) })
	if err != nil {
		return nil, fmt.Errorf("read from the keyring: %w", err)
	}
	data, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || len(data) == 0 {
		return nil, fmt.Errorf("read from the keyring: what is there was not put there by this program: %w", ErrMissing)
	}
	return data, nil
}

func (k systemKeyring) Set(name string, data []byte) error {
	if err := CheckKeyring(name, data); err != nil {
		return err
	}
	text := base64.StdEncoding.EncodeToString(data)
	_, err := ask(k.gate, func() (string, error) { return "", keyring.Set(keyringService, name, text) })
	if err != nil {
		return fmt.Errorf("write to the keyring: %w", err)
	}
	return nil
}

func (k systemKeyring) Delete(name string) error {
	if err := CheckKeyring(name, []byte{0}); err != nil {
		return err
	}
	_, err := ask(k.gate, func() (string, error) { return "", keyring.Delete(keyringService, name) })
	if err != nil {
		return fmt.Errorf("delete from the keyring: %w", err)
	}
	return nil
}

// ask gives the keyring's errors our two names.
func ask(g gate, deed func() (string, error)) (string, error) {
	return through(g, func() (string, error) {
		if !reachable() {
			return "", fmt.Errorf("nobody is logged in to a desktop: %w", ErrAway)
		}
		answer, err := deed()
		switch {
		case errors.Is(err, keyring.ErrNotFound):
			return "", ErrMissing
		case err != nil:
			return "", fmt.Errorf("%w: %w", ErrAway, err)
		}
		return answer, nil
	})
}
