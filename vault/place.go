package vault

import (
	"fmt"
	"slices"

	"handslag/vault/factor"
)

// erasure is where the secret lies that the keybag hangs on besides the root, and that every
// erasure replaces. A place that keeps no old copies ends what hung on the one before.
type erasure struct {
	_     struct{} `cbor:",toarray"`
	Place factor.Name
	Box   []byte // in the header: the secret, sealed under the root; with a factor: its note
}

// placeHeader is the place of last resort: who copied the folder has copied the secret.
const placeHeader factor.Name = "header"

// placeWith is the place that promises most among the factors in use.
func placeWith(use []factor.Name) factor.Name {
	for _, name := range []factor.Name{factor.NameTPM, factor.NameKeyring} {
		if slices.Contains(use, name) {
			return name
		}
	}
	return placeHeader
}

func (e erasure) check(use []factor.Name) error {
	if e.Place != placeWith(use) {
		return fmt.Errorf("the erasure secret does not lie where it belongs: %w", ErrDamaged)
	}
	if e.Place == placeHeader && len(e.Box) != sealedSize || e.Box == nil || len(e.Box) > factor.NoteLimit {
		return fmt.Errorf("malformed erasure secret: %w", ErrDamaged)
	}
	return nil
}

func (h header) erasureContext() []byte {
	return append([]byte("handslag/1/vault-erasure\x00"), h.Vault...)
}

// placeAuth is what a place asks for: of the root, for who has opened the vault and nobody else.
func placeAuth(root []byte) []byte { return subkey(root, "erasure-place") }

// hold puts o's erasure secret in place, where none was.
func (h header) hold(place factor.Name, o unsealed, m means) (erasure, error) {
	if place == placeHeader {
		return h.boxed(o.root, o.erasure), nil
	}
	note, err := m.of(place).Place(h.id(), o.erasure, placeAuth(o.root))
	if err != nil {
		return erasure{}, factorError(place, err)
	}
	return erasure{Place: place, Box: append([]byte{}, note...)}, nil
}

func (h header) boxed(root, secret []byte) erasure {
	return erasure{Place: placeHeader, Box: seal(subkey(root, "erasure"), secret, h.erasureContext())}
}

// held is the erasure secret.
func (h header) held(root []byte, m means) ([]byte, error) {
	if h.Erasure.Place == placeHeader {
		secret, err := open(subkey(root, "erasure"), h.Erasure.Box, h.erasureContext())
		if err != nil || len(secret) != keySize {
			return nil, fmt.Errorf("unwrap erasure secret: %w", ErrDamaged)
		}
		return secret, nil
	}
	secret, err := m.of(h.Erasure.Place).Read(h.id(), h.Erasure.Box, placeAuth(root))
	if err == nil && len(secret) != keySize {
		err = fmt.Errorf("%d bytes: %w", len(secret), factor.ErrMissing)
	}
	if err != nil {
		return nil, factorError(h.Erasure.Place, fmt.Errorf("erasure secret: %w", err))
	}
	return secret, nil
}

// replaceErasure puts secret in the erasure secret's place, durably; the one before is gone from
// there. After an error it may be either. The caller holds changing and has entered.
func (v *Vault) replaceErasure(secret []byte) error {
	place := v.guarded.Load().Erasure
	if place.Place != placeHeader {
		err := v.means.of(place.Place).Replace(v.header.id(), place.Box, secret, placeAuth(v.root))
		if err != nil {
			return fmt.Errorf("replace erasure secret: %w", factorError(place.Place, err))
		}
		return nil
	}
	h, err := v.ownHeader()
	if err != nil {
		return fmt.Errorf("replace erasure secret: %w", err)
	}
	h.Erasure = h.boxed(v.root, secret)
	data, err := h.encode()
	if err != nil {
		return fmt.Errorf("replace erasure secret: %w", err)
	}
	if err := v.folder.write(headerName, data); err != nil {
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
