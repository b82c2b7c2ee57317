package factor

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
)

// keyringFactor keeps both secrets as items of a keyring, which asks for nothing but that
// its owner is logged in; auth is not used.
type keyringFactor struct{ keyring Keyring }

// OfKeyring is the factor that a keyring is.
func OfKeyring(k Keyring) Factor { return keyringFactor{k} }

func (f keyringFactor) Name() Name { return NameKeyring }

// Ready asks for what is not there: a keyring that can say so answers.
func (f keyringFactor) Ready() error {
	if _, err := f.keyring.Get("ready"); !errors.Is(err, ErrMissing) {
		return err
	}
	return nil
}

func keyItem(vault string) string     { return "vault/" + vault + "/key" }
func erasureItem(vault string) string { return "vault/" + vault + "/erasure" }

// keyNote tells the secret from another one, so that nobody is told that their passphrase is
// wrong when it is the keyring that is. It says nothing about a random secret of 32 bytes.
func keyNote(secret []byte) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("handslag/1/keyring-note"))
	return mac.Sum(nil)[:16]
}

func (f keyringFactor) Seal(vault string, secret, _ []byte) ([]byte, error) {
	if err := f.keep(keyItem(vault), secret); err != nil {
		return nil, err
	}
	return keyNote(secret), nil
}

func (f keyringFactor) Unseal(vault string, note, _ []byte) ([]byte, error) {
	secret, err := f.keyring.Get(keyItem(vault))
	if err != nil {
		return nil, err
	}
	if !hmac.Equal(note, keyNote(secret)) {
		return nil, fmt.Errorf("the keyring holds another secret: %w", ErrMissing)
	}
	return secret, nil
}

func (f keyringFactor) Place(vault string, secret, _ []byte) ([]byte, error) {
	return nil, f.keep(erasureItem(vault), secret)
}

func (f keyringFactor) Read(vault string, _, _ []byte) ([]byte, error) {
	return f.keyring.Get(erasureItem(vault))
}

func (f keyringFactor) Replace(vault string, _, secret, _ []byte) error {
	return f.keep(erasureItem(vault), secret)
}

// keep believes a keyring that gives back what it was given.
func (f keyringFactor) keep(item string, secret []byte) error {
	if err := f.keyring.Set(item, secret); err != nil {
		return err
	}
	back, err := f.keyring.Get(item)
	if err != nil {
		return fmt.Errorf("read back: %w", err)
	}
	defer clear(back)
	if subtle.ConstantTimeCompare(back, secret) != 1 {
		return fmt.Errorf("the keyring gave back something else: %w", ErrAway)
	}
	return nil
}

func (f keyringFactor) Remove(vault string) error { return f.delete(erasureItem(vault)) }

func (f keyringFactor) Forget(vault string) error {
	return errors.Join(f.delete(keyItem(vault)), f.delete(erasureItem(vault)))
}

// delete is glad where there is nothing.
func (f keyringFactor) delete(item string) error {
	if err := f.keyring.Delete(item); !errors.Is(err, ErrMissing) {
		return err
	}
	return nil
}
