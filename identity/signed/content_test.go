package signed_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"io"
	"testing"

	"github.com/veraison/go-cose"

	"handslag/identity/signed"
	"handslag/identity/signed/signedtest"
)

// listener keeps what go-cose would have signed.
type listener struct {
	cose.Signer
	heard []byte
}

func (l *listener) Sign(random io.Reader, content []byte) ([]byte, error) {
	l.heard = bytes.Clone(content)
	return l.Signer.Sign(random, content)
}

// Another implementation of RFC 9052 makes the same message, over the same bytes.
func TestContentIsWhatTheRFCSays(t *testing.T) {
	anna := signedtest.Key(t, 3)
	content, err := signed.NewContent(signed.DomainEntry, note{Text: "hej", Count: 3})
	if err != nil {
		t.Fatal(err)
	}
	message, err := content.Sign(anna)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := cose.NewSigner(cose.AlgorithmEdDSA, anna.Ed25519())
	if err != nil {
		t.Fatal(err)
	}
	body, _ := signed.Encode(note{Text: "hej", Count: 3})
	ear := &listener{Signer: signer}
	headers := cose.Headers{Protected: cose.ProtectedHeader{cose.HeaderLabelAlgorithm: cose.AlgorithmEdDSA}}
	other, err := cose.Sign1Untagged(nil, ear, headers, body, []byte(signed.DomainEntry))
	if err != nil || !bytes.Equal(ear.heard, content.Bytes()) || !bytes.Equal(other, message) {
		t.Errorf("go-cose signs %x\nand makes %x, %v", ear.heard, other, err)
	}
	received, err := signed.ContentOf(signed.DomainEntry, message, 1000)
	if err != nil || !bytes.Equal(received.Bytes(), content.Bytes()) {
		t.Errorf("received it reads %x, %v", received.Bytes(), err)
	}
	if elsewhere, err := signed.ContentOf(signed.DomainReceipt, message, 1000); err != nil || bytes.Equal(elsewhere.Bytes(), content.Bytes()) {
		t.Errorf("in another domain it is the same, %v", err)
	}
	if _, err := signed.ContentOf(signed.DomainEntry, message[1:], 1000); !errors.Is(err, signed.ErrMalformed) {
		t.Errorf("no message: %v", err)
	}
	if _, err := (signed.Content{}).Sign(anna); err == nil {
		t.Error("nothing is signed")
	}
}

func TestASecondSignatureHoldsToo(t *testing.T) {
	anna := signedtest.Key(t, 3)
	message, err := signed.Sign(signed.DomainEntry, anna, note{Text: "hej"})
	if err != nil {
		t.Fatal(err)
	}
	again := signedtest.SignedAgain(t, signed.DomainEntry, anna, message)
	var got note
	if err := signed.Open(signed.DomainEntry, anna.Public(), again, 1000, &got); err != nil || bytes.Equal(again, message) {
		t.Errorf("%v", err)
	}
	if len(again) != len(message) || bytes.Equal(again[len(again)-ed25519.SignatureSize:], message[len(message)-ed25519.SignatureSize:]) {
		t.Error("it is no other signature")
	}
}
