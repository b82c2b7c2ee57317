package signedtest

import (
	"crypto/ed25519"
	"crypto/sha512"
	"math/big"
	"slices"
	"testing"

	"handslag/identity/signed"
)

// SignedAgain is message with another signature of the same key that holds as well. RFC 8032
// makes a nonce out of key and message, so whoever follows it signs one message in one way; this
// takes the nonce from elsewhere, as only a holder of the key can.
func SignedAgain(t testing.TB, domain signed.Domain, key *signed.PrivateKey, message []byte) []byte {
	t.Helper()
	content, err := signed.ContentOf(domain, message, len(message))
	if err != nil {
		t.Fatal(err)
	}
	order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
	nonceSeed := slices.Repeat([]byte{7}, ed25519.SeedSize)
	point := ed25519.NewKeyFromSeed(nonceSeed).Public().(ed25519.PublicKey)
	hash := sha512.New()
	hash.Write(point)
	hash.Write(key.Public().Bytes)
	hash.Write(content.Bytes())
	s := new(big.Int).Mul(little(hash.Sum(nil)), secret(key.Seed()))
	s.Mod(s.Add(s, secret(nonceSeed)), order)
	half := s.FillBytes(make([]byte, 32))
	slices.Reverse(half)
	again := slices.Concat(message[:len(message)-ed25519.SignatureSize], point, half)
	if !ed25519.Verify(key.Public().Bytes, content.Bytes(), again[len(again)-ed25519.SignatureSize:]) {
		t.Fatal("the second signature does not hold")
	}
	return again
}

// secret is the scalar that a seed stands for (RFC 8032 §5.1.5).
func secret(seed []byte) *big.Int {
	digest := sha512.Sum512(seed)
	scalar := digest[:32]
	scalar[0] &= 248
	scalar[31] = scalar[31]&63 | 64
	return little(scalar)
}

func little(b []byte) *big.Int {
	b = slices.Clone(b)
	slices.Reverse(b)
	return new(big.Int).SetBytes(b)
}
