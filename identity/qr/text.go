package qr

import (
	"encoding/base32"
	"errors"
	"fmt"
	"strings"
)

// MaxPayload is the most bytes a verification code carries: 4 + 173 characters, the last that fit in QR version 7
// at error correction M (178 alphanumeric characters, ISO/IEC 18004 table 7).
const MaxPayload = 108

// OrgIDLength is the number of characters in an organisation ID without its spaces: 26 of data, 6 of checksum.
const OrgIDLength = 32

const (
	ceremonyName   = "HS"
	ceremonyPrefix = "HS1:"
	orgName        = "HSORG"
	orgPrefix      = "HSORG:"

	maxCeremonyText = len(ceremonyPrefix) + (MaxPayload*8+4)/5

	// The 32 characters of bech32 (BIP 173). The checksum is the identity room's to check.
	bech32Characters = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"
)

// What is wrong with a text, so that the screen can say what to do about it.
var (
	ErrForeign   = errors.New("not a code of ours")
	ErrTooNew    = errors.New("the code is of a later version")
	ErrDamaged   = errors.New("the code is damaged")
	ErrOversized = errors.New("the code is too large")
)

// Kind says which of our texts a code holds.
type Kind int

// The kinds of text.
const (
	KindCeremony     Kind = iota + 1 // a verification: a payload for the other device
	KindOrganisation                 // the letter: an organisation ID
)

// Content is what a text of ours says. Payload is set for KindCeremony, OrgID for KindOrganisation (lower case, no
// spaces, checksum not yet checked).
type Content struct {
	Kind    Kind
	Payload []byte
	OrgID   string
}

var base32NoPadding = base32.StdEncoding.WithPadding(base32.NoPadding)

// Encode frames a payload of 1 to MaxPayload bytes as the text of a verification code: HS1: and base32 (RFC 4648)
// without padding, upper case, so that it is drawn in alphanumeric mode.
func Encode(payload []byte) (string, error) {
	if len(payload) == 0 {
		return "", errors.New("encode code: the payload is empty")
	}
	if len(payload) > MaxPayload {
		return "", fmt.Errorf("encode code: payload of %d bytes, at most %d: %w", len(payload), MaxPayload, ErrOversized)
	}
	return ceremonyPrefix + base32NoPadding.EncodeToString(payload), nil
}

// EncodeOrg frames an organisation ID (32 bech32 characters in either case, in groups or not) as the text of the
// letter's code. It does not check the ID's checksum.
func EncodeOrg(id string) (string, error) {
	compact := strings.ReplaceAll(id, " ", "")
	upper := strings.ToUpper(compact)
	if compact != upper && compact != strings.ToLower(compact) {
		return "", fmt.Errorf("encode organisation code: mixed case: %w", ErrDamaged)
	}
	if err := checkOrgID(upper); err != nil {
		return "", fmt.Errorf("encode organisation code: %w", err)
	}
	return orgPrefix + upper, nil
}

// Decode is Parse for a caller that wants a verification code and nothing else; an organisation's code is
// ErrForeign to it.
func Decode(text string) ([]byte, error) {
	content, err := Parse(text)
	if err != nil {
		return nil, err
	}
	if content.Kind != KindCeremony {
		return nil, fmt.Errorf("decode code: it holds an organisation ID: %w", ErrForeign)
	}
	return content.Payload, nil
}

// Parse reads a text. Only the one canonical spelling of each content is accepted, so Encode and EncodeOrg are its
// inverse. Errors: ErrForeign, ErrTooNew, ErrDamaged, ErrOversized; none repeats the text, which may hold a secret.
func Parse(text string) (Content, error) {
	head := text[:min(len(text), 16)]
	if version, ok := versionOf(head, ceremonyName); ok && version != "" {
		if version != "1" {
			return Content{}, fmt.Errorf("parse code of version %s: %w", version, ErrTooNew)
		}
		return parseCeremony(text)
	}
	if version, ok := versionOf(head, orgName); ok && version != "1" {
		if version != "" {
			return Content{}, fmt.Errorf("parse organisation code of version %s: %w", version, ErrTooNew)
		}
		return parseOrg(text)
	}
	return Content{}, fmt.Errorf("parse code: %w", ErrForeign)
}

func parseCeremony(text string) (Content, error) {
	if len(text) > maxCeremonyText {
		return Content{}, fmt.Errorf("parse code of %d characters, at most %d: %w", len(text), maxCeremonyText, ErrOversized)
	}
	body := text[len(ceremonyPrefix):]
	payload, err := base32NoPadding.DecodeString(body)
	// The decoder skips line breaks and loose bits at the end; spelling the payload anew finds both.
	if err != nil || len(payload) == 0 || ceremonyPrefix+base32NoPadding.EncodeToString(payload) != text {
		return Content{}, fmt.Errorf("parse code: %w", ErrDamaged)
	}
	return Content{Kind: KindCeremony, Payload: payload}, nil
}

func parseOrg(text string) (Content, error) {
	if !strings.HasPrefix(text, orgPrefix) {
		return Content{}, fmt.Errorf("parse organisation code: lower case: %w", ErrDamaged)
	}
	id := text[len(orgPrefix):]
	if err := checkOrgID(id); err != nil {
		return Content{}, fmt.Errorf("parse organisation code: %w", err)
	}
	return Content{Kind: KindOrganisation, OrgID: strings.ToLower(id)}, nil
}

func checkOrgID(upper string) error {
	if len(upper) > OrgIDLength {
		return fmt.Errorf("an ID of %d characters, not %d: %w", len(upper), OrgIDLength, ErrOversized)
	}
	if len(upper) < OrgIDLength {
		return fmt.Errorf("an ID of %d characters, not %d: %w", len(upper), OrgIDLength, ErrDamaged)
	}
	for _, c := range []byte(upper) {
		if strings.IndexByte(bech32Characters, c) < 0 {
			return fmt.Errorf("a character outside bech32: %w", ErrDamaged)
		}
	}
	return nil
}

// versionOf reads "<name><version>:" at the start of head, in either case: someone who retyped our code in lower
// case should hear that it is damaged, not that it is foreign. The version is digits without leading zero, or empty.
func versionOf(head, name string) (version string, ok bool) {
	before, _, found := strings.Cut(head, ":")
	if !found || len(before) < len(name) || !strings.EqualFold(before[:len(name)], name) {
		return "", false
	}
	version = before[len(name):]
	if len(version) > 4 || strings.Trim(version, "0123456789") != "" || strings.HasPrefix(version, "0") {
		return "", false
	}
	return version, true
}
