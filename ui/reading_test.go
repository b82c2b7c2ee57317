package ui_test

import (
	"context"
	"image"
	"image/color"
	"image/draw"
	"testing"

	"handslag/identity/qr"
	"handslag/ui"
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

// TestAReadCodeIsShownFramed in the preview, and while the devices talk.
func TestAReadCodeIsShownFramed(t *testing.T) {
	h := newHouse(t)
	bo := h.desk(newMainLoop(), h.enrolled("bo.ek", nil), ui.Preferences{})
	bo.goes(ui.PlaceHandOver)
	ui.ShowReading(bo.ui, photographed(t), false)
	bo.picture("handover-framed-other")
	ui.ShowReading(bo.ui, photographed(t), true)
	bo.sees("Ansluter till kollegans enhet …")
	bo.picture("handover-framed")
}
