// Package header says what a vault is and how its root key is reached, by passphrase and by the factors that guard it
// beside that, and where the erasure secret lies. It writes nothing: its file is the vault's to put in place.
package header

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"handslag/identity/signed"
	"handslag/vault/factor"
	"handslag/vault/internal/fault"
	"handslag/vault/internal/folder"
	"handslag/vault/internal/frame"
	"handslag/vault/internal/seal"
)

// Header says what the vault is and how its root key is reached. Root is sealed under the key
// from passphrase and factors, and all the rest is authenticated with it, but for an erasure
// secret that lies here, which is sealed under the root.
type Header struct {
	Vault   []byte  `cbor:"1,keyasint"` // 16 random bytes
	KDF     KDF     `cbor:"2,keyasint"`
	Factors []guard `cbor:"3,keyasint,omitempty"` // what opens it beside the passphrase, in order
	Root    []byte  `cbor:"4,keyasint,omitempty"`
	Erasure erasure `cbor:"5,keyasint"`
}

// guard is a factor, with what it wants to be told to give its secret.
type guard struct {
	_    struct{} `cbor:",toarray"`
	Name factor.Name
	Note []byte
}

const (
	Limit  = 4 << 10 // bytes
	IDSize = 16
)

func (h Header) check() error {
	if len(h.Vault) != IDSize || len(h.Root) != seal.BoxSize {
		return fmt.Errorf("malformed header: %w", fault.ErrDamaged)
	}
	for _, g := range h.Factors {
		if !slices.Contains(Known, g.Name) {
			return fmt.Errorf("opened by means that this program does not know: %w", fault.ErrFormat)
		}
		if len(g.Note) == 0 || len(g.Note) > factor.NoteLimit {
			return fmt.Errorf("malformed factor: %w", fault.ErrDamaged)
		}
	}
	if use, err := Ordered(h.Use()); err != nil || !slices.Equal(use, h.Use()) {
		return fmt.Errorf("factors out of order: %w", fault.ErrDamaged)
	}
	if err := h.Erasure.check(h.Use()); err != nil {
		return err
	}
	return h.KDF.check()
}

func (h Header) Use() []factor.Name {
	var use []factor.Name
	for _, g := range h.Factors {
		use = append(use, g.Name)
	}
	return use
}

// ID is what factors call the vault.
func (h Header) ID() string { return hex.EncodeToString(h.Vault) }

func (h Header) Encode() ([]byte, error) {
	body, err := signed.Encode(h)
	if err != nil {
		return nil, fmt.Errorf("write header: %w", err)
	}
	return frame.Frame{Kind: frame.KindHeader, Version: frame.Format, Body: body}.Encode(), nil
}

func Parse(data []byte) (Header, error) {
	f, err := frame.Parse(data, frame.KindHeader)
	if err != nil {
		return Header{}, fmt.Errorf("read header: %w", err)
	}
	var h Header
	if err := signed.Decode(f.Body, Limit, &h); err != nil || f.Stage != 0 {
		return Header{}, fmt.Errorf("read header: %w", fault.ErrDamaged)
	}
	if err := h.check(); err != nil {
		return Header{}, fmt.Errorf("read header: %w", err)
	}
	return h, nil
}

// Read reads the header in the file called name: the one in force, or one that is staged.
func Read(f folder.Folder, name string) (Header, error) {
	data, err := f.Read(name, Limit)
	if err != nil {
		return Header{}, err
	}
	return Parse(data)
}

// context is the AAD of the sealed root. Factors and the erasure secret's place are in it, so
// that who edits the header opens the vault with no fewer than there were.
func (h Header) context() ([]byte, error) {
	h.Root = nil
	if h.Erasure.Place == PlaceHeader {
		h.Erasure.Box = nil // it is replaced while nobody types a passphrase
	}
	plain, err := signed.Encode(h)
	return append([]byte("handslag/1/vault-root\x00"), plain...), err
}

// Unsealed is what passphrase and factors open.
type Unsealed struct {
	Root    []byte
	Erasure []byte                 // the erasure secret
	Secrets map[factor.Name][]byte // of the factors
}

func (o Unsealed) Wipe() {
	clear(o.Root)
	clear(o.Erasure)
	for _, secret := range o.Secrets {
		clear(secret)
	}
}

// New makes a vault's header with what it will open; under makes it whole.
func New(cheap bool) (Header, Unsealed) {
	return Header{Vault: seal.Random(IDSize), KDF: newKDF(cheap)},
		Unsealed{Root: seal.Random(seal.KeySize), Erasure: seal.Random(seal.KeySize), Secrets: map[factor.Name][]byte{}}
}

// Under is h as passphrase and use open it. A factor that o has no secret of gets one, and so does a
// TPM, which hangs on the passphrase; the erasure secret is put where it belongs with use, if
// it is not there. What the factors keep is theirs then, whatever becomes of the header.
func (h Header) Under(passphrase []byte, o Unsealed, use []factor.Name, m Means) (Header, error) {
	stretched, err := h.KDF.stretch(passphrase)
	if err != nil {
		return Header{}, fmt.Errorf("wrap root key: %w", err)
	}
	defer clear(stretched)
	before := h.Factors
	h.Factors = nil
	for _, name := range use {
		at := slices.IndexFunc(before, func(g guard) bool { return g.Name == name })
		if at >= 0 && name != factor.NameTPM {
			h.Factors = append(h.Factors, before[at])
			continue
		}
		secret := seal.Random(seal.KeySize)
		note, err := m.Of(name).Seal(h.ID(), secret, factorAuth(stretched, name))
		if err != nil {
			clear(secret)
			return Header{}, fault.OfFactor(name, err)
		}
		o.Secrets[name] = secret
		h.Factors = append(h.Factors, guard{Name: name, Note: note})
	}
	if place := PlaceWith(use); h.Erasure.Place != place {
		if h.Erasure, err = h.hold(place, o, m); err != nil {
			return Header{}, err
		}
	}
	context, err := h.context()
	if err != nil {
		return Header{}, fmt.Errorf("wrap root key: %w", err)
	}
	kek := h.kek(stretched, o.Secrets)
	defer clear(kek)
	h.Root = seal.Box(kek, o.Root, context)
	return h, nil
}

// Open gives all that passphrase and factors open. Errors: ErrPassphrase, FactorError,
// ErrDamaged.
func (h Header) Open(passphrase []byte, m Means) (_ Unsealed, err error) {
	o := Unsealed{Secrets: map[factor.Name][]byte{}}
	defer func() {
		if err != nil {
			o.Wipe()
		}
	}()
	stretched, err := h.KDF.stretch(passphrase)
	if err != nil {
		return Unsealed{}, fmt.Errorf("unwrap root key: %w", err)
	}
	defer clear(stretched)
	for _, g := range h.Factors {
		secret, err := m.Of(g.Name).Unseal(h.ID(), g.Note, factorAuth(stretched, g.Name))
		if errors.Is(err, factor.ErrRefused) {
			return Unsealed{}, fmt.Errorf("%s: %w: %w", g.Name, fault.ErrPassphrase, err)
		}
		if err == nil && len(secret) != seal.KeySize {
			err = fmt.Errorf("%d bytes: %w", len(secret), factor.ErrMissing)
		}
		if err != nil {
			return Unsealed{}, fault.OfFactor(g.Name, err)
		}
		o.Secrets[g.Name] = secret
	}
	context, err := h.context()
	if err != nil {
		return Unsealed{}, fmt.Errorf("unwrap root key: %w", err)
	}
	kek := h.kek(stretched, o.Secrets)
	defer clear(kek)
	if o.Root, err = seal.Open(kek, h.Root, context); err != nil || len(o.Root) != seal.KeySize {
		if slices.Contains(h.Use(), factor.NameTPM) { // which has just said that the passphrase is right
			return Unsealed{}, fmt.Errorf("unwrap root key: the header was changed: %w", fault.ErrDamaged)
		}
		return Unsealed{}, fmt.Errorf("unwrap root key: %w", fault.ErrPassphrase)
	}
	if o.Erasure, err = h.Held(o.Root, m); err != nil {
		return Unsealed{}, err
	}
	return o, nil
}

// kek is the key that the root is sealed under: HKDF of the stretched passphrase and of each
// factor's secret, in order. Which they are, the root's AAD says.
func (h Header) kek(stretched []byte, secrets map[factor.Name][]byte) []byte {
	secret := slices.Clone(stretched)
	for _, g := range h.Factors {
		secret = append(secret, secrets[g.Name]...)
	}
	defer clear(secret)
	return seal.KeyOf(secret, h.Vault, "handslag/1/vault-kek")
}

// factorAuth is what a factor asks for: of the passphrase, so that a TPM counts wrong ones, and
// stretched, so that no factor learns it.
func factorAuth(stretched []byte, name factor.Name) []byte {
	return seal.Key(stretched, "factor/"+string(name))
}
