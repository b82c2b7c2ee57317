package signed

import (
	"crypto/ed25519"
	"errors"
	"fmt"
)

// Content is a message that lacks nothing but its signature: what it says is encoded once, and so
// are the bytes that its signature is made over. So who chains messages can name one before it is
// signed, and many can be signed side by side.
type Content struct {
	payload    []byte
	toBeSigned []byte
	header     []byte
}

// sigStructure is what a COSE_Sign1 signature is made over (RFC 9052 §4.4). It names the algorithm
// in the protected header, and the domain as external AAD.
type sigStructure struct {
	_         struct{} `cbor:",toarray"`
	Context   string
	Protected []byte
	External  []byte
	Payload   []byte
}

// protected is the protected header of every message.
var protected = mustEncode(protectedHeader{Alg: EdDSA})

func mustEncode(v any) []byte {
	data, err := encoding.Marshal(v)
	if err != nil {
		panic(err) // of a value above, at start
	}
	return data
}

// NewContent encodes payload as a message of domain.
func NewContent(domain Domain, payload any) (Content, error) {
	body, err := Encode(payload)
	if err != nil {
		return Content{}, err
	}
	return content(domain, protected, body)
}

// ContentOf is the content of a message of at most limit bytes, as it was received; its
// signature is not checked.
func ContentOf(domain Domain, message []byte, limit int) (Content, error) {
	env, err := unwrap(message, limit)
	if err != nil {
		return Content{}, err
	}
	return content(domain, env.Protected, env.Payload)
}

func content(domain Domain, header, body []byte) (Content, error) {
	data, err := Encode(sigStructure{Context: "Signature1", Protected: header, External: []byte(domain), Payload: body})
	return Content{payload: body, toBeSigned: data, header: header}, err
}

// Bytes are those that the signature is made over. They are not to be changed.
func (c Content) Bytes() []byte { return c.toBeSigned }

// Sign is the message with its signature. Many may sign with one key at once.
func (c Content) Sign(key *PrivateKey) ([]byte, error) {
	if key == nil || key.key == nil {
		return nil, errors.New("sign: the key is locked away")
	}
	if len(c.toBeSigned) == 0 {
		return nil, errors.New("sign: there is nothing to sign")
	}
	message, err := Encode(envelope{
		Protected: c.header, Unprotected: map[int64]int64{}, Payload: c.payload, Signature: ed25519.Sign(key.key, c.toBeSigned),
	})
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	return message, nil
}
