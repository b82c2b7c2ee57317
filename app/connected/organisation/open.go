package organisation

import (
	"bytes"
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"handslag/identity"
	"handslag/identity/signed"
)

// ErrNone says that a folder holds no organisation.
var ErrNone = errors.New("no organisation is there")

const certLimit = 16 << 10 // bytes

// Open reads the organisation that Init made in dir and checks that its files belong
// together. It returns ErrNone or ErrKeys.
func Open(dir string) (*Keys, error) {
	keys, err := open(dir)
	if err != nil {
		return nil, fmt.Errorf("open organisation: %w", err)
	}
	return keys, nil
}

// Changed reports whether dir has another statement than that of keys, as far as can be read.
func Changed(dir string, keys *Keys) bool {
	data, err := readLimited(filepath.Join(dir, folderName, statementFile), identity.StatementLimit)
	return err == nil && !bytes.Equal(data, keys.Signed)
}

func open(dir string) (*Keys, error) {
	var files [4][]byte
	for i, f := range []struct {
		name  string
		limit int64
	}{{statementFile, identity.StatementLimit}, {certFile, certLimit}, {serverKeyFile, identity.AEADKeySize}, {keysFile, keysLimit}} {
		data, err := readLimited(filepath.Join(dir, folderName, f.name), f.limit)
		if errors.Is(err, fs.ErrNotExist) {
			if _, there := os.Lstat(filepath.Join(dir, folderName)); errors.Is(there, fs.ErrNotExist) {
				return nil, ErrNone
			}
			return nil, fmt.Errorf("%w: %s is missing", ErrKeys, f.name)
		}
		if err != nil {
			return nil, err
		}
		files[i] = data
	}
	defer clear(files[2])
	// The ring is read last: while a statement is put in place it has the keys of both.
	stored, err := unsealKeys(files[2], files[3])
	if err != nil {
		return nil, err
	}
	defer stored.clear()
	statement, err := identity.OpenStatement(files[0], stored.Org)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeys, err)
	}
	k, err := stored.use(statement, files[1])
	if err != nil {
		return nil, err
	}
	k.Signed = files[0]
	return k, nil
}

// readCertificate takes the one of several that is the key's: while a statement is put in place there are
// those of two.
func readCertificate(data []byte, key *signed.PrivateKey) (tls.Certificate, error) {
	for rest := data; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return tls.Certificate{}, fmt.Errorf("%w: the certificate is another key's, or not PEM", ErrKeys)
		}
		leaf, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return tls.Certificate{}, fmt.Errorf("%w: %w", ErrKeys, err)
		}
		if key.Ed25519().Public().(ed25519.PublicKey).Equal(leaf.PublicKey) {
			return tls.Certificate{Certificate: [][]byte{block.Bytes}, PrivateKey: key.Ed25519(), Leaf: leaf}, nil
		}
	}
}

// certify makes a certificate for hosts and its pin.
func certify(key *signed.PrivateKey, hosts []string, now time.Time) ([]byte, identity.Pin, error) {
	der, err := identity.SelfSign(key, hosts, now)
	if err != nil {
		return nil, nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, nil, err
	}
	return der, identity.PinOf(leaf), nil
}
