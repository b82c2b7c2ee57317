package journalfile

import (
	"bytes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"

	"handslag/identity/signed"
)

// frame is what a segment holds of one entry, encrypted under the segment's key.
type frame struct {
	Version uint64 `cbor:"1,keyasint"`
	Entry   []byte `cbor:"2,keyasint"`           // as signed
	Box     []byte `cbor:"3,keyasint,omitempty"` // the payload, under a key of its own
	Server  []byte `cbor:"4,keyasint,omitempty"` // that key under the segment's payload key
	Local   []byte `cbor:"5,keyasint,omitempty"` // that key under the subject's, where a copy may be opened here
}

// A frame stands in the file as length of the box (u32), index in its segment (u32), CRC-32C
// over both and the box (u32), the box. The index is in the clear, so that what follows a
// damaged place can be found and placed; the AAD binds it, so that it can not be moved.
const (
	frameHead  = 12
	frameLimit = 16 << 10 // bytes of a box
	frameMin   = 28       // nonce and tag
)

func frameContext(segment []byte, index uint32) []byte {
	context := append([]byte("handslag/1/frame\x00"), segment...)
	return binary.BigEndian.AppendUint32(context, index)
}

// appendFrame writes fr to out as frame number index of segment.
func appendFrame(out []byte, aead cipher.AEAD, segment []byte, index uint32, fr frame) ([]byte, error) {
	plain, err := signed.Encode(fr)
	if err != nil {
		return nil, fmt.Errorf("write frame: %w", err)
	}
	box := aead.Seal(nil, nil, plain, frameContext(segment, index))
	if len(box) > frameLimit {
		return nil, fmt.Errorf("write frame: %w", signed.ErrTooLarge)
	}
	at := len(out)
	out = binary.BigEndian.AppendUint32(out, uint32(len(box)))
	out = binary.BigEndian.AppendUint32(out, index)
	out = binary.BigEndian.AppendUint32(out, checksum(out[at:at+8], box))
	return append(out, box...), nil
}

// frameAt reads the frame that begins at offset, numbered least or higher; size is its
// length with head. Unless the whole frame is genuine it returns errDamaged.
func frameAt(data []byte, offset int, aead cipher.AEAD, segment []byte, least uint32) (fr frame, index uint32, size int, err error) {
	rest := data[offset:]
	if len(rest) < frameHead {
		return frame{}, 0, 0, errDamaged
	}
	length := int64(binary.BigEndian.Uint32(rest))
	index = binary.BigEndian.Uint32(rest[4:])
	if length < frameMin || length > frameLimit || length > int64(len(rest)-frameHead) ||
		index < least || int64(index)-int64(least) > int64(len(data)/(frameHead+frameMin)) {
		return frame{}, 0, 0, errDamaged
	}
	size = frameHead + int(length)
	box := rest[frameHead:size]
	if checksum(rest[:8], box) != binary.BigEndian.Uint32(rest[8:]) {
		return frame{}, 0, 0, errDamaged
	}
	fr, err = openBox(box, aead, segment, index)
	return fr, index, size, err
}

// openBox decrypts frame number index of segment. The head helps to find a frame and is worth
// nothing beside the seal: who knows number and size reads it without.
func openBox(box []byte, aead cipher.AEAD, segment []byte, index uint32) (fr frame, err error) {
	if len(box) < frameMin || len(box) > frameLimit {
		return frame{}, errDamaged
	}
	plain, err := aead.Open(nil, nil, box, frameContext(segment, index))
	if err != nil {
		return frame{}, errDamaged
	}
	if err := signed.Decode(plain, frameLimit, &fr); err != nil {
		return frame{}, fmt.Errorf("read frame: %w: %w", ErrFormat, err)
	}
	if fr.Version != formatVersion {
		return frame{}, fmt.Errorf("read frame of version %d: %w", fr.Version, ErrFormat)
	}
	return fr, nil
}

// found is a frame and where it lay.
type found struct {
	frame
	index  uint32
	offset int
	size   int
}

// gap is a place where frames should be and none can be read.
type gap struct {
	offset, size int
	from, to     uint32 // the indexes that are missing; to is one past the last, from where none is
}

// walked is what a walk over a segment's frames saw.
type walked struct {
	frames []found
	gaps   []gap
	next   uint32
	end    int  // where the last good frame ends
	torn   bool // what follows end is what a power cut leaves of a write: cut it
	spoilt bool // what follows end is something else: it may have been an entry
}

// rescue reads the next frame where it fills all from end to at and only its head is damaged:
// a flipped bit in a length must not look like a write that never ended.
func (w *walked) rescue(data []byte, at int, aead cipher.AEAD, segment []byte) error {
	if at-w.end <= frameHead {
		return nil
	}
	fr, err := openBox(data[w.end+frameHead:at], aead, segment, w.next)
	if err != nil {
		if isFormat(err) {
			return err
		}
		return nil
	}
	w.gaps = append(w.gaps, gap{offset: w.end, size: frameHead, from: w.next, to: w.next})
	w.frames = append(w.frames, found{fr, w.next, w.end, at - w.end})
	w.next, w.end = w.next+1, at
	return nil
}

// walk reads every genuine frame from offset on. It finds its way around damage by looking at
// each byte for the head of a later frame; a wild length costs a comparison.
func walk(data []byte, offset int, aead cipher.AEAD, segment []byte) (walked, error) {
	w := walked{end: offset}
	for at := offset; at < len(data); at++ {
		fr, index, size, err := frameAt(data, at, aead, segment, w.next)
		if err != nil {
			if isFormat(err) {
				return w, err
			}
			continue
		}
		if err := w.rescue(data, at, aead, segment); err != nil {
			return w, err
		}
		if at > w.end || index > w.next {
			w.gaps = append(w.gaps, gap{offset: w.end, size: at - w.end, from: w.next, to: index})
		}
		w.frames = append(w.frames, found{fr, index, at, size})
		w.next, w.end = index+1, at+size
		at = w.end - 1
	}
	if err := w.rescue(data, len(data), aead, segment); err != nil {
		return w, err
	}
	if rest := data[w.end:]; len(rest) > 0 {
		w.torn = isTorn(rest)
		w.spoilt = !w.torn
	}
	return w, nil
}

// isTorn reports whether rest, which holds no genuine frame, is what a write leaves that never
// ended: less than a frame, or nothing but zeroes.
func isTorn(rest []byte) bool {
	if len(rest) < frameHead || len(bytes.Trim(rest, "\x00")) == 0 {
		return true
	}
	length := int64(binary.BigEndian.Uint32(rest))
	return length >= frameMin && length <= frameLimit && length > int64(len(rest)-frameHead)
}
