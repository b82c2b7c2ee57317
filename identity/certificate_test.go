package identity_test

import (
	"crypto/rand"
	"crypto/x509"
	"testing"
	"time"

	"handslag/identity"
	"handslag/identity/signed"
)

func TestASelfMadeCertificateIsTrustedForItsHostsAndNothingElse(t *testing.T) {
	key, err := signed.NewPrivateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC)
	der, err := identity.SelfSign(key, []string{"linden.example", "127.0.0.1", "::1"}, now)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	for host, good := range map[string]bool{"linden.example": true, "127.0.0.1": true, "::1": true, "127.0.0.2": false, "evil.example": false} {
		if _, err := cert.Verify(x509.VerifyOptions{DNSName: host, Roots: roots, CurrentTime: now}); (err == nil) != good {
			t.Errorf("%s: %v", host, err)
		}
	}
	if cert.IsCA || cert.KeyUsage&x509.KeyUsageCertSign != 0 {
		t.Error("it may sign other certificates")
	}
	if _, err := identity.SelfSign(key, nil, now); err == nil {
		t.Error("a certificate for nobody")
	}
}
