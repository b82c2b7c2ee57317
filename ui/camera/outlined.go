package camera

import (
	"image"
	"image/color"
	"image/draw"

	"handslag/identity/qr"
)

// Colours of the frame, which lies on a photograph and on no theme.
var (
	OurCode   = color.NRGBA{0x2e, 0xc9, 0x71, 0xff}
	OtherCode = color.NRGBA{0xe8, 0x3a, 0x3a, 0xff}
)

// Outlined is a camera's picture with a frame around the code in it; where the code's place is not known it is
// the picture as it came.
func Outlined(seen qr.Sight, c color.Color) image.Image {
	if !seen.Outline.Known() {
		return seen.Frame
	}
	bounds := seen.Frame.Bounds()
	picture := image.NewRGBA(bounds)
	draw.Draw(picture, bounds, seen.Frame, bounds.Min, draw.Src)
	thick := max(bounds.Dx()/160, 2)
	ink := image.NewUniform(c)
	for i, from := range seen.Outline {
		along(from, seen.Outline[(i+1)%len(seen.Outline)], func(at image.Point) {
			draw.Draw(picture, image.Rectangle{at, at.Add(image.Pt(1, 1))}.Inset(-thick/2).Intersect(bounds), ink, image.Point{}, draw.Src)
		})
	}
	return picture
}

// along goes from one point to another, by steps of a pixel; a line that leaves the picture by far ends early.
func along(from, to image.Point, do func(image.Point)) {
	way := to.Sub(from)
	steps := max(way.X, -way.X, way.Y, -way.Y, 1)
	for i := range min(steps, 2*qr.MaxSide) {
		do(from.Add(image.Pt(way.X*i/steps, way.Y*i/steps)))
	}
}
