package peer

import (
	"crypto/sha256"
	"errors"
	"fmt"

	p2pcrypto "github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"

	"handslag/identity"
	"handslag/identity/signed"
)

// self is this end: its credential and what it judges the other's by.
type self struct {
	org        identity.OrgID
	issuing    []signed.Key
	credential identity.Credential
	raw        []byte
	id         peer.ID
	signWith   func(signed.Domain, any) ([]byte, error)
	now        func() signed.Time
	revoked    func(identity.DeviceID, uint64) bool
	tooSoon    func(identity.DeviceID) bool
	suspect    bool
}

// peerOf is the libp2p peer ID of an Ed25519 public key, 32 bytes; nobody else has it.
func peerOf(key []byte) (peer.ID, error) {
	public, err := p2pcrypto.UnmarshalEd25519PublicKey(key)
	if err != nil {
		return "", fmt.Errorf("read transport key: %w", err)
	}
	return peer.IDFromPublicKey(public)
}

// party is this end in the transcript.
func (s self) party(nonce []byte) party { return partyOf(s.id, s.raw, nonce, s.suspect) }

func partyOf(id peer.ID, credential, nonce []byte, suspect bool) party {
	sum := sha256.Sum256(credential)
	return party{Peer: []byte(id), Credential: sum[:], Nonce: nonce, Suspect: suspect}
}

func (s self) sign(role Role, hash [sha256.Size]byte) ([]byte, error) {
	return s.signWith(signed.DomainTranscript, proof{Version: 1, Role: role, Transcript: hash[:]})
}

// check refuses to begin with a credential that the other would refuse.
func (s self) check() Reason { return s.judge(s.credential) }

// judge says what is wrong with a credential now, if anything.
func (s self) judge(c identity.Credential) Reason {
	if s.revoked != nil && s.revoked(c.Device(), c.Epoch) {
		return Revoked
	}
	if c.ValidAt(s.now()) != nil {
		return CredExpired
	}
	return ""
}

// identify takes the other's credential: issued by this organisation, for the key that the
// connection proved, and neither revoked nor expired. It returns "" or why not.
func (c *ceremony) identify(raw []byte, suspect bool) Reason {
	credential, err := identity.OpenCredential(raw, c.self.org, c.self.issuing)
	switch {
	case errors.Is(err, signed.ErrMalformed), errors.Is(err, signed.ErrTooLarge):
		return BadAnswer
	case err != nil:
		return WrongOrg
	}
	id, err := peerOf(credential.Keys.Transport.Bytes)
	if err != nil || id != c.remote || credential.Device() == c.self.credential.Device() {
		return KeyMismatch
	}
	if why := c.self.judge(credential); why != "" {
		return why
	}
	if c.self.tooSoon != nil && c.self.tooSoon(credential.Device()) {
		c.meeting.Peer, c.meeting.PeerCredential = credential, raw
		return TooSoon
	}
	c.meeting.Peer, c.meeting.PeerCredential, c.meeting.PeerClockSuspect = credential, raw, suspect
	return ""
}

// fix makes T and its hash; from here on both ends' words are about nothing else.
func (c *ceremony) fix(scanner, displayer party) error {
	hash, err := transcript{Version: 1, Org: c.self.org, Form: c.form, Purpose: c.offer.Purpose,
		Session: c.session, Scanner: scanner, Displayer: displayer}.hash()
	if err != nil {
		return err
	}
	c.hash, c.meeting.Transcript = hash, hash[:]
	return nil
}
