package directory

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"time"

	"handslag/identity"
	"handslag/identity/signed"
)

const (
	ownCert = "tls.pem"
	ownKey  = "tls.key"
)

// OwnCertificate is the certificate in the folder state, made there at the first start; a
// start for other hosts makes a new one of the same key. path is where its PEM lies, for
// those who are to trust it.
func OwnCertificate(state string, hosts []string, now time.Time) (cert tls.Certificate, path string, err error) {
	path = filepath.Join(state, ownCert)
	if err := os.MkdirAll(state, 0o700); err != nil {
		return cert, path, fmt.Errorf("make certificate: %w", err)
	}
	key, err := ownPrivateKey(filepath.Join(state, ownKey))
	if err != nil {
		return cert, path, fmt.Errorf("make certificate: %w", err)
	}
	if der, ok := fitting(path, key, hosts, now); ok {
		return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key.Ed25519()}, path, nil
	}
	der, err := identity.SelfSign(key, hosts, now)
	if err != nil {
		return cert, path, err
	}
	if err := replace(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})); err != nil {
		return cert, path, fmt.Errorf("make certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key.Ed25519()}, path, nil
}

// fitting is the certificate at path, if it is key's, in force and for all hosts.
func fitting(path string, key *signed.PrivateKey, hosts []string, now time.Time) ([]byte, bool) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, false
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, false
	}
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil || now.Before(leaf.NotBefore) || now.AddDate(0, 1, 0).After(leaf.NotAfter) {
		return nil, false
	}
	if public, ok := leaf.PublicKey.(ed25519.PublicKey); !ok || !key.Public().Equal(signed.Key{Alg: signed.EdDSA, Bytes: public}) {
		return nil, false
	}
	for _, host := range hosts {
		if leaf.VerifyHostname(host) != nil {
			return nil, false
		}
	}
	return block.Bytes, true
}

func ownPrivateKey(path string) (*signed.PrivateKey, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		key, err := signed.NewPrivateKey(rand.Reader)
		if err != nil {
			return nil, err
		}
		der, err := x509.MarshalPKCS8PrivateKey(key.Ed25519())
		if err != nil {
			return nil, err
		}
		return key, replace(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	}
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, errors.New("the key file is damaged")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	private, ok := parsed.(ed25519.PrivateKey)
	if err != nil || !ok {
		return nil, errors.New("the key file is damaged")
	}
	return signed.PrivateKeyFromSeed(private.Seed())
}

// replace puts data in path's place at once, for this user only.
func replace(path string, data []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	if _, err = file.Write(data); err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		os.Remove(file.Name())
	}
	return err
}

// hostsOf are the hosts that a certificate for listening on address is made for.
func hostsOf(address string, named []string) ([]string, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	hosts := append([]string(nil), named...)
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		hosts = append(hosts, "localhost", "127.0.0.1", "::1")
		if name, err := os.Hostname(); err == nil && name != "" {
			hosts = append(hosts, name)
		}
	} else {
		hosts = append(hosts, host)
	}
	return hosts, nil
}
