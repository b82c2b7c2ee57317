package journal

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"

	"handslag/identity"
	"handslag/identity/signed"
)

// Details is what an entry says in words: personal data may stand here and nowhere else.
type Details struct {
	Reason string `cbor:"1,keyasint,omitempty" json:"reason,omitempty"` // why data was opened or shared
	Note   string `cbor:"2,keyasint,omitempty" json:"note,omitempty"`
	Topic  string `cbor:"3,keyasint,omitempty" json:"topic,omitempty"` // of an assignment's work: which field
	Value  string `cbor:"4,keyasint,omitempty" json:"value,omitempty"` // what it is now

	// Of an attachment that the device made, whatever becomes of its view: the draft whose digest
	// the entry names, and its content key, 32 bytes.
	Draft []byte `cbor:"5,keyasint,omitempty" json:"-"`
	Key   []byte `cbor:"6,keyasint,omitempty" json:"-"`
}

// LogValue keeps what was written out of every log.
func (Details) LogValue() slog.Value { return slog.StringValue("redacted details") }

// LogValue keeps what was written out of every log.
func (Payload) LogValue() slog.Value { return slog.StringValue("redacted payload") }

// Payload is an entry's details with the salt that makes their commitment say nothing
// once they are gone. The salt lies here and nowhere else.
type Payload struct {
	_       struct{} `cbor:",toarray"`
	Version uint64
	Salt    []byte // 32 random bytes
	Details Details
}

// Bounds of a payload, in bytes.
const (
	PayloadLimit = 8 << 10
	boxLimit     = PayloadLimit + 64
	saltSize     = 32
	maxText      = 3000
	maxKey       = 32
)

// ErrPayload says that a payload is not the one that its entry commits to.
var ErrPayload = errors.New("payload does not match its entry")

// NewPayload gives details a salt.
func NewPayload(details Details) (Payload, error) {
	if len(details.Reason) > maxText || len(details.Note) > maxText || len(details.Topic)+len(details.Value) > maxText || len(details.Key) > maxKey ||
		len(details.Reason)+len(details.Note)+len(details.Topic)+len(details.Value)+len(details.Draft) > PayloadLimit-256 {
		return Payload{}, fmt.Errorf("make payload: %w", signed.ErrTooLarge)
	}
	salt := make([]byte, saltSize)
	rand.Read(salt)
	return Payload{Version: 1, Salt: salt, Details: details}, nil
}

// Commit is what the entry holds of the payload: SHA-256 of a domain and its encoding.
func (p Payload) Commit() ([]byte, error) {
	data, err := signed.Encode(p)
	if err != nil {
		return nil, err
	}
	return commitment(data), nil
}

func commitment(data []byte) []byte {
	h := sha256.New()
	h.Write([]byte("handslag/1/payload\x00"))
	h.Write(data)
	return h.Sum(nil)
}

// Seal encrypts the payload under key, a key of its own, 32 bytes, and returns what the entry holds
// of it too.
func (p Payload) Seal(key []byte) (box, commit []byte, err error) {
	data, err := signed.Encode(p)
	if err != nil {
		return nil, nil, fmt.Errorf("seal payload: %w", err)
	}
	aead, err := identity.NewAEAD(key)
	if err != nil {
		return nil, nil, fmt.Errorf("seal payload: %w", err)
	}
	commit = commitment(data)
	return aead.Seal(nil, nil, data, commit), commit, nil
}

// OpenPayload decrypts box under key and checks it against the entry's commitment. It
// returns ErrPayload where they do not belong together.
func OpenPayload(box, key, commit []byte) (Payload, error) {
	if len(box) > boxLimit {
		return Payload{}, fmt.Errorf("open payload: %w", signed.ErrTooLarge)
	}
	aead, err := identity.NewAEAD(key)
	if err != nil {
		return Payload{}, fmt.Errorf("open payload: %w", err)
	}
	data, err := aead.Open(nil, nil, box, commit)
	if err != nil {
		return Payload{}, fmt.Errorf("open payload: %w", ErrPayload)
	}
	var p Payload
	if err := signed.Decode(data, PayloadLimit, &p); err != nil {
		return Payload{}, fmt.Errorf("open payload: %w: %w", ErrPayload, err)
	}
	got, err := p.Commit()
	if err != nil || string(got) != string(commit) || p.Version != 1 || len(p.Salt) != saltSize {
		return Payload{}, fmt.Errorf("open payload: %w", ErrPayload)
	}
	return p, nil
}

// WrapPayloadKey encrypts a payload's key under a segment's payload key, which the
// connected system can open and which the device holds in memory only.
func WrapPayloadKey(segmentKey, payloadKey, commit []byte) ([]byte, error) {
	aead, err := identity.NewAEAD(segmentKey)
	if err != nil {
		return nil, fmt.Errorf("wrap payload key: %w", err)
	}
	return aead.Seal(nil, nil, payloadKey, commit), nil
}

// UnwrapPayloadKey opens what WrapPayloadKey made.
func UnwrapPayloadKey(segmentKey, wrapped, commit []byte) ([]byte, error) {
	aead, err := identity.NewAEAD(segmentKey)
	if err != nil {
		return nil, fmt.Errorf("unwrap payload key: %w", err)
	}
	key, err := aead.Open(nil, nil, wrapped, commit)
	if err != nil {
		return nil, fmt.Errorf("unwrap payload key: %w", ErrPayload)
	}
	return key, nil
}

// SegmentKeyInfo is the HPKE info that a segment's payload key is sealed with.
func SegmentKeyInfo(device identity.DeviceID, segment []byte) string {
	return fmt.Sprintf("handslag/1/segment-payload-key/%s/%x", device, segment)
}
