package vault

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/factor"
)

// header says what the vault is and how its root key is reached. Root is sealed under the key
// from passphrase and factors, and all the rest is authenticated with it, but for an erasure
// secret that lies here, which is sealed under the root.
type header struct {
	Vault   []byte  `cbor:"1,keyasint"` // 16 random bytes
	KDF     kdf     `cbor:"2,keyasint"`
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
	headerLimit = 4 << 10 // bytes
	vaultIDSize = 16
	sealedSize  = 12 + keySize + 16 // nonce, key, tag
)

func (h header) check() error {
	if len(h.Vault) != vaultIDSize || len(h.Root) != sealedSize {
		return fmt.Errorf("malformed header: %w", ErrDamaged)
	}
	for _, g := range h.Factors {
		if !slices.Contains(known, g.Name) {
			return fmt.Errorf("opened by means that this program does not know: %w", ErrFormat)
		}
		if len(g.Note) == 0 || len(g.Note) > factor.NoteLimit {
			return fmt.Errorf("malformed factor: %w", ErrDamaged)
		}
	}
	if use, err := ordered(h.use()); err != nil || !slices.Equal(use, h.use()) {
		return fmt.Errorf("factors out of order: %w", ErrDamaged)
	}
	if err := h.Erasure.check(h.use()); err != nil {
		return err
	}
	return h.KDF.check()
}

func (h header) use() []factor.Name {
	var use []factor.Name
	for _, g := range h.Factors {
		use = append(use, g.Name)
	}
	return use
}

// id is what factors call the vault.
func (h header) id() string { return hex.EncodeToString(h.Vault) }

func (h header) encode() ([]byte, error) {
	body, err := signed.Encode(h)
	if err != nil {
		return nil, fmt.Errorf("write header: %w", err)
	}
	return frame{kind: kindHeader, version: frameFormat, body: body}.encode(), nil
}

func parseHeader(data []byte) (header, error) {
	f, err := parseFrame(data, kindHeader)
	if err != nil {
		return header{}, fmt.Errorf("read header: %w", err)
	}
	var h header
	if err := signed.Decode(f.body, headerLimit, &h); err != nil || f.stage != 0 {
		return header{}, fmt.Errorf("read header: %w", ErrDamaged)
	}
	if err := h.check(); err != nil {
		return header{}, fmt.Errorf("read header: %w", err)
	}
	return h, nil
}

// readHeader reads the header in the file called name: the one in force, or one that is staged.
func (f folder) readHeader(name string) (header, error) {
	data, err := f.read(name, headerLimit)
	if err != nil {
		return header{}, err
	}
	return parseHeader(data)
}

// context is the AAD of the sealed root. Factors and the erasure secret's place are in it, so
// that who edits the header opens the vault with no fewer than there were.
func (h header) context() ([]byte, error) {
	h.Root = nil
	if h.Erasure.Place == placeHeader {
		h.Erasure.Box = nil // it is replaced while nobody types a passphrase
	}
	plain, err := signed.Encode(h)
	return append([]byte("handslag/1/vault-root\x00"), plain...), err
}

// unsealed is what passphrase and factors open.
type unsealed struct {
	root    []byte
	erasure []byte                 // the erasure secret
	secrets map[factor.Name][]byte // of the factors
}

func (o unsealed) wipe() {
	clear(o.root)
	clear(o.erasure)
	for _, secret := range o.secrets {
		clear(secret)
	}
}

// newHeader makes a vault's header with what it will open; under makes it whole.
func newHeader(cheap bool) (header, unsealed) {
	return header{Vault: random(vaultIDSize), KDF: newKDF(cheap)},
		unsealed{root: random(keySize), erasure: random(keySize), secrets: map[factor.Name][]byte{}}
}

// under is h as passphrase and use open it. A factor that o has no secret of gets one, and so does a
// TPM, which hangs on the passphrase; the erasure secret is put where it belongs with use, if
// it is not there. What the factors keep is theirs then, whatever becomes of the header.
func (h header) under(passphrase []byte, o unsealed, use []factor.Name, m means) (header, error) {
	stretched, err := h.KDF.stretch(passphrase)
	if err != nil {
		return header{}, fmt.Errorf("wrap root key: %w", err)
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
		secret := random(keySize)
		note, err := m.of(name).Seal(h.id(), secret, factorAuth(stretched, name))
		if err != nil {
			clear(secret)
			return header{}, factorError(name, err)
		}
		o.secrets[name] = secret
		h.Factors = append(h.Factors, guard{Name: name, Note: note})
	}
	if place := placeWith(use); h.Erasure.Place != place {
		if h.Erasure, err = h.hold(place, o, m); err != nil {
			return header{}, err
		}
	}
	context, err := h.context()
	if err != nil {
		return header{}, fmt.Errorf("wrap root key: %w", err)
	}
	kek := h.kek(stretched, o.secrets)
	defer clear(kek)
	h.Root = seal(kek, o.root, context)
	return h, nil
}

// open gives all that passphrase and factors open. Errors: ErrPassphrase, FactorError,
// ErrDamaged.
func (h header) open(passphrase []byte, m means) (_ unsealed, err error) {
	o := unsealed{secrets: map[factor.Name][]byte{}}
	defer func() {
		if err != nil {
			o.wipe()
		}
	}()
	stretched, err := h.KDF.stretch(passphrase)
	if err != nil {
		return unsealed{}, fmt.Errorf("unwrap root key: %w", err)
	}
	defer clear(stretched)
	for _, g := range h.Factors {
		secret, err := m.of(g.Name).Unseal(h.id(), g.Note, factorAuth(stretched, g.Name))
		if errors.Is(err, factor.ErrRefused) {
			return unsealed{}, fmt.Errorf("%s: %w: %w", g.Name, ErrPassphrase, err)
		}
		if err == nil && len(secret) != keySize {
			err = fmt.Errorf("%d bytes: %w", len(secret), factor.ErrMissing)
		}
		if err != nil {
			return unsealed{}, factorError(g.Name, err)
		}
		o.secrets[g.Name] = secret
	}
	context, err := h.context()
	if err != nil {
		return unsealed{}, fmt.Errorf("unwrap root key: %w", err)
	}
	kek := h.kek(stretched, o.secrets)
	defer clear(kek)
	if o.root, err = open(kek, h.Root, context); err != nil || len(o.root) != keySize {
		if slices.Contains(h.use(), factor.NameTPM) { // which has just said that the passphrase is right
			return unsealed{}, fmt.Errorf("unwrap root key: the header was changed: %w", ErrDamaged)
		}
		return unsealed{}, fmt.Errorf("unwrap root key: %w", ErrPassphrase)
	}
	if o.erasure, err = h.held(o.root, m); err != nil {
		return unsealed{}, err
	}
	return o, nil
}

// kek is the key that the root is sealed under: HKDF of the stretched passphrase and of each
// factor's secret, in order. Which they are, the root's AAD says.
func (h header) kek(stretched []byte, secrets map[factor.Name][]byte) []byte {
	secret := slices.Clone(stretched)
	for _, g := range h.Factors {
		secret = append(secret, secrets[g.Name]...)
	}
	defer clear(secret)
	return expand(secret, h.Vault, "handslag/1/vault-kek")
}

// factorAuth is what a factor asks for: of the passphrase, so that a TPM counts wrong ones, and
// stretched, so that no factor learns it.
func factorAuth(stretched []byte, name factor.Name) []byte {
	return subkey(stretched, "factor/"+string(name))
}

// seal encrypts plain under a key of 32 bytes, for the one place that context names.
func seal(key, plain, context []byte) []byte {
	aead, err := identity.NewAEAD(key)
	if err != nil {
		panic(err) // every key here is made 32 bytes long
	}
	return aead.Seal(nil, nil, plain, context)
}

// open reads what seal wrote.
func open(key, box, context []byte) ([]byte, error) {
	aead, err := identity.NewAEAD(key)
	if err != nil {
		return nil, err
	}
	return aead.Open(nil, nil, box, context)
}
