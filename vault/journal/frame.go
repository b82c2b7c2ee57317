package journal

import (
	"crypto/cipher"
	"encoding/binary"
	"fmt"

	"handslag/identity/signed"
)

// Frame is what a segment holds of one entry, encrypted under the segment's key.
type Frame struct {
	Version uint64 `cbor:"1,keyasint"`
	Entry   []byte `cbor:"2,keyasint"`           // as signed
	Box     []byte `cbor:"3,keyasint,omitempty"` // the payload, under a key of its own
	Server  []byte `cbor:"4,keyasint,omitempty"` // that key under the segment's payload key
	Local   []byte `cbor:"5,keyasint,omitempty"` // that key under the subject's, where a copy may be opened here
	Mark    uint64 `cbor:"6,keyasint,omitempty"` // how far the device's catalogue had come when this was written
	Group   uint32 `cbor:"7,keyasint,omitempty"` // index of the first frame that one sync wrote with this one
}

// Bounds of a frame, in bytes. It stands in the file as a head, which is length of the box (u32),
// index in its segment (u32), CRC-32C of the box (u32) and CRC-32C of these twelve bytes (u32), and
// the box. The index is in the clear, so that what follows a damaged place can be found and
// placed; the AAD binds it, so that it can not be moved. The head has a sum of its own, so that a
// flipped bit in a length is not taken for a write that never ended.
const (
	FrameHead  = 16
	FrameLimit = 16 << 10 // bytes of a box
	frameMin   = 28       // nonce and tag
)

func frameContext(segment []byte, index uint32) []byte {
	context := append([]byte("handslag/1/frame\x00"), segment...)
	return binary.BigEndian.AppendUint32(context, index)
}

// AppendFrame writes fr to out as frame number index of segment.
func AppendFrame(out []byte, aead cipher.AEAD, segment []byte, index uint32, fr Frame) ([]byte, error) {
	plain, err := signed.Encode(fr)
	if err != nil {
		return nil, fmt.Errorf("write frame: %w", err)
	}
	box := aead.Seal(nil, nil, plain, frameContext(segment, index))
	if len(box) > FrameLimit {
		return nil, fmt.Errorf("write frame: %w", signed.ErrTooLarge)
	}
	at := len(out)
	out = binary.BigEndian.AppendUint32(out, uint32(len(box)))
	out = binary.BigEndian.AppendUint32(out, index)
	out = binary.BigEndian.AppendUint32(out, checksum(box))
	out = binary.BigEndian.AppendUint32(out, checksum(out[at:]))
	return append(out, box...), nil
}

// frameHead is what stands before a box.
type frameHead struct {
	length, index, sum uint32
}

// headAt reads a head; false where there is none.
func headAt(rest []byte) (frameHead, bool) {
	if len(rest) < FrameHead || checksum(rest[:FrameHead-4]) != binary.BigEndian.Uint32(rest[FrameHead-4:]) {
		return frameHead{}, false
	}
	h := frameHead{binary.BigEndian.Uint32(rest), binary.BigEndian.Uint32(rest[4:]), binary.BigEndian.Uint32(rest[8:])}
	return h, h.length >= frameMin && h.length <= FrameLimit
}

// size is the frame's with its head.
func (h frameHead) size() int { return FrameHead + int(h.length) }

// frameAt reads the frame that begins at offset, numbered least or higher; size is its
// length with head, also where only its bytes had to be looked at. Unless the whole frame is
// genuine it returns ErrFileDamaged.
func frameAt(data []byte, offset int, aead cipher.AEAD, segment []byte, least uint32) (fr Frame, index uint32, size int, err error) {
	rest := data[offset:]
	head, ok := headAt(rest)
	if !ok || head.size() > len(rest) ||
		head.index < least || int64(head.index)-int64(least) > int64(len(data)/(FrameHead+frameMin)) {
		return Frame{}, 0, 0, ErrFileDamaged
	}
	box := rest[FrameHead:head.size()]
	if checksum(box) != head.sum {
		return Frame{}, 0, head.size(), ErrFileDamaged
	}
	fr, err = OpenFrame(box, aead, segment, head.index)
	return fr, head.index, head.size(), err
}

// OpenFrame decrypts frame number index of segment. The head helps to find a frame and is worth
// nothing beside the seal: who knows number and size reads it without.
func OpenFrame(box []byte, aead cipher.AEAD, segment []byte, index uint32) (fr Frame, err error) {
	if len(box) < frameMin || len(box) > FrameLimit {
		return Frame{}, ErrFileDamaged
	}
	plain, err := aead.Open(nil, nil, box, frameContext(segment, index))
	if err != nil {
		return Frame{}, ErrFileDamaged
	}
	if err := signed.Decode(plain, FrameLimit, &fr); err != nil {
		return Frame{}, fmt.Errorf("read frame: %w: %w", ErrFileFormat, err)
	}
	if fr.Version != FileVersion {
		return Frame{}, fmt.Errorf("read frame of version %d: %w", fr.Version, ErrFileFormat)
	}
	return fr, nil
}
