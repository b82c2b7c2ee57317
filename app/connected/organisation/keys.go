package organisation

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"

	"handslag/identity"
	"handslag/identity/signed"
)

// Keys is what serving needs of an organisation. It prints as its ID. The root key is not
// among them: it lies in the recovery file.
type Keys struct {
	Org       identity.OrgID
	Statement identity.Statement
	Signed    []byte // the statement as it was signed

	Issuing   *signed.PrivateKey      // credentials, records, loans
	Log       *signed.PrivateKey      // receipts and server times
	FormerLog []*signed.PrivateKey    // sign checkpoints beside it, for who has not heard of Log yet; the newest first, at most bridged
	Sealing   []*identity.SealPrivate // open what devices seal to the organisation, the newest first
	TLS       tls.Certificate
	Data      []byte // 32 bytes: the key of column encryption

	ring serverKeys
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

// serverKeys is a ring: which of its keys is for what, and which are former ones, the statement says.
// So the keys of the next statement can be durable before it is.
type serverKeys struct {
	Version uint64         `cbor:"1,keyasint"`
	Org     identity.OrgID `cbor:"2,keyasint"`
	Signing [][]byte       `cbor:"3,keyasint"` // Ed25519 seeds: issuing, log, TLS, next TLS
	Sealing [][]byte       `cbor:"4,keyasint"` // the newest first
	Data    []byte         `cbor:"5,keyasint"`
}

const (
	keysVersion = 1
	keysLimit   = 32 << 10 // bytes
	keysMost    = 256      // of a kind
	dataKeySize = 32
	bridged     = 6 // rotations of the log key that a device may have missed and still compare in a cellar
)

var keysContext = []byte("handslag/1/server-keys")

// ErrKeys says that the server's key files do not fit each other.
var ErrKeys = errors.New("key files are damaged or do not fit each other")

// clear wipes the plain form.
func (s *serverKeys) clear() {
	for _, secret := range slices.Concat(s.Signing, s.Sealing, [][]byte{s.Data}) {
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
	if in.Version != keysVersion || len(in.Data) != dataKeySize || len(in.Signing) > keysMost || len(in.Sealing) > keysMost {
		return serverKeys{}, fmt.Errorf("read keys: %w", ErrKeys)
	}
	return in, nil
}

// clone is a copy that is wiped by itself.
func (s *serverKeys) clone() serverKeys {
	out := serverKeys{Version: s.Version, Org: s.Org, Data: bytes.Clone(s.Data)}
	for _, seed := range s.Signing {
		out.Signing = append(out.Signing, bytes.Clone(seed))
	}
	for _, secret := range s.Sealing {
		out.Sealing = append(out.Sealing, bytes.Clone(secret))
	}
	return out
}

// use turns the stored form into the keys that statement names.
func (s *serverKeys) use(statement identity.Statement, certificates []byte) (*Keys, error) {
	k := &Keys{Org: s.Org, Statement: statement, Data: bytes.Clone(s.Data), ring: s.clone()}
	var serving *signed.PrivateKey
	formerLog := statement.Log[1:min(len(statement.Log), 1+bridged)]
	for _, seed := range s.Signing {
		key, err := signed.PrivateKeyFromSeed(seed)
		if err != nil {
			return nil, fmt.Errorf("read keys: %w: %w", ErrKeys, err)
		}
		pin, err := pinOf(key)
		if err != nil {
			return nil, fmt.Errorf("read keys: %w: %w", ErrKeys, err)
		}
		switch public := key.Public(); {
		case public.Equal(statement.Issuing[0]):
			k.Issuing = key
		case public.Equal(statement.Log[0]):
			k.Log = key
		case slices.ContainsFunc(formerLog, public.Equal):
			k.FormerLog = append(k.FormerLog, key)
		case bytes.Equal(pin, statement.TLS[0]):
			serving = key
		}
	}
	slices.SortFunc(k.FormerLog, func(a, b *signed.PrivateKey) int {
		return slices.IndexFunc(formerLog, a.Public().Equal) - slices.IndexFunc(formerLog, b.Public().Equal)
	})
	for _, secret := range s.Sealing {
		key, err := identity.SealPrivateFromBytes(secret)
		if err != nil {
			return nil, fmt.Errorf("read keys: %w: %w", ErrKeys, err)
		}
		k.Sealing = append(k.Sealing, key)
	}
	newest := slices.IndexFunc(k.Sealing, func(key *identity.SealPrivate) bool {
		return bytes.Equal(key.Public().Bytes, statement.Sealing[0].Bytes)
	})
	if k.Issuing == nil || k.Log == nil || serving == nil || newest < 0 {
		return nil, fmt.Errorf("%w: the statement names other keys", ErrKeys)
	}
	var err error
	k.TLS, err = readCertificate(certificates, serving)
	return k, err
}

// pinOf is the pin of a certificate of this key's.
func pinOf(key *signed.PrivateKey) (identity.Pin, error) {
	spki, err := x509.MarshalPKIXPublicKey(key.Ed25519().Public())
	sum := sha256.Sum256(spki)
	return sum[:], err
}

// Export is all of the server's secret keys, plain: for a backup that seals them.
func (k *Keys) Export() ([]byte, error) { return signed.Encode(k.ring) }
