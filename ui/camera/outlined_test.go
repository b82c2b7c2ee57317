package camera_test

import (
	"context"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"testing"
	"time"

	"handslag/identity/qr"
	"handslag/ui/camera"
)

// photographed is a code as a camera sees it, on a grey table.
func photographed(t *testing.T) qr.Sight {
	t.Helper()
	text, err := qr.Encode(make([]byte, 80))
	ok(t, err)
	code, err := qr.Draw(text)
	ok(t, err)
	picture := image.NewRGBA(image.Rect(0, 0, 1280, 720))
	draw.Draw(picture, picture.Bounds(), image.NewUniform(color.Gray{120}), image.Point{}, draw.Src)
	drawn := code.Image(7)
	draw.Draw(picture, drawn.Bounds().Add(image.Pt(420, 160)), drawn, image.Point{}, draw.Src)
	seen, err := qr.ScanSights(t.Context(), single{picture}, func(qr.Sight) bool { return true })
	ok(t, err)
	if !seen.Outline.Known() {
		t.Fatal("the code's place is not known")
	}
	return seen
}

// single is a camera that gives one picture again and again.
type single struct{ picture image.Image }

func (s single) Next(context.Context) (image.Image, error) { return s.picture, nil }
func (s single) Close() error                              { return nil }

// TestAFoundCodeIsFramed and nothing else is.
func TestAFoundCodeIsFramed(t *testing.T) {
	seen := photographed(t)
	framed := camera.Outlined(seen, camera.OurCode)
	for i, corner := range seen.Outline {
		next := seen.Outline[(i+1)%4]
		middle := corner.Add(next).Div(2)
		if framed.At(middle.X, middle.Y) == seen.Frame.At(middle.X, middle.Y) {
			t.Errorf("nothing is drawn on the side from %v to %v", corner, next)
		}
	}
	if framed.At(10, 10) != seen.Frame.At(10, 10) || framed.Bounds() != seen.Frame.Bounds() {
		t.Error("the rest of the picture is another")
	}
	far := seen
	far.Outline[0] = image.Pt(-1<<20, 1<<20) // a grid that was laid badly
	camera.Outlined(far, camera.OurCode)
	if seen.Outline = (qr.Outline{}); camera.Outlined(seen, camera.OurCode) != seen.Frame {
		t.Error("a code whose place is not known is framed")
	}
}

// TestACameraIsLetGoBeforeItIsOpenedAgain, so that choosing another one, or looking once more, is not told busy.
func TestACameraIsLetGoBeforeItIsOpenedAgain(t *testing.T) {
	lens := camera.NewLens("frames:" + t.TempDir())
	first, err := lens.Open()
	ok(t, err)
	second, err := lens.Open()
	ok(t, err)
	defer second.Close()
	ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute)
	defer stop()
	if _, err := first.Next(ctx); !errors.Is(err, qr.ErrClosed) {
		t.Errorf("the first look goes on: %v", err)
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
