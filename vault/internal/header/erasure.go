package header

import (
	"fmt"
	"slices"

	"handslag/vault/factor"
	"handslag/vault/internal/fault"
	"handslag/vault/internal/seal"
)

// erasure is where the secret lies that the keybag hangs on besides the root, and that every
// erasure replaces. A place that keeps no old copies ends what hung on the one before.
type erasure struct {
	_     struct{} `cbor:",toarray"`
	Place factor.Name
	Box   []byte // in the header: the secret, sealed under the root; with a factor: its note
}

// PlaceHeader is the place of last resort: who copied the folder has copied the secret.
const PlaceHeader factor.Name = "header"

// PlaceWith is the place that promises most among the factors in use.
func PlaceWith(use []factor.Name) factor.Name {
	for _, name := range []factor.Name{factor.NameTPM, factor.NameKeyring} {
		if slices.Contains(use, name) {
			return name
		}
	}
	return PlaceHeader
}

func (e erasure) check(use []factor.Name) error {
	if e.Place != PlaceWith(use) {
		return fmt.Errorf("the erasure secret does not lie where it belongs: %w", fault.ErrDamaged)
	}
	if e.Place == PlaceHeader && len(e.Box) != seal.BoxSize || e.Box == nil || len(e.Box) > factor.NoteLimit {
		return fmt.Errorf("malformed erasure secret: %w", fault.ErrDamaged)
	}
	return nil
}

func (h Header) erasureContext() []byte {
	return append([]byte("handslag/1/vault-erasure\x00"), h.Vault...)
}

// PlaceAuth is what a place asks for: of the root, for who has opened the vault and nobody else.
func PlaceAuth(root []byte) []byte { return seal.Key(root, "erasure-place") }

// hold puts o's erasure secret in place, where none was.
func (h Header) hold(place factor.Name, o Unsealed, m Means) (erasure, error) {
	if place == PlaceHeader {
		return h.Boxed(o.Root, o.Erasure), nil
	}
	note, err := m.Of(place).Place(h.ID(), o.Erasure, PlaceAuth(o.Root))
	if err != nil {
		return erasure{}, fault.OfFactor(place, err)
	}
	return erasure{Place: place, Box: append([]byte{}, note...)}, nil
}

func (h Header) Boxed(root, secret []byte) erasure {
	return erasure{Place: PlaceHeader, Box: seal.Box(seal.Key(root, "erasure"), secret, h.erasureContext())}
}

// Held is the erasure secret.
func (h Header) Held(root []byte, m Means) ([]byte, error) {
	if h.Erasure.Place == PlaceHeader {
		secret, err := seal.Open(seal.Key(root, "erasure"), h.Erasure.Box, h.erasureContext())
		if err != nil || len(secret) != seal.KeySize {
			return nil, fmt.Errorf("unwrap erasure secret: %w", fault.ErrDamaged)
		}
		return secret, nil
	}
	secret, err := m.Of(h.Erasure.Place).Read(h.ID(), h.Erasure.Box, PlaceAuth(root))
	if err == nil && len(secret) != seal.KeySize {
		err = fmt.Errorf("%d bytes: %w", len(secret), factor.ErrMissing)
	}
	if err != nil {
		return nil, fault.OfFactor(h.Erasure.Place, fmt.Errorf("erasure secret: %w", err))
	}
	return secret, nil
}
