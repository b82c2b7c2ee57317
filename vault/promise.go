package vault

import (
	"fmt"

	"handslag/vault/factor"
	"handslag/vault/internal/fault"
	"handslag/vault/internal/folder"
	"handslag/vault/internal/header"
)

// replaceErasure puts secret in the erasure secret's place, durably; the one before is gone from
// there. After an error it may be either. The caller holds changing and has entered.
func (v *Vault) replaceErasure(secret []byte) error {
	place := v.guarded.Load().Erasure
	if place.Place != header.PlaceHeader {
		err := v.means.Of(place.Place).Replace(v.header.ID(), place.Box, secret, header.PlaceAuth(v.root))
		if err != nil {
			return fmt.Errorf("replace erasure secret: %w", fault.OfFactor(place.Place, err))
		}
		return nil
	}
	h, err := v.ownHeader()
	if err != nil {
		return fmt.Errorf("replace erasure secret: %w", err)
	}
	h.Erasure = h.Boxed(v.root, secret)
	data, err := h.Encode()
	if err != nil {
		return fmt.Errorf("replace erasure secret: %w", err)
	}
	if err := v.folder.Write(folder.Header, data); err != nil {
		return fmt.Errorf("replace erasure secret: %w", err)
	}
	return nil
}

// Promise is what the vault can promise of copies that somebody made of its files: that they
// do not open what was erased since.
type Promise string

// The promises.
const (
	PromiseFull       Promise = "full"        // the erasure secret lies in a TPM
	PromiseBestEffort Promise = "best-effort" // it lies in a keyring, which may have copies of its own
	PromiseNone       Promise = "none"        // it lies in the header
)

// Promise says where the erasure secret lies now.
func (v *Vault) Promise() Promise {
	switch v.guarded.Load().Erasure.Place {
	case factor.NameTPM:
		return PromiseFull
	case factor.NameKeyring:
		return PromiseBestEffort
	}
	return PromiseNone
}
