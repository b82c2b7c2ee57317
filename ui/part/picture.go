package part

import (
	"context"
	"fmt"
	"image"
	_ "image/jpeg" // what image.Decode reads
	_ "image/png"
	"io"
	"math"

	"golang.org/x/image/draw"

	"handslag/vault/record"
)

// pictureSide is how many pixels the longer side of a picture has at most when it is shown.
const pictureSide = 1600

// ReadPicture decodes a picture for the screen. How large it will be is read before anything is decoded, and what would
// take more memory than record.PictureMemory is refused; what is kept is no larger than the screen needs.
func ReadPicture(ctx context.Context, in io.ReadSeeker) (*image.RGBA, error) {
	said, err := record.PictureOf(in)
	if err != nil {
		return nil, err
	}
	scans, head := math.MaxInt, [1]byte{}
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read picture: %w", err)
	}
	if _, err := io.ReadFull(in, head[:]); err == nil && head[0] == 0xff { // elsewhere those two bytes mean nothing
		scans = mostScans
	}
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read picture: %w", err)
	}
	full, _, err := image.Decode(&bounded{ctx: ctx, r: in, scans: scans})
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
	return upright(shown, said.Orientation), nil
}

// mostScans bounds how often a JPEG may paint itself over: each of its scans goes through the whole picture, and a file has
// room for millions. Cameras make one, encoders for the web about ten.
const mostScans = 100

// bounded passes a picture on until ctx ends, or until a JPEG has begun too many scans.
type bounded struct {
	ctx   context.Context
	r     io.Reader
	scans int
	last  byte
}

func (b *bounded) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := b.r.Read(p)
	for _, c := range p[:n] {
		if b.last == 0xff && c == 0xda { // SOS, ITU-T T.81 table B.1
			if b.scans--; b.scans < 0 {
				return 0, fmt.Errorf("read picture: %w: more than %d scans", record.ErrPicture, mostScans)
			}
		}
		b.last = c
	}
	return n, err
}

// upright turns a picture as its camera was held (record.Picture.Orientation).
func upright(img *image.RGBA, orientation int) *image.RGBA {
	if orientation <= 1 {
		return img
	}
	size := img.Bounds().Size()
	right, low := size.X-1, size.Y-1
	if orientation >= 5 {
		size.X, size.Y = size.Y, size.X
	}
	turned := image.NewRGBA(image.Rectangle{Max: size})
	for y := range size.Y {
		for x := range size.X {
			from := [...]image.Point{2: {right - x, y}, 3: {right - x, low - y}, 4: {x, low - y}, 5: {y, x}, 6: {y, low - x}, 7: {right - y, low - x}, 8: {right - y, x}}[orientation]
			turned.SetRGBA(x, y, img.RGBAAt(from.X, from.Y))
		}
	}
	clear(img.Pix)
	return turned
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
