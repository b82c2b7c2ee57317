package qr

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"path/filepath"
)

const (
	// MaxPictureBytes is the largest picture file read.
	MaxPictureBytes = 16 << 20

	// A progressive JPEG may repeat its scans without end, each of some bytes and each costing a pass over all
	// pixels; cameras write about ten, and a thumbnail adds a few.
	maxJPEGScans = 64

	// writtenModulePixels makes a version 7 code a picture of 424 pixels a side.
	writtenModulePixels = 8
)

// ErrPicture means that the bytes are no whole PNG, JPEG or GIF picture.
var ErrPicture = errors.New("not a readable picture")

// format is a kind of picture file. The three are listed here and not taken from package image's registry, where
// any import could add a decoder that nobody weighed.
type format struct {
	magic  string
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}

var formats = []format{
	{"\x89PNG\r\n\x1a\n", png.DecodeConfig, png.Decode},
	{"\xff\xd8\xff", jpeg.DecodeConfig, decodeJPEG},
	{"GIF8", gif.DecodeConfig, gif.Decode}, // the first frame
}

// ReadPicture is Read for a picture file: PNG, JPEG, or the first frame of a GIF, at most MaxPictureBytes. The size
// that the file claims is checked before its pixels are decoded. Errors: ErrPicture, ErrNoCode, ErrOversized, and
// the reader's own.
func ReadPicture(r io.Reader) (string, error) {
	img, err := decodePicture(r)
	if err != nil {
		return "", err
	}
	return Read(img)
}

func decodePicture(r io.Reader) (img image.Image, err error) {
	defer func() {
		if recover() != nil {
			img, err = nil, fmt.Errorf("decode picture: %w", ErrPicture)
		}
	}()
	file, err := io.ReadAll(io.LimitReader(r, MaxPictureBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read picture file: %w", err)
	}
	if len(file) > MaxPictureBytes {
		return nil, fmt.Errorf("read picture file of more than %d bytes: %w", MaxPictureBytes, ErrOversized)
	}
	for _, f := range formats {
		if !bytes.HasPrefix(file, []byte(f.magic)) {
			continue
		}
		config, err := f.config(bytes.NewReader(file))
		if err != nil {
			return nil, fmt.Errorf("decode picture header: %w", ErrPicture)
		}
		if err := checkSize(config.Width, config.Height); err != nil {
			return nil, err
		}
		img, err := f.decode(bytes.NewReader(file))
		if errors.Is(err, ErrOversized) {
			return nil, fmt.Errorf("decode picture: %w", err)
		}
		if err != nil {
			return nil, fmt.Errorf("decode picture: %w", ErrPicture)
		}
		return img, nil
	}
	return nil, fmt.Errorf("decode picture: neither PNG, JPEG nor GIF: %w", ErrPicture)
}

func decodeJPEG(r io.Reader) (image.Image, error) {
	return jpeg.Decode(&scanLimit{r: r, left: maxJPEGScans})
}

// scanLimit passes a JPEG file on until its scans, each opened by the marker FF DA, are too many. It counts what the
// decoder takes and no more: phones hang whole films behind the end of a picture.
type scanLimit struct {
	r    io.Reader
	left int
	last byte
}

func (s *scanLimit) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	for _, b := range p[:n] {
		if s.last == 0xff && b == 0xda {
			if s.left--; s.left < 0 {
				return 0, fmt.Errorf("more than %d scans: %w", maxJPEGScans, ErrOversized)
			}
		}
		s.last = b
	}
	return n, err
}

// WritePicture writes the code as a PNG file that only its owner may read. The file is whole or not there: it is
// written under a name that no folder of frames looks at, made durable, and renamed over path.
func WritePicture(path string, code *Code) (err error) {
	file, err := code.PNG(writtenModulePixels)
	if err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".qr-*.tmp") // mode 0600
	if err != nil {
		return fmt.Errorf("create picture file: %w", err)
	}
	defer func() {
		if err != nil {
			temp.Close()
			os.Remove(temp.Name())
		}
	}()
	if _, err := temp.Write(file); err != nil {
		return fmt.Errorf("write picture file: %w", err)
	}
	if err := temp.Sync(); err != nil {
		return fmt.Errorf("sync picture file: %w", err)
	}
	if err := temp.Close(); err != nil {
		return fmt.Errorf("close picture file: %w", err)
	}
	if err := os.Rename(temp.Name(), path); err != nil {
		return fmt.Errorf("rename picture file: %w", err)
	}
	return nil
}
