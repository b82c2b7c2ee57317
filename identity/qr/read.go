package qr

import (
	"errors"
	"fmt"
	"image"
)

const (
	// MaxSide and MaxPixels bound a picture before it is decoded: the largest sensor common in phones at its usual
	// setting, not the largest that a file header can claim.
	MaxSide   = 8192
	MaxPixels = 25_000_000

	minSide     = 21   // version 1 at a pixel a module
	workingSide = 2560 // longer pictures are shrunk first
	smallSide   = 400  // shorter ones are enlarged: screenshots at a pixel or two a module
)

// ErrNoCode means that the picture is sound and no code was found in it.
var ErrNoCode = errors.New("no code in the picture")

// Read finds the code in a picture and returns its text. When several are there, one that Parse accepts comes
// before one of a later version, that before a damaged one, and a foreign one comes last; the caller parses what it
// gets. A foreign text is a stranger's: up to some 7,000 bytes of anything, not to be shown as it is.
// Errors: ErrNoCode, ErrOversized, ErrPicture.
func Read(img image.Image) (string, error) {
	gray, err := luminanceOf(img)
	if err != nil {
		return "", err
	}
	text, _, err := readGray(gray)
	return text, err
}

func readGray(gray *image.Gray) (string, Outline, error) {
	best, bestRank, where := "", 0, Outline{}
	weigh := func(text string, at Outline) (enough bool) {
		if rank := rankOf(text); rank > bestRank {
			best, bestRank, where = text, rank, at
		}
		return bestRank == rankOurs
	}
	find(gray, weigh)
	if bestRank == 0 {
		for _, text := range zxing(gray) { // it knows the large versions that the search does not
			weigh(text, Outline{})
		}
	}
	if bestRank == 0 {
		return "", Outline{}, fmt.Errorf("read picture: %w", ErrNoCode)
	}
	return best, where, nil
}

// luminanceOf checks a picture's size and brings it to one that decoders like. An image.Image is code, and code of a third party's
// camera driver can panic.
func luminanceOf(img image.Image) (gray *image.Gray, err error) {
	defer func() {
		if recover() != nil {
			gray, err = nil, fmt.Errorf("read pixels: %w", ErrPicture)
		}
	}()
	if err := checkSize(img.Bounds().Dx(), img.Bounds().Dy()); err != nil {
		return nil, err
	}
	gray = toGray(img)
	long := max(gray.Rect.Dx(), gray.Rect.Dy())
	switch {
	case long > workingSide:
		return shrink(gray, (long+workingSide-1)/workingSide), nil
	case long < smallSide:
		return enlarge(gray, (smallSide+long-1)/long), nil
	}
	return gray, nil
}

func checkSize(width, height int) error {
	if width < minSide || height < minSide {
		return fmt.Errorf("read picture of %d by %d pixels: %w", width, height, ErrNoCode)
	}
	if width > MaxSide || height > MaxSide || width*height > MaxPixels {
		return fmt.Errorf("read picture of %d by %d pixels, at most %d a side and %d in all: %w",
			width, height, MaxSide, MaxPixels, ErrOversized)
	}
	return nil
}

const rankOurs = 4

func rankOf(text string) int {
	_, err := Parse(text)
	switch {
	case err == nil:
		return rankOurs
	case errors.Is(err, ErrTooNew):
		return 3
	case errors.Is(err, ErrForeign):
		return 1
	}
	return 2
}
