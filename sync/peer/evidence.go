package peer

import "fmt"

// Evidence is what S's second QR says where both devices have cameras: which verification, and
// the hash of all that both ends must have seen alike. It holds no secret and names nobody.
type Evidence struct {
	Session    [16]byte
	Transcript [32]byte // H(T)
}

const (
	evidenceKind = 'E'
	evidenceSize = 2 + 16 + 32
)

// Encode is the evidence as bytes: kind, version, session, transcript.
func (e Evidence) Encode() []byte {
	out := append(make([]byte, 0, evidenceSize), evidenceKind, offerVersion)
	return append(append(out, e.Session[:]...), e.Transcript[:]...)
}

// ParseEvidence reads what Encode wrote and nothing else. Errors as ParseOffer's.
func ParseEvidence(data []byte) (Evidence, error) {
	if len(data) < 2 || data[0] != evidenceKind {
		return Evidence{}, fmt.Errorf("read evidence: %w", ErrOfferKind)
	}
	switch {
	case data[1] < offerVersion:
		return Evidence{}, fmt.Errorf("read evidence: %w", ErrOfferTooOld)
	case data[1] > offerVersion:
		return Evidence{}, fmt.Errorf("read evidence: %w", ErrOfferTooNew)
	case len(data) < evidenceSize:
		return Evidence{}, fmt.Errorf("read evidence: cut short: %w", ErrOffer)
	case len(data) > evidenceSize:
		return Evidence{}, fmt.Errorf("read evidence: %w", ErrOfferTrailing)
	}
	return Evidence{Session: [16]byte(data[2:18]), Transcript: [32]byte(data[18:])}, nil
}
