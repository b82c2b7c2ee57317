package ui

import (
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"handslag/assets"
	"handslag/ui/camera"
	"handslag/ui/part"
)

// finder is where the camera's picture is shown while it looks for a code.
type finder struct {
	picture *canvas.Image
	box     fyne.CanvasObject
	lit     *canvas.Image // on the torch, while it shines
}

func newFinder() *finder {
	f := &finder{picture: newCameraPicture()}
	f.box = container.New(square360{}, part.NewSurface(container.NewStack(container.NewCenter(part.Medallion(assets.IconQR, part.StateNeutral, 72)), f.picture), part.ColorTint, 12, 8))
	return f
}

func newCameraPicture() *canvas.Image {
	picture := canvas.NewImageFromImage(nil)
	picture.FillMode = canvas.ImageFillContain
	return picture
}

func (f *finder) show(img image.Image) {
	for _, picture := range []*canvas.Image{f.picture, f.lit} {
		if picture != nil {
			picture.Image = img
			picture.Refresh()
		}
	}
}

// square360 gives the camera's picture its room.
type square360 struct{}

func (square360) Layout(o []fyne.CanvasObject, size fyne.Size) {
	layout.NewStackLayout().Layout(o, size)
}
func (square360) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSquareSize(360) }

// lenses adds to words which camera looks, where there are several, and the torch, where one looks.
func (s *handoverScreen) lenses(words *fyne.Container, view *finder, devices []camera.Device, again func()) {
	lang, lens := s.w.lang, s.w.config.Lens
	if len(devices) > 1 {
		options, chosen := make([]part.Option, len(devices)), lens.Chosen()
		for i, d := range devices {
			options[i] = part.Option{ID: d.Path, Text: d.Name}
		}
		if chosen == "" {
			chosen = devices[0].Path
		}
		which := part.NewChoice(options, chosen)
		which.OnChoose = func(path string) {
			if path != lens.Chosen() {
				lens.Choose(path)
				again()
			}
		}
		words.Add(part.Section(lang.Say("handover.which_camera"), "", which))
	}
	if view != nil {
		words.Add(part.Beside(part.NewButton(lang.Say("handover.torch"), assets.IconSun, func() { s.shine(view) }), layout.NewSpacer()))
	}
}

// shine makes the whole screen white, so that it lights up what is held before the camera, with the camera's picture small in
// the middle. It ends with the button, and with the stage.
func (s *handoverScreen) shine(view *finder) {
	c := s.w.canvas()
	if c == nil || view.lit != nil {
		return
	}
	s.w.touch()
	view.lit = newCameraPicture()
	view.lit.Image = view.picture.Image
	off := part.NewButton(s.w.lang.Say("handover.torch_off"), assets.IconSun, s.dark)
	light := container.NewStack(canvas.NewRectangle(color.White), container.NewCenter(container.NewVBox(
		part.AtLeast(fyne.NewSquareSize(260), view.lit), off)))
	c.Overlays().Add(light)
	light.Resize(c.Size())
	c.Focus(off)
	s.light = func() {
		view.lit = nil
		c.Overlays().Remove(light)
	}
}

// dark turns the torch off.
func (s *handoverScreen) dark() {
	if s.light != nil {
		s.light()
		s.light = nil
	}
}
