// Package identity says who is who: persons, devices, organisations, the keys that
// stand for them, and the two statements that tie keys to names: an organisation's
// statement and a device's credential. It keeps no state and judges no permission.
package identity

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"

	"github.com/btcsuite/btcd/btcutil/bech32" // the bech32m checksum (BIP 350)

	"handslag/identity/signed"
)

// DeviceID names one person's profile on one machine: 130 bits of a hash of its
// signing key in bech32m, 32 characters, kept in lower case without groups.
type DeviceID string

// OrgID names an organisation: the same of its root key.
type OrgID string

// IDs that the connected system gives; opaque, never made of anything personal.
type (
	PersonID  string
	UnitID    string
	MachineID string
)

// ErrID says that a typed ID has a slip in it.
var ErrID = errors.New("the ID has a slip in it")

const (
	devicePrefix = "hs"
	orgPrefix    = "ho"
	idSymbols    = 26 // of 5 bits: 130 bits
	idLength     = idSymbols + 6
)

// DeviceIDOf is the ID of the device that signs with key.
func DeviceIDOf(key signed.Key) DeviceID {
	return DeviceID(fingerprint(devicePrefix, "handslag/1/device-id", key))
}

// OrgIDOf is the ID of the organisation whose root key is key.
func OrgIDOf(key signed.Key) OrgID { return OrgID(fingerprint(orgPrefix, "handslag/1/org-id", key)) }

// fingerprint is bech32m of the first 130 bits of SHA-256(domain ‖ 0 ‖ algorithm ‖ key);
// prefix counts in the checksum and is not shown.
func fingerprint(prefix, domain string, key signed.Key) string {
	hash := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d\x00%s", domain, key.Alg, key.Bytes))
	symbols, err := bech32.ConvertBits(hash[:], 8, 5, true)
	if err != nil {
		panic(err) // 32 whole bytes always convert
	}
	text, err := bech32.EncodeM(prefix, symbols[:idSymbols])
	if err != nil {
		panic(err) // symbols of a hash always encode
	}
	return text[len(prefix)+1:]
}

// ParseDeviceID reads a device ID as people type it: any case, spaces, dashes. It
// returns ErrID for any single slip and any swap of neighbours.
func ParseDeviceID(text string) (DeviceID, error) {
	id, err := parseID(devicePrefix, text)
	return DeviceID(id), err
}

// ParseOrgID reads an organisation ID as people type it; errors as ParseDeviceID.
func ParseOrgID(text string) (OrgID, error) {
	id, err := parseID(orgPrefix, text)
	return OrgID(id), err
}

func parseID(prefix, text string) (string, error) {
	if len(text) > 4*idLength {
		return "", fmt.Errorf("read ID: %w", ErrID)
	}
	id := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -\t\r\n\u00a0", r) {
			return -1
		}
		return r
	}, strings.ToLower(text))
	if len(id) != idLength {
		return "", fmt.Errorf("read ID: %w", ErrID)
	}
	got, _, version, err := bech32.DecodeGeneric(prefix + "1" + id)
	if err != nil || version != bech32.VersionM || got != prefix {
		return "", fmt.Errorf("read ID: %w", ErrID)
	}
	return id, nil
}

// Grouped is the ID as screens show it: eight groups of four, upper case.
func (d DeviceID) Grouped() string { return grouped(string(d)) }

// Short is the first two groups, for lists where the whole does not fit.
func (d DeviceID) Short() string { return short(string(d)) }

// Grouped is the ID as letters show it: eight groups of four, upper case.
func (o OrgID) Grouped() string { return grouped(string(o)) }

// Short is the first two groups.
func (o OrgID) Short() string { return short(string(o)) }

func grouped(id string) string {
	var b strings.Builder
	for i, r := range strings.ToUpper(id) {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

func short(id string) string {
	if len(id) < 8 {
		return grouped(id)
	}
	return grouped(id[:8])
}

// maxOpaque bounds an opaque ID, in bytes.
const maxOpaque = 64

// CheckOpaque says whether id is well formed as an opaque ID: 1 to 64 characters of
// a–z, A–Z, 0–9, dot, dash and underscore.
func CheckOpaque(id string) error {
	if id == "" || len(id) > maxOpaque {
		return errors.New("ID is empty or too long")
	}
	for _, r := range id {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '-', r == '_':
		default:
			return fmt.Errorf("ID has a character other than letters, digits, dot, dash, underscore")
		}
	}
	return nil
}
