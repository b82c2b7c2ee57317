package peer

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"strings"

	"handslag/identity"
	"handslag/identity/signed"
)

// transcript is T: all that both ends must have seen alike. Its hash is what they sign, what
// the six digits are made of and what a share is bound to.
type transcript struct {
	Version   uint64         `cbor:"1,keyasint"`
	Org       identity.OrgID `cbor:"2,keyasint"`
	Form      Form           `cbor:"3,keyasint"`
	Purpose   Purpose        `cbor:"4,keyasint"`
	Session   []byte         `cbor:"5,keyasint"` // 16 bytes of a hash of the whole offer
	Scanner   party          `cbor:"6,keyasint"`
	Displayer party          `cbor:"7,keyasint"`
}

// party is one end in the transcript.
type party struct {
	_          struct{} `cbor:",toarray"`
	Peer       []byte   // libp2p peer ID
	Credential []byte   // SHA-256 of its signed bytes
	Nonce      []byte   // 32 bytes
	Suspect    bool     // its clock is suspect
}

func (t transcript) hash() ([sha256.Size]byte, error) {
	data, err := signed.Encode(t)
	if err != nil {
		return [sha256.Size]byte{}, err
	}
	return digest("transcript", data), nil
}

// digest is SHA-256 with a domain of its own for each use.
func digest(use string, data ...[]byte) [sha256.Size]byte {
	h := sha256.New()
	fmt.Fprintf(h, "handslag/1/%s\x00", use)
	for _, d := range data {
		h.Write(d)
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// sessionOf names the verification that an offer opens: whoever read another code is in
// another session, and what the code said is in the transcript.
func sessionOf(offer []byte) []byte {
	sum := digest("session", offer)
	return sum[:16]
}

// commitTo is what the offer says of D's nonce before S chooses its own, so that neither end
// can try nonces until the digits suit it.
func commitTo(nonce []byte) [16]byte {
	sum := digest("nonce-commitment", nonce)
	return [16]byte(sum[:16])
}

// proof is what each end signs.
type proof struct {
	_          struct{} `cbor:",toarray"`
	Version    uint64
	Role       Role
	Transcript []byte
}

const proofLimit = 256

// openProof verifies the signature of the end role over hash.
func openProof(data []byte, key signed.Key, role Role, hash [sha256.Size]byte) bool {
	var p proof
	if err := signed.Open(signed.DomainTranscript, key, data, proofLimit, &p); err != nil {
		return false
	}
	return p.Version == 1 && p.Role == role && subtle.ConstantTimeCompare(p.Transcript, hash[:]) == 1
}

// codeOf is the six digits that the end role shows. Draws at or above the largest multiple
// of a million are drawn again, so that each code is as likely as any other.
func codeOf(hash [sha256.Size]byte, role Role) string {
	const fair = 1<<32 - 1<<32%1_000_000
	for round := byte(0); ; round++ {
		mac := hmac.New(sha256.New, hash[:])
		fmt.Fprintf(mac, "handslag/1/code\x00%d\x00%d", role, round)
		sum := mac.Sum(nil)
		for ; len(sum) >= 4; sum = sum[4:] {
			if n := binary.BigEndian.Uint32(sum); uint64(n) < fair {
				return fmt.Sprintf("%06d", n%1_000_000)
			}
		}
	}
}

// cleanCode is a code as typed without the spaces and dashes that people put in it; ok where
// six digits remain.
func cleanCode(typed string) (code string, ok bool) {
	if len(typed) > 64 {
		return "", false
	}
	code = strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -\u00a0\t", r) {
			return -1
		}
		return r
	}, typed)
	if len(code) != 6 {
		return "", false
	}
	for _, r := range code {
		if r < '0' || r > '9' {
			return "", false
		}
	}
	return code, true
}

// claimMAC shows D that S saw this very code, from this very connection, with this
// credential: replayed from another connection it is worth nothing.
func claimMAC(secret [16]byte, session, displayer []byte, form Form, s party) ([]byte, error) {
	data, err := signed.Encode([]any{session, displayer, uint64(form), s})
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, secret[:])
	mac.Write([]byte("handslag/1/claim\x00"))
	mac.Write(data)
	return mac.Sum(nil), nil
}
