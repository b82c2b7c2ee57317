package identity

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net"
	"time"

	"handslag/identity/signed"
)

// maxHosts bounds the names in a certificate.
const maxHosts = 32

// SelfSign is a TLS server certificate (X.509, DER) for hosts, names or IP addresses,
// signed by its own Ed25519 key. It is no CA: who pins or trusts it trusts this key for
// these hosts and for nothing else. It holds from two days before now, for clocks that
// are behind, to ten years after.
func SelfSign(key *signed.PrivateKey, hosts []string, now time.Time) ([]byte, error) {
	if len(hosts) == 0 || len(hosts) > maxHosts {
		return nil, errors.New("make certificate: no host, or too many")
	}
	serial := make([]byte, 16)
	rand.Read(serial)
	serial[0] &= 0x7f // RFC 5280 §4.1.2.2: positive, at most 20 bytes
	template := x509.Certificate{
		SerialNumber:          new(big.Int).SetBytes(serial),
		Subject:               pkix.Name{CommonName: hosts[0]},
		NotBefore:             now.Add(-48 * time.Hour).UTC(),
		NotAfter:              now.AddDate(10, 0, 0).UTC(),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	private := key.Ed25519()
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, private.Public(), private)
	if err != nil {
		return nil, fmt.Errorf("make certificate: %w", err)
	}
	return der, nil
}
