package qr

import (
	"image"
	"math"
)

// Outline is where a code lies in a picture: its corners in pixels, from the one at its top left on
// clockwise as the code is held, whichever way that is in the picture. It is zero where the place is not
// known, as with codes larger than ours.
type Outline [4]image.Point

// Known says whether the place is known.
func (o Outline) Known() bool { return o != Outline{} }

// outline is the code's, from the outer edge of its outermost modules.
func (g *grid) outline() Outline {
	l := g.lens()
	n := float64(g.size)
	var o Outline
	for i, corner := range [4]point{{0, 0}, {n, 0}, {n, n}, {0, n}} {
		x, y := l.at(corner.x, corner.y)
		if math.IsNaN(x) || math.IsNaN(y) || math.Abs(x) > 4*MaxSide || math.Abs(y) > 4*MaxSide {
			return Outline{}
		}
		o[i] = image.Pt(int(math.Round(x)), int(math.Round(y)))
	}
	return o
}

// in is the outline in the picture that gray was made of.
func (o Outline) in(picture image.Rectangle, gray *image.Gray) Outline {
	if !o.Known() {
		return o
	}
	for i := range o {
		o[i].X = picture.Min.X + o[i].X*picture.Dx()/gray.Rect.Dx()
		o[i].Y = picture.Min.Y + o[i].Y*picture.Dy()/gray.Rect.Dy()
	}
	return o
}
