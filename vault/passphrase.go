package vault

import (
	"bytes"
	"errors"
	"fmt"

	"handslag/vault/internal/folder"
	"handslag/vault/internal/header"
)

// ChangePassphrase wraps the same root anew, under a new salt: nothing else is written, and
// nothing that was sealed is sealed again. Said is called when old has proved right and the
// new header lies durable beside the old one; it makes the entry durable, and unless it
// returns nil all stays as it was. Whatever interrupts it, one of the two passphrases opens
// the vault, and not both. The factors stay as they are. The caller wipes old and new.
//
// A wrong old one is counted as at Open and returns ErrPassphrase, as an empty new one does,
// uncounted. Whoever copied the folder before still opens that copy with old: the root is
// the same. Further errors: FactorError, ErrClosed, ErrFull, ErrReadOnly, and said's.
func (v *Vault) ChangePassphrase(old, new []byte, said func() error) error {
	if len(new) == 0 {
		return fmt.Errorf("change passphrase: empty: %w", ErrPassphrase)
	}
	v.changing.Lock()
	defer v.changing.Unlock()
	fresh, err := v.rewrapped(old, new)
	if err != nil {
		return fmt.Errorf("change passphrase: %w", err)
	}
	if err := v.stageHeader(fresh); err != nil {
		return fmt.Errorf("change passphrase: %w", err)
	}
	if err := said(); err != nil {
		v.dropHeader()
		return fmt.Errorf("change passphrase: %w", err)
	}
	if err := v.placeHeader(); err != nil {
		return fmt.Errorf("change passphrase: %w", err)
	}
	return nil
}

// rewrapped is the header with the root under new, for whoever knows old. No lock is held
// while Argon2id works.
func (v *Vault) rewrapped(old, new []byte) (header.Header, error) {
	h, o, err := v.proved(old)
	if err != nil {
		return header.Header{}, err
	}
	defer o.Wipe()
	h.KDF, _ = h.KDF.Raised(v.cheap)
	return h.Under(new, o, h.Use(), v.means)
}

// proved is the header, and what passphrase opens; a wrong one is counted.
func (v *Vault) proved(passphrase []byte) (header.Header, header.Unsealed, error) {
	if err := v.enter(); err != nil {
		return header.Header{}, header.Unsealed{}, err
	}
	h, err := v.ownHeader()
	v.mu.RUnlock()
	if err != nil {
		return header.Header{}, header.Unsealed{}, err
	}
	o, err := h.Open(passphrase, v.means)
	if errors.Is(err, ErrPassphrase) {
		if err := v.enter(); err != nil {
			return header.Header{}, header.Unsealed{}, err
		}
		defer v.mu.RUnlock()
		err = errors.Join(err, countAttempt(v.folder))
	}
	return h, o, err
}

// ownHeader is the header not from memory but from the disk: what stands there is what opens.
func (v *Vault) ownHeader() (header.Header, error) {
	h, err := header.Read(v.folder, folder.Header)
	if err == nil && !bytes.Equal(h.Vault, v.header.Vault) {
		err = fmt.Errorf("another vault's header: %w", ErrDamaged)
	}
	return h, err
}

func (v *Vault) stageHeader(h header.Header) error {
	data, err := h.Encode()
	if err != nil {
		return err
	}
	if err := v.enter(); err != nil {
		return err
	}
	defer v.mu.RUnlock()
	return v.folder.Stage(folder.Header, data)
}

// dropHeader leaves the folder alone once it is locked: it may be another's by then, and the
// next unlock drops what was staged.
func (v *Vault) dropHeader() {
	if v.enter() == nil {
		v.folder.Unstage(folder.Header)
		v.mu.RUnlock()
	}
}

func (v *Vault) placeHeader() error {
	if err := v.enter(); err != nil {
		return err
	}
	defer v.mu.RUnlock()
	return v.folder.Place(folder.Header)
}

// recalibrate raises a header that costs less than a new vault's, for the passphrase that
// has just opened it. What does not succeed stays as it was, opens as it did, and is tried
// again at the next unlock: no reason to keep anybody from their work.
func (v *Vault) recalibrate(passphrase []byte, o header.Unsealed) {
	k, more := v.header.KDF.Raised(v.cheap)
	if !more {
		return
	}
	h := v.header
	h.KDF = k
	h, err := h.Under(passphrase, o, h.Use(), v.means)
	if err != nil {
		return
	}
	data, err := h.Encode()
	if err != nil {
		return
	}
	if v.folder.Write(folder.Header, data) == nil {
		v.header = h
	}
}
