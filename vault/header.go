package vault

import (
	"fmt"
	"slices"

	"handslag/identity"
	"handslag/identity/signed"
)

// header says what the vault is and how its root key is reached. Root and Erasure are
// sealed; the rest is authenticated with Root.
type header struct {
	Vault   []byte   `cbor:"1,keyasint"` // 16 random bytes
	KDF     kdf      `cbor:"2,keyasint"`
	Factors []string `cbor:"3,keyasint"`           // what opens it together, in order
	Root    []byte   `cbor:"4,keyasint,omitempty"` // the vault root under the key from the factors
	Erasure erasure  `cbor:"5,keyasint"`
}

// erasure is where the secret is kept that the keybag hangs on besides the root. Kept in
// the header it promises nothing against old copies of the folder; the field is there for
// places that do.
type erasure struct {
	_     struct{} `cbor:",toarray"`
	Place string
	Box   []byte // the secret, sealed under the root, where Place is "header"
}

const (
	headerLimit      = 4 << 10 // bytes
	vaultIDSize      = 16
	factorPassphrase = "passphrase"
	placeHeader      = "header"
)

func (h header) check() error {
	if len(h.Vault) != vaultIDSize || len(h.Root) == 0 {
		return fmt.Errorf("malformed header: %w", ErrDamaged)
	}
	if !slices.Equal(h.Factors, []string{factorPassphrase}) || h.Erasure.Place != placeHeader {
		return fmt.Errorf("opened by means that this program does not know: %w", ErrFormat)
	}
	return h.KDF.check()
}

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

// context is the AAD of the wrapped root: all that the header says but for what is sealed.
func (h header) context() ([]byte, error) {
	h.Root, h.Erasure = nil, erasure{}
	plain, err := signed.Encode(h)
	return append([]byte("handslag/1/vault-root\x00"), plain...), err
}

func (h header) erasureContext() []byte {
	return append([]byte("handslag/1/vault-erasure\x00"), h.Vault...)
}

// newHeader makes a vault's header with a new root and erasure secret.
func newHeader(passphrase []byte, cheap bool) (h header, root, secret []byte, err error) {
	h = header{Vault: random(vaultIDSize), KDF: newKDF(cheap), Factors: []string{factorPassphrase}}
	root, secret = random(keySize), random(keySize)
	h.Erasure = erasure{Place: placeHeader, Box: seal(subkey(root, "erasure"), secret, h.erasureContext())}
	h, err = h.wrap(passphrase, root)
	return h, root, secret, err
}

func (h header) wrap(passphrase, root []byte) (header, error) {
	kek, err := h.KDF.key(passphrase, h.Vault)
	if err != nil {
		return header{}, fmt.Errorf("wrap root key: %w", err)
	}
	defer clear(kek)
	context, err := h.context()
	if err != nil {
		return header{}, fmt.Errorf("wrap root key: %w", err)
	}
	h.Root = seal(kek, root, context)
	return h, nil
}

// unwrap gives root and erasure secret, or ErrPassphrase.
func (h header) unwrap(passphrase []byte) (root, secret []byte, err error) {
	kek, err := h.KDF.key(passphrase, h.Vault)
	if err != nil {
		return nil, nil, fmt.Errorf("unwrap root key: %w", err)
	}
	defer clear(kek)
	context, err := h.context()
	if err != nil {
		return nil, nil, fmt.Errorf("unwrap root key: %w", err)
	}
	root, err = open(kek, h.Root, context)
	if err != nil || len(root) != keySize {
		return nil, nil, fmt.Errorf("unwrap root key: %w", ErrPassphrase)
	}
	secret, err = open(subkey(root, "erasure"), h.Erasure.Box, h.erasureContext())
	if err != nil || len(secret) != keySize {
		return nil, nil, fmt.Errorf("unwrap erasure secret: %w", ErrDamaged)
	}
	return root, secret, nil
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
