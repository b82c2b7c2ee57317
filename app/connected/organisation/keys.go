package organisation

import (
	"crypto/tls"
	"errors"
	"fmt"

	"handslag/identity"
	"handslag/identity/signed"
)

// Keys is what serving needs of an organisation. It prints as its ID. The root key is not
// among them: it lies in the recovery file.
type Keys struct {
	Org       identity.OrgID
	Statement identity.Statement
	Signed    []byte // the statement as it was signed

	Issuing *signed.PrivateKey    // credentials, records, loans
	Log     *signed.PrivateKey    // receipts and server times
	Sealing *identity.SealPrivate // opens what devices seal to the organisation
	TLS     tls.Certificate
	Data    []byte // 32 bytes: the key of column encryption

	nextTLS *signed.PrivateKey
}

// String keeps the secrets out of logs.
func (k *Keys) String() string { return "keys of organisation " + string(k.Org) }

// GoString keeps the secrets out of logs.
func (k *Keys) GoString() string { return k.String() }

// sealedKeys is the key file: serverKeys encrypted under the server key.
type sealedKeys struct {
	_       struct{} `cbor:",toarray"`
	Version uint64
	Box     []byte
}

type serverKeys struct {
	Version uint64         `cbor:"1,keyasint"`
	Org     identity.OrgID `cbor:"2,keyasint"`
	Issuing []byte         `cbor:"3,keyasint"` // Ed25519 seed
	Log     []byte         `cbor:"4,keyasint"` // Ed25519 seed
	Sealing []byte         `cbor:"5,keyasint"`
	TLS     []byte         `cbor:"6,keyasint"` // Ed25519 seed
	NextTLS []byte         `cbor:"7,keyasint"` // Ed25519 seed
	Data    []byte         `cbor:"8,keyasint"`
}

const (
	keysVersion = 1
	keysLimit   = 8 << 10 // bytes
	dataKeySize = 32
)

var keysContext = []byte("handslag/1/server-keys")

// ErrKeys says that the server's key files do not fit each other.
var ErrKeys = errors.New("key files are damaged or do not fit each other")

// clear wipes the plain form.
func (s *serverKeys) clear() {
	for _, secret := range [][]byte{s.Issuing, s.Log, s.Sealing, s.TLS, s.NextTLS, s.Data} {
		clear(secret)
	}
}

func sealKeys(serverKey []byte, keys serverKeys) ([]byte, error) {
	aead, err := identity.NewAEAD(serverKey)
	if err != nil {
		return nil, fmt.Errorf("seal keys: %w", err)
	}
	plain, err := signed.Encode(keys)
	if err != nil {
		return nil, fmt.Errorf("seal keys: %w", err)
	}
	defer clear(plain)
	return signed.Encode(sealedKeys{Version: keysVersion, Box: aead.Seal(nil, nil, plain, keysContext)})
}

// unsealKeys reads a key file. It returns ErrKeys for anything but what sealKeys made
// under the same server key.
func unsealKeys(serverKey, data []byte) (serverKeys, error) {
	var outer sealedKeys
	if err := signed.Decode(data, keysLimit, &outer); err != nil {
		return serverKeys{}, fmt.Errorf("read keys: %w: %w", ErrKeys, err)
	}
	if outer.Version != keysVersion {
		return serverKeys{}, fmt.Errorf("read keys: %w: version %d is not known", ErrKeys, outer.Version)
	}
	aead, err := identity.NewAEAD(serverKey)
	if err != nil {
		return serverKeys{}, fmt.Errorf("read keys: %w: %w", ErrKeys, err)
	}
	plain, err := aead.Open(nil, nil, outer.Box, keysContext)
	if err != nil {
		return serverKeys{}, fmt.Errorf("read keys: %w", ErrKeys)
	}
	defer clear(plain)
	return decodeKeys(plain)
}

func decodeKeys(plain []byte) (serverKeys, error) {
	var in serverKeys
	if err := signed.Decode(plain, keysLimit, &in); err != nil {
		return serverKeys{}, fmt.Errorf("read keys: %w: %w", ErrKeys, err)
	}
	if in.Version != keysVersion || len(in.Data) != dataKeySize {
		return serverKeys{}, fmt.Errorf("read keys: %w", ErrKeys)
	}
	return in, nil
}

// use turns the stored form into keys that work.
func (s *serverKeys) use() (*Keys, *signed.PrivateKey, error) {
	k := &Keys{Org: s.Org, Data: append([]byte(nil), s.Data...)}
	var serving *signed.PrivateKey
	for _, part := range []struct {
		seed []byte
		key  **signed.PrivateKey
	}{{s.Issuing, &k.Issuing}, {s.Log, &k.Log}, {s.TLS, &serving}, {s.NextTLS, &k.nextTLS}} {
		key, err := signed.PrivateKeyFromSeed(part.seed)
		if err != nil {
			return nil, nil, fmt.Errorf("read keys: %w: %w", ErrKeys, err)
		}
		*part.key = key
	}
	sealing, err := identity.SealPrivateFromBytes(s.Sealing)
	if err != nil {
		return nil, nil, fmt.Errorf("read keys: %w: %w", ErrKeys, err)
	}
	k.Sealing = sealing
	return k, serving, nil
}
