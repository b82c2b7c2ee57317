package qr

import (
	"image"
	"math"
	"testing"
)

// A code is outlined where it lies, however the picture was taken, and in the picture's own pixels.
func TestACodeIsOutlinedWhereItLies(t *testing.T) {
	text := payloadText(t, 100, 1)
	code := drawn(t, text)
	side := code.Size()
	for _, c := range []struct {
		name   string
		module int
		at     image.Point
		canvas image.Rectangle
	}{
		{"in the middle", 6, image.Pt(300, 200), image.Rect(0, 0, 1280, 720)},
		{"in a corner", 5, image.Pt(20, 30), image.Rect(0, 0, 1280, 720)},
		{"in a picture that does not begin at nought", 6, image.Pt(400, 300), image.Rect(100, 50, 1380, 770)},
		{"in one so large that it is shrunk", 14, image.Pt(900, 700), image.Rect(0, 0, 4000, 3000)},
		{"in one so small that it is enlarged", 3, image.Pt(40, 30), image.Rect(0, 0, 260, 220)},
	} {
		picture := image.NewGray(c.canvas)
		for i := range picture.Pix {
			picture.Pix[i] = 255
		}
		for y := range side * c.module {
			for x := range side * c.module {
				if code.At(x/c.module, y/c.module) {
					picture.Pix[picture.PixOffset(c.at.X+x, c.at.Y+y)] = 0
				}
			}
		}
		var seen Sight
		_, err := ScanSights(t.Context(), &roll{frames: []image.Image{picture}}, func(s Sight) bool { seen = s; return true })
		if err != nil || seen.Text != text {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		long := side * c.module
		want := Outline{c.at, c.at.Add(image.Pt(long, 0)), c.at.Add(image.Pt(long, long)), c.at.Add(image.Pt(0, long))}
		for i := range want {
			if off := seen.Outline[i].Sub(want[i]); math.Hypot(float64(off.X), float64(off.Y)) > float64(c.module) {
				t.Errorf("%s: corner %d at %v, want %v", c.name, i, seen.Outline[i], want[i])
			}
		}
	}
}
