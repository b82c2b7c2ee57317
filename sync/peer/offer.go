package peer

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"

	"handslag/identity"
	"handslag/sync/peer/internal/road"
)

// Payload is what the QR says: whom to dial, where, for what, and the secret that shows that
// the dialler saw it. It names nobody, and its tag means nothing outside the organisation.
type Payload struct {
	Purpose Purpose
	Form    Form             // what D asks for: TwoCameras where it has one, else OneCamera
	Tag     [8]byte          // TagOf the organisation and Commit
	Key     [32]byte         // D's Ed25519 transport key
	Commit  [16]byte         // to D's nonce
	Secret  [16]byte         // single use
	Addrs   []netip.AddrPort // TCP and UDP port alike: up to two IPv4, then up to one IPv6
}

// OfferLimit is the most bytes that an offer may have: what a QR of version 7 at ECC M holds
// as base32.
const OfferLimit = 108

const (
	offerKind    = 'V'
	offerVersion = 1
	offerFixed   = 4 + 8 + 32 + 16 + 16
)

// Errors of ParseOffer, told apart because a person can act on each.
var (
	ErrOfferKind     = errors.New("not the code of a verification")
	ErrOfferTooOld   = errors.New("the code is of an older program")
	ErrOfferTooNew   = errors.New("the code is of a newer program")
	ErrOfferTrailing = errors.New("the code has bytes after its end")
	ErrOffer         = errors.New("the code of a verification is damaged")
)

// TagOf is the organisation's tag in the offer with that commitment: devices of the
// organisation know it, others can not tell two organisations apart by it.
func TagOf(org identity.OrgID, commit [16]byte) [8]byte {
	sum := sha256.Sum256(fmt.Appendf(nil, "handslag/1/org-tag\x00%s\x00%s", commit, org))
	return [8]byte(sum[:8])
}

// Encode is the payload as bytes: kind, version, purpose, form ‖ address counts, tag, key,
// commitment, secret, addresses (4 or 16 bytes, then the port big endian).
func (o Payload) Encode() ([]byte, error) {
	var v4, v6 []byte
	for i, addr := range o.Addrs {
		if !road.Dialable(addr) {
			return nil, fmt.Errorf("encode offer: an address that nobody can be dialled at: %w", ErrOffer)
		}
		for _, before := range o.Addrs[:i] {
			if before == addr {
				return nil, fmt.Errorf("encode offer: an address stands twice: %w", ErrOffer)
			}
		}
		ip := addr.Addr()
		if ip.Is4() {
			if len(v6) > 0 {
				return nil, fmt.Errorf("encode offer: IPv4 stands after IPv6: %w", ErrOffer)
			}
			v4 = binary.BigEndian.AppendUint16(append(v4, ip.AsSlice()...), addr.Port())
		} else {
			v6 = binary.BigEndian.AppendUint16(append(v6, ip.AsSlice()...), addr.Port())
		}
	}
	n4, n6 := len(v4)/6, len(v6)/18
	if n4 > road.MaxIPv4 || n6 > road.MaxIPv6 || n4+n6 == 0 {
		return nil, fmt.Errorf("encode offer: no address, or too many: %w", ErrOffer)
	}
	if o.Purpose != HandOver || o.Form != TwoCameras && o.Form != OneCamera {
		return nil, fmt.Errorf("encode offer: purpose or form is not known: %w", ErrOffer)
	}
	out := make([]byte, 0, OfferLimit)
	out = append(out, offerKind, offerVersion, byte(o.Purpose), byte(o.Form)<<4|byte(n4)<<1|byte(n6))
	out = append(out, o.Tag[:]...)
	out = append(out, o.Key[:]...)
	out = append(out, o.Commit[:]...)
	out = append(out, o.Secret[:]...)
	out = append(out, v4...)
	return append(out, v6...), nil
}

// ParseOffer reads what Encode wrote and nothing else. Errors: ErrOfferKind, ErrOfferTooOld,
// ErrOfferTooNew, ErrOfferTrailing, ErrOffer.
func ParseOffer(data []byte) (Payload, error) {
	if len(data) < 2 || data[0] != offerKind {
		return Payload{}, fmt.Errorf("read offer: %w", ErrOfferKind)
	}
	switch {
	case data[1] < offerVersion:
		return Payload{}, fmt.Errorf("read offer: %w", ErrOfferTooOld)
	case data[1] > offerVersion:
		return Payload{}, fmt.Errorf("read offer: %w", ErrOfferTooNew)
	case len(data) < offerFixed:
		return Payload{}, fmt.Errorf("read offer: cut short: %w", ErrOffer)
	}
	o := Payload{Purpose: Purpose(data[2]), Form: Form(data[3] >> 4)}
	n4, n6 := int(data[3]>>1&3), int(data[3]&1)
	rest := data[4:]
	for _, field := range [][]byte{o.Tag[:], o.Key[:], o.Commit[:], o.Secret[:]} {
		rest = rest[copy(field, rest):]
	}
	if len(rest) < 6*n4+18*n6 {
		return Payload{}, fmt.Errorf("read offer: cut short: %w", ErrOffer)
	}
	for i := range n4 + n6 {
		size := 4
		if i >= n4 {
			size = 16
		}
		ip, _ := netip.AddrFromSlice(rest[:size])
		o.Addrs = append(o.Addrs, netip.AddrPortFrom(ip, binary.BigEndian.Uint16(rest[size:])))
		rest = rest[size+2:]
	}
	if len(rest) > 0 {
		return Payload{}, fmt.Errorf("read offer: %w", ErrOfferTrailing)
	}
	again, err := o.Encode()
	if err != nil {
		return Payload{}, fmt.Errorf("read offer: %w", err)
	}
	if string(again) != string(data) {
		return Payload{}, fmt.Errorf("read offer: %w", ErrOffer)
	}
	return o, nil
}
