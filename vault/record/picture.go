package record

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Picture is how large a picture is once it is decoded.
type Picture struct {
	Width, Height int
	Memory        int64 // bytes that decoding takes, at most
	Orientation   int   // how the camera was held, 1 to 8 (Exif 2.3 §4.6.4, tag 274); 1 where it does not say
}

// PictureMemory bounds what decoding a picture may take, in bytes: a photograph of 67 million
// pixels, or one of 13 million in a progressive JPEG, whose coefficients are all kept until its end.
const PictureMemory = 256 << 20

// headers of a picture end within so many bytes.
const maxHeaders = 2 << 20

// ErrPicture says that a picture is none, or too large to be shown.
var ErrPicture = errors.New("picture can not be shown")

// PictureOf reads a JPEG's or PNG's headers and says how large it is, before anything is decoded.
// It returns ErrPicture where decoding would take more than PictureMemory.
func PictureOf(r io.Reader) (Picture, error) {
	in := bufio.NewReader(io.LimitReader(r, maxHeaders))
	head, err := in.Peek(8)
	if err != nil {
		return Picture{}, fmt.Errorf("measure picture: %w: %w", ErrPicture, err)
	}
	read := jpegSize
	if string(head) == "\x89PNG\r\n\x1a\n" {
		read = pngSize
	} else if head[0] != 0xff || head[1] != 0xd8 {
		return Picture{}, fmt.Errorf("measure picture: %w: neither JPEG nor PNG", ErrPicture)
	}
	p, each, err := read(in)
	if err != nil {
		return Picture{}, fmt.Errorf("measure picture: %w: %w", ErrPicture, err)
	}
	p.Orientation = max(p.Orientation, 1)
	p.Memory = int64(p.Width) * int64(p.Height) * each
	if p.Width == 0 || p.Height == 0 || p.Memory > PictureMemory {
		return p, fmt.Errorf("measure picture: %w: %d × %d pixels", ErrPicture, p.Width, p.Height)
	}
	return p, nil
}

// pngSize reads IHDR (PNG, W3C, §11.2.2). each is how many bytes a pixel takes in memory.
func pngSize(in *bufio.Reader) (p Picture, each int64, err error) {
	var head [29]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return p, 0, err
	}
	if string(head[12:16]) != "IHDR" {
		return p, 0, errors.New("it does not begin with its size")
	}
	width, height := binary.BigEndian.Uint32(head[16:]), binary.BigEndian.Uint32(head[20:])
	if width > 1<<20 || height > 1<<20 {
		return p, 0, fmt.Errorf("%d × %d pixels", width, height)
	}
	if each = 4; head[24] == 16 {
		each = 8
	}
	if head[28] != 0 { // interlaced: each pass is kept beside the whole
		each *= 2
	}
	return Picture{Width: int(width), Height: int(height)}, each, nil
}

// jpegSize walks the segments to the frame header (ITU-T T.81 §B.2.2).
func jpegSize(in *bufio.Reader) (p Picture, each int64, err error) {
	if _, err := in.Discard(2); err != nil {
		return p, 0, err
	}
	for {
		var marker [4]byte // 0xff, which, and the segment's length
		if _, err := io.ReadFull(in, marker[:2]); err != nil {
			return p, 0, err
		}
		if marker[0] != 0xff {
			return p, 0, errors.New("a segment begins where none can")
		}
		for marker[1] == 0xff { // fill bytes
			if marker[1], err = in.ReadByte(); err != nil {
				return p, 0, err
			}
		}
		which := marker[1]
		if which == 0x01 || which >= 0xd0 && which <= 0xd8 { // they stand alone
			continue
		}
		if which == 0xd9 || which == 0xda { // end, or a scan before any frame
			return p, 0, errors.New("it does not say its size")
		}
		if _, err := io.ReadFull(in, marker[2:]); err != nil {
			return p, 0, err
		}
		length := int(binary.BigEndian.Uint16(marker[2:])) - 2
		if length < 0 {
			return p, 0, errors.New("a segment is shorter than its length")
		}
		if which >= 0xc0 && which <= 0xcf && which != 0xc4 && which != 0xc8 && which != 0xcc {
			var frame [5]byte
			if _, err := io.ReadFull(in, frame[:]); err != nil {
				return p, 0, err
			}
			if each = 4; which == 0xc2 { // progressive: four bytes more for each of up to four coefficients
				each = 20
			}
			p.Width, p.Height = int(binary.BigEndian.Uint16(frame[3:])), int(binary.BigEndian.Uint16(frame[1:]))
			return p, each, nil
		}
		if which == 0xe1 && p.Orientation == 0 {
			segment := make([]byte, length)
			if _, err := io.ReadFull(in, segment); err != nil {
				return p, 0, err
			}
			p.Orientation = orientation(segment)
			continue
		}
		if _, err := in.Discard(length); err != nil {
			return p, 0, err
		}
	}
}

// orientation reads an APP1 segment's first directory (TIFF 6.0 §2); 0 where it says nothing of it.
func orientation(segment []byte) int {
	tiff, ok := bytes.CutPrefix(segment, []byte("Exif\x00\x00"))
	if !ok || len(tiff) < 8 {
		return 0
	}
	var order binary.ByteOrder = binary.BigEndian
	if string(tiff[:2]) == "II" {
		order = binary.LittleEndian
	}
	at := uint64(order.Uint32(tiff[4:]))
	if at+2 > uint64(len(tiff)) {
		return 0
	}
	for i := range uint64(order.Uint16(tiff[at:])) {
		entry := at + 2 + 12*i
		if entry+12 > uint64(len(tiff)) {
			return 0
		}
		if order.Uint16(tiff[entry:]) == 274 {
			if v := int(order.Uint16(tiff[entry+8:])); v >= 1 && v <= 8 {
				return v
			}
			return 0
		}
	}
	return 0
}
