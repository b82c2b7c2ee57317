package journal

import (
	"errors"
	"fmt"

	"handslag/identity"
	"handslag/identity/signed"
)

// SegmentHeader is the beginning of a segment, signed by the device: sealing alone would not
// say who sealed.
type SegmentHeader struct {
	Version    uint64            `cbor:"1,keyasint"`
	ID         []byte            `cbor:"2,keyasint"` // 16 bytes
	Device     identity.DeviceID `cbor:"3,keyasint"`
	Generation uint64            `cbor:"4,keyasint"`
	First      uint64            `cbor:"5,keyasint"`  // number of its first entry
	Created    signed.Time       `cbor:"6,keyasint"`  // the device's wall clock
	Algorithm  uint64            `cbor:"7,keyasint"`  // of frames: 1 is AES-256-GCM, random nonce before the ciphertext
	Root       []byte            `cbor:"8,keyasint"`  // segment key under the vault root
	Whole      []byte            `cbor:"9,keyasint"`  // segment key ‖ payload key sealed to the connected system, WholeInfo
	Payload    []byte            `cbor:"10,keyasint"` // payload key sealed to the connected system, SegmentKeyInfo
}

// Of segments.
const (
	SegmentMagic   = "HSJRNL"
	SegmentSuffix  = ".segment"
	FrameAlgorithm = 1
	SegmentLimit   = 8 << 20 // bytes read of one segment; more than is ever written
	SegmentIDSize  = segmentIDLen
	WrappedLimit   = 256     // bytes of a key wrapped by an AEAD of the device's own
	sealedLimit    = 4 << 10 // bytes of a key sealed to the connected system

	// SegmentEntries bounds what a segment of SegmentSize and one group of entries can hold.
	SegmentEntries = 8192
	SegmentSize    = 1 << 20 // bytes after which the next entry opens a new segment
)

// WholeInfo is the HPKE info of a segment's two keys, 64 bytes, for the connected system that
// is handed a whole segment.
func WholeInfo(device identity.DeviceID, segment []byte) string {
	return fmt.Sprintf("handslag/1/segment/%s/%x", device, segment)
}

// RootContext is the AAD of the segment key under the vault root.
func (h SegmentHeader) RootContext() []byte {
	return fmt.Appendf(nil, "handslag/1/segment-root/%s/%x/%d/%d", h.Device, h.ID, h.Generation, h.First)
}

// Name is the segment's file name: it orders segments by what they hold, also those whose
// header no longer reads.
func (h SegmentHeader) Name() string {
	return fmt.Sprintf("%010d-%020d-%x%s", h.Generation, h.First, h.ID, SegmentSuffix)
}

func (h SegmentHeader) check() error {
	switch {
	case h.Version != FileVersion, h.Algorithm != FrameAlgorithm:
		return fmt.Errorf("read header: %w", ErrFileFormat)
	case len(h.ID) != SegmentIDSize, h.Generation == 0, h.First == 0,
		len(h.Root) > WrappedLimit, len(h.Whole) > sealedLimit, len(h.Payload) > sealedLimit:
		return fmt.Errorf("read header: %w", ErrFileDamaged)
	}
	return nil
}

// OpenSegment reads and verifies the header at the beginning of data, and where frames begin
// after it. It returns ErrFileFormat for another version, ErrFileDamaged for what is not
// device's, whose signing key is key.
func OpenSegment(data []byte, device identity.DeviceID, key signed.Key) (SegmentHeader, int, error) {
	body, end, err := UnwrapFile(SegmentMagic, data)
	if err != nil {
		return SegmentHeader{}, 0, err
	}
	var h SegmentHeader
	if err := signed.Open(signed.DomainSegment, key, body, FileBodyLimit, &h); err != nil {
		return SegmentHeader{}, 0, fmt.Errorf("read header: %w: %w", ErrFileDamaged, err)
	}
	if err := h.check(); err != nil {
		return SegmentHeader{}, 0, err
	}
	if h.Device != device {
		return SegmentHeader{}, 0, fmt.Errorf("read header: another device's: %w", ErrFileDamaged)
	}
	return h, end, nil
}

// PeekSegment reads the header as whoever carries a segment can: nothing in it is verified
// but its form. Its errors are OpenSegment's.
func PeekSegment(data []byte) (SegmentHeader, int, error) {
	body, end, err := UnwrapFile(SegmentMagic, data)
	if err != nil {
		return SegmentHeader{}, 0, err
	}
	var h SegmentHeader
	if err := signed.Unverified(body, FileBodyLimit, &h); err != nil {
		return SegmentHeader{}, 0, fmt.Errorf("read header: %w: %w", ErrFileDamaged, err)
	}
	if err := h.check(); err != nil {
		return SegmentHeader{}, 0, err
	}
	if id, err := identity.ParseDeviceID(string(h.Device)); err != nil || id != h.Device {
		return SegmentHeader{}, 0, fmt.Errorf("read header: malformed device ID: %w", ErrFileDamaged)
	}
	return h, end, nil
}

// OpenWhole opens the two keys of a verified segment with the connected system's key: frames
// open under the first, payload keys under the second.
func (h SegmentHeader) OpenWhole(key *identity.SealPrivate) (frames, payload []byte, err error) {
	keys, err := key.Open(WholeInfo(h.Device, h.ID), h.Whole)
	if err != nil {
		return nil, nil, fmt.Errorf("open segment: %w", err)
	}
	if len(keys) != 2*identity.AEADKeySize {
		return nil, nil, fmt.Errorf("open segment: %w", identity.ErrSealed)
	}
	return keys[:identity.AEADKeySize], keys[identity.AEADKeySize:], nil
}

// Whether err says that a file is of another format.
func isFormat(err error) bool { return errors.Is(err, ErrFileFormat) }
