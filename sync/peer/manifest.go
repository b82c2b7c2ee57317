package peer

import (
	"bytes"
	"errors"
	"fmt"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// Manifest is what a sharer says of a share before it sends it, signed with its device key
// and good for one recipient in one verification.
type Manifest struct {
	Version    uint64            `cbor:"1,keyasint"`
	Org        identity.OrgID    `cbor:"2,keyasint"`
	Sharer     identity.DeviceID `cbor:"3,keyasint"`
	Recipient  identity.DeviceID `cbor:"4,keyasint"`
	Transcript []byte            `cbor:"5,keyasint"` // H(T) of the verification, 32 bytes
	Purpose    string            `cbor:"6,keyasint"` // why, in the sharer's words; it may name people: payload only
	Items      []Line            `cbor:"7,keyasint"`
}

// Line is one record in a manifest.
type Line struct {
	_      struct{} `cbor:",toarray"`
	Record journal.RecordID
	Number uint64      // of the record's version
	Until  signed.Time // end of the loan
	Pair   []byte      // what both entries name, 32 bytes
	Entry  []byte      // hash of the sharer's entry, 32 bytes
	Sum    []byte      // SHA-256 over signed record, sealed key and hands; the record names its ciphertext
}

// Bounds of a share.
const (
	MaxItems      = 200
	maxPurpose    = 3000
	manifestLimit = 96 << 10
	sealedLimit   = 4 << 10
	itemLimit     = record.RecordLimit + record.CipherLimit + sealedLimit +
		record.MaxHands*(record.LoanLimit+identity.CredentialLimit) + 1024
	wantLimit = 4 << 10
	ackLimit  = 1 << 10
)

// ErrShare says that a share is not what it should be; nothing of the item landed.
var ErrShare = errors.New("share is not valid")

// manifestMessage carries the signed manifest.
type manifestMessage struct {
	_        struct{} `cbor:",toarray"`
	Manifest []byte
}

// want is the receiver's answer: which lines to send; the others it has.
type want struct {
	_     struct{} `cbor:",toarray"`
	Lines []uint64 // rising
}

// itemMessage is one record on its way.
type itemMessage struct {
	_      struct{} `cbor:",toarray"`
	Line   uint64
	Record []byte        // signed
	Cipher []byte        // as the connected system encrypted it
	Sealed []byte        // the content key, to the recipient
	Hands  []record.Hand // from the connected system to the recipient
}

// ack says what became of one line.
type ack struct {
	_       struct{} `cbor:",toarray"`
	Line    uint64
	Entry   []byte // hash of the receiver's entry, 32 bytes; empty where it was refused
	Refused Why
}

// sum binds what the record's own signature does not.
func (m itemMessage) sum() ([]byte, error) {
	data, err := signed.Encode([]any{m.Record, m.Sealed, m.Hands})
	if err != nil {
		return nil, err
	}
	sum := digest("share-item", data)
	return sum[:], nil
}

// openManifest verifies a manifest that the verified peer must have signed, for this device
// and this verification.
func (v *Verified) openManifest(data []byte) (Manifest, error) {
	var m Manifest
	if err := signed.Open(signed.DomainManifest, v.meeting.Peer.Keys.Signing, data, manifestLimit, &m); err != nil {
		return Manifest{}, fmt.Errorf("open manifest: %w: %w", ErrShare, err)
	}
	switch {
	case m.Version != 1:
		return Manifest{}, fmt.Errorf("open manifest: version %d is not known: %w", m.Version, ErrShare)
	case m.Org != v.self.org, m.Sharer != v.meeting.Peer.Device(), m.Recipient != v.self.credential.Device(),
		!bytes.Equal(m.Transcript, v.meeting.Transcript):
		return Manifest{}, fmt.Errorf("open manifest: for another device or another verification: %w", ErrShare)
	case len(m.Items) == 0, len(m.Items) > MaxItems, len(m.Purpose) > maxPurpose:
		return Manifest{}, fmt.Errorf("open manifest: no records, or too many: %w", ErrShare)
	}
	records, pairs := map[journal.RecordID]bool{}, map[string]bool{}
	for _, line := range m.Items {
		switch {
		case identity.CheckOpaque(string(line.Record)) != nil, line.Number == 0, line.Until <= 0,
			len(line.Pair) != 32, len(line.Entry) != 32, len(line.Sum) != 32:
			return Manifest{}, fmt.Errorf("open manifest: malformed line: %w", ErrShare)
		case records[line.Record], pairs[string(line.Pair)]:
			return Manifest{}, fmt.Errorf("open manifest: a record or a pair stands twice: %w", ErrShare)
		}
		records[line.Record], pairs[string(line.Pair)] = true, true
	}
	return m, nil
}

// check says whether a want answers a manifest of n lines.
func (w want) check(n int) error {
	last := -1
	for _, line := range w.Lines {
		if line >= uint64(n) || int(line) <= last {
			return fmt.Errorf("read want: %w", ErrShare)
		}
		last = int(line)
	}
	return nil
}
