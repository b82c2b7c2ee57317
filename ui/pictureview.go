package ui

import (
	"fmt"
	"image"
	_ "image/jpeg" // what image.Decode reads
	_ "image/png"
	"io"

	"golang.org/x/image/draw"

	"handslag/vault/record"
)

// pictureSide is how many pixels the longer side of a picture has at most when it is shown.
const pictureSide = 1600

// readPicture decodes a picture for the screen. How large it will be is read before anything is decoded, and what would
// take more memory than record.PictureMemory is refused; what is kept is no larger than the screen needs.
func readPicture(in io.ReadSeeker) (*image.RGBA, error) {
	if _, err := record.PictureOf(in); err != nil {
		return nil, err
	}
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read picture: %w", err)
	}
	full, _, err := image.Decode(in)
	if err != nil {
		return nil, fmt.Errorf("read picture: %w: %w", record.ErrPicture, err)
	}
	size := full.Bounds().Size()
	if most := max(size.X, size.Y); most > pictureSide {
		size.X, size.Y = max(1, size.X*pictureSide/most), max(1, size.Y*pictureSide/most)
	}
	shown := image.NewRGBA(image.Rectangle{Max: size})
	draw.ApproxBiLinear.Scale(shown, shown.Bounds(), full, full.Bounds(), draw.Src, nil)
	wipePixels(full)
	return shown, nil
}

// wipePixels overwrites a picture's pixels.
func wipePixels(img image.Image) {
	switch p := img.(type) {
	case *image.RGBA:
		clear(p.Pix)
	case *image.NRGBA:
		clear(p.Pix)
	case *image.RGBA64:
		clear(p.Pix)
	case *image.NRGBA64:
		clear(p.Pix)
	case *image.Gray:
		clear(p.Pix)
	case *image.Gray16:
		clear(p.Pix)
	case *image.Paletted:
		clear(p.Pix)
	case *image.CMYK:
		clear(p.Pix)
	case *image.YCbCr:
		clear(p.Y)
		clear(p.Cb)
		clear(p.Cr)
	}
}
