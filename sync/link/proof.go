package link

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"handslag/identity"
	"handslag/identity/signed"
)

// Call is what a device signs for each call it makes: this very request, once, and not
// before the connected system's own newest word on the time.
type Call struct {
	Version uint64            `cbor:"1,keyasint"`
	Org     identity.OrgID    `cbor:"2,keyasint"`
	Method  string            `cbor:"3,keyasint"`
	Path    string            `cbor:"4,keyasint"`
	Query   string            `cbor:"5,keyasint,omitempty"` // raw
	Body    []byte            `cbor:"6,keyasint"`           // SHA-256 of the body
	Device  identity.DeviceID `cbor:"7,keyasint"`
	Nonce   []byte            `cbor:"8,keyasint"` // 16 random bytes, unique for the device
	Time    signed.Time       `cbor:"9,keyasint"` // newest signed server time, 0 before the first
}

const (
	callLimit = 1 << 10 // bytes, signed
	scheme    = Scheme + " "
)

// Scheme is the name of the proof among HTTP's authentication schemes.
const Scheme = "Handslag"

// ErrProof says that an Authorization header is not a proof for this request.
var ErrProof = errors.New("proof does not fit the call")

// NewCall describes one request of device.
func NewCall(org identity.OrgID, device identity.DeviceID, method, path, query string, body []byte, now signed.Time) Call {
	sum := sha256.Sum256(body)
	nonce := make([]byte, nonceSize)
	rand.Read(nonce)
	return Call{Version: 1, Org: org, Method: method, Path: path, Query: query, Body: sum[:], Device: device, Nonce: nonce, Time: now}
}

// Header signs the call and returns the Authorization header's value.
func (c Call) Header(sign func(signed.Domain, any) ([]byte, error)) (string, error) {
	message, err := sign(signed.DomainCall, c)
	if err != nil {
		return "", fmt.Errorf("prove call: %w", err)
	}
	return scheme + base64.RawURLEncoding.EncodeToString(message), nil
}

// Proof is a call as it was claimed: not yet verified, because the device's key has to be
// looked up first.
type Proof struct {
	Claim   Call
	message []byte
}

// ReadProof reads an Authorization header. It returns ErrProof for anything malformed.
func ReadProof(header string) (Proof, error) {
	text, ok := strings.CutPrefix(header, scheme)
	if !ok || len(text) > 2*callLimit {
		return Proof{}, fmt.Errorf("read proof: %w", ErrProof)
	}
	message, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return Proof{}, fmt.Errorf("read proof: %w", ErrProof)
	}
	var c Call
	if err := signed.Unverified(message, callLimit, &c); err != nil {
		return Proof{}, fmt.Errorf("read proof: %w: %w", ErrProof, err)
	}
	if c.Version != 1 || len(c.Nonce) != nonceSize || len(c.Body) != sha256.Size || c.Time < 0 {
		return Proof{}, fmt.Errorf("read proof: %w", ErrProof)
	}
	return Proof{Claim: c, message: message}, nil
}

// Verify checks the proof under the device's signing key against the request that carried
// it. It returns ErrProof where they do not fit. Whether its time is fresh and its nonce
// new, the caller judges.
func (p Proof) Verify(key signed.Key, org identity.OrgID, method, path, query string, body []byte) error {
	var c Call
	if err := signed.Open(signed.DomainCall, key, p.message, callLimit, &c); err != nil {
		return fmt.Errorf("verify proof: %w: %w", ErrProof, err)
	}
	sum := sha256.Sum256(body)
	if c.Org != org || c.Method != method || c.Path != path || c.Query != query ||
		string(c.Body) != string(sum[:]) || c.Device != identity.DeviceIDOf(key) {
		return fmt.Errorf("verify proof: %w", ErrProof)
	}
	return nil
}

// SignTime is a HeaderTime value for now. Authorization is the header of the call that it answers,
// verified or not: to say the time to whoever asks gives nothing away.
func SignTime(org identity.OrgID, now signed.Time, authorization string, key *signed.PrivateKey) (string, error) {
	t := ServerTime{Version: 1, Org: org, Time: now}
	if proof, err := ReadProof(authorization); err == nil {
		t.Answers = proof.Claim.Nonce
	}
	message, err := signed.Sign(signed.DomainServerTime, key, t)
	if err != nil {
		return "", fmt.Errorf("sign time: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(message), nil
}

// ReadTime verifies a HeaderTime value under the organisation's log keys.
func ReadTime(header string, org identity.OrgID, log []signed.Key) (ServerTime, error) {
	if len(header) > callLimit {
		return ServerTime{}, fmt.Errorf("read server time: %w", signed.ErrTooLarge)
	}
	message, err := base64.RawURLEncoding.Strict().DecodeString(header)
	if err != nil {
		return ServerTime{}, fmt.Errorf("read server time: %w", err)
	}
	var t ServerTime
	if err := signed.OpenAny(signed.DomainServerTime, log, message, callLimit, &t); err != nil {
		return ServerTime{}, fmt.Errorf("read server time: %w", err)
	}
	if t.Version != 1 || t.Org != org || t.Time <= 0 || len(t.Answers) != 0 && len(t.Answers) != nonceSize {
		return ServerTime{}, errors.New("read server time: not this organisation's")
	}
	return t, nil
}
