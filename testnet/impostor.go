package testnet

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"time"
)

// Impostor answers in a server's place, with a TLS key of its own unless it stole one. It
// ends with Close.
type Impostor struct {
	Address string // host:port
	CA      string // PEM file with its certificate

	server *http.Server
}

// NewImpostor serves handler on loopback. Where stolen is not nil it is the certificate, and
// otherwise one is made, and written to the file ca.
func NewImpostor(handler http.Handler, ca string, stolen *tls.Certificate) (*Impostor, error) {
	cert := stolen
	if cert == nil {
		made, err := selfSigned(ca)
		if err != nil {
			return nil, err
		}
		cert = &made
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	i := &Impostor{Address: listener.Addr().String(), CA: ca, server: &http.Server{
		Handler: handler, TLSConfig: &tls.Config{Certificates: []tls.Certificate{*cert}, MinVersion: tls.VersionTLS13},
		ReadHeaderTimeout: time.Minute,
	}}
	go func() { _ = i.server.ServeTLS(listener, "", "") }()
	return i, nil
}

// Close ends it.
func (i *Impostor) Close() error { return i.server.Close() }

func selfSigned(file string) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, err
	}
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// DirectoryIs puts an impostor in the directory's place; StartDirectory puts the real one
// back, and so does StopDirectory first.
func (n *Net) DirectoryIs(i *Impostor) {
	n.DirectoryLine.To(i.Address)
	n.ca = i.CA
}

// ConnectedIs puts an impostor in the connected system's place, until StopConnected.
func (n *Net) ConnectedIs(i *Impostor) { n.Line.To(i.Address) }

// Folder is the connected system's own.
func (n *Net) Folder() string { return n.path("connected") }
