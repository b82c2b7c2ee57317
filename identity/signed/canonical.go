// Package signed is the one door to COSE and CBOR: every signed structure of
// Handslag is a COSE_Sign1 (RFC 9052) over deterministic CBOR (RFC 8949 §4.2.1),
// signed with a distinct external AAD for each message type. It decides nothing
// about what a message means or whose key is the right one.
package signed

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/fxamacker/cbor/v2"
)

// Errors of this package; callers match them with errors.Is.
var (
	ErrTooLarge  = errors.New("message is larger than its kind may be")
	ErrMalformed = errors.New("message is not canonical")
	ErrSignature = errors.New("signature does not verify")
)

// Bounds on structure, whatever the message: a stranger's bytes are refused by
// shape before anything is allocated for them.
const (
	maxNesting  = 12
	maxElements = 4096
	maxPairs    = 256
)

var (
	encoding = mustEncoding()
	decoding = mustDecoding()
)

func mustEncoding() cbor.EncMode {
	mode, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		panic(err) // of these settings, at start
	}
	return mode
}

func mustDecoding() cbor.DecMode {
	mode, err := cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		IndefLength:       cbor.IndefLengthForbidden,
		TagsMd:            cbor.TagsForbidden,
		MaxNestedLevels:   maxNesting,
		MaxArrayElements:  maxElements,
		MaxMapPairs:       maxPairs,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
		UTF8:              cbor.UTF8RejectInvalid,
	}.DecMode()
	if err != nil {
		panic(err) // of these settings, at start
	}
	return mode
}

// Encode returns v as deterministic CBOR.
func Encode(v any) ([]byte, error) {
	data, err := encoding.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return data, nil
}

// Decode reads exactly one canonical CBOR item of at most limit bytes into v, a
// pointer. The library accepts non-minimal integers and mis-sorted keys, so what
// was read is encoded again and compared: one value has one encoding.
func Decode(data []byte, limit int, v any) error {
	if len(data) > limit {
		return fmt.Errorf("decode %d bytes, limit %d: %w", len(data), limit, ErrTooLarge)
	}
	if err := decoding.Unmarshal(data, v); err != nil {
		return fmt.Errorf("decode: %w: %w", ErrMalformed, err)
	}
	again, err := encoding.Marshal(v)
	if err != nil {
		return fmt.Errorf("decode: %w: %w", ErrMalformed, err)
	}
	if !bytes.Equal(again, data) {
		return fmt.Errorf("decode: %w", ErrMalformed)
	}
	return nil
}

// DecodeOwn reads what Encode wrote and a seal has kept since, into v, a pointer: whoever opened
// the seal knows that nobody else wrote it, so its form is not checked again.
func DecodeOwn(data []byte, v any) error {
	if err := decoding.Unmarshal(data, v); err != nil {
		return fmt.Errorf("decode: %w: %w", ErrMalformed, err)
	}
	return nil
}
