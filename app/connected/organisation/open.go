package organisation

import (
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
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
	keys, _, err := open(dir)
	if err != nil {
		return nil, fmt.Errorf("open organisation: %w", err)
	}
	return keys, nil
}

// CertPath is where dir's TLS certificate lies, as PEM.
func CertPath(dir string) string { return filepath.Join(dir, folderName, certFile) }

func open(dir string) (*Keys, *signed.PrivateKey, error) {
	var files [4][]byte
	for i, f := range []struct {
		name  string
		limit int64
	}{{serverKeyFile, identity.AEADKeySize}, {keysFile, keysLimit}, {statementFile, identity.StatementLimit}, {certFile, certLimit}} {
		data, err := readLimited(filepath.Join(dir, folderName, f.name), f.limit)
		if errors.Is(err, fs.ErrNotExist) && i == 0 {
			return nil, nil, ErrNone
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil, fmt.Errorf("%w: %s is missing", ErrKeys, f.name)
		}
		if err != nil {
			return nil, nil, err
		}
		files[i] = data
	}
	defer clear(files[0])
	stored, err := unsealKeys(files[0], files[1])
	if err != nil {
		return nil, nil, err
	}
	defer stored.clear()
	k, serving, err := stored.use()
	if err != nil {
		return nil, nil, err
	}
	if k.Statement, err = identity.OpenStatement(files[2], k.Org); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrKeys, err)
	}
	k.Signed = files[2]
	if k.TLS, err = readCertificate(files[3], serving); err != nil {
		return nil, nil, err
	}
	s := k.Statement
	if !s.Issuing[0].Equal(k.Issuing.Public()) || !s.Log[0].Equal(k.Log.Public()) ||
		string(s.Sealing[0].Bytes) != string(k.Sealing.Public().Bytes) || string(s.TLS[0]) != string(identity.PinOf(k.TLS.Leaf)) {
		return nil, nil, fmt.Errorf("%w: the statement names other keys", ErrKeys)
	}
	return k, serving, nil
}

func readCertificate(data []byte, key *signed.PrivateKey) (tls.Certificate, error) {
	block, rest := pem.Decode(data)
	if block == nil || block.Type != "CERTIFICATE" || len(rest) != 0 {
		return tls.Certificate{}, fmt.Errorf("%w: the certificate is not PEM", ErrKeys)
	}
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("%w: %w", ErrKeys, err)
	}
	if !key.Ed25519().Public().(ed25519.PublicKey).Equal(leaf.PublicKey) {
		return tls.Certificate{}, fmt.Errorf("%w: the certificate is another key's", ErrKeys)
	}
	return tls.Certificate{Certificate: [][]byte{block.Bytes}, PrivateKey: key.Ed25519(), Leaf: leaf}, nil
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
