package part

import (
	"bytes"
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"handslag/assets"
)

// tinted is one of our icons in a colour of the theme, looked up when it is drawn. Its name carries the colour, because Fyne
// caches pictures by name. Buttons would recolour Fyne's own themed resources as they see fit; they leave this one alone.
type tinted struct {
	name   string
	colour fyne.ThemeColorName
}

// Name gives a name that changes with the theme.
func (t tinted) Name() string { return t.name + "-" + t.ink() + ".svg" }

// Content gives the SVG in the theme's colour. Icon names are constants of package assets, so an unknown one is a slip in a
// screen; it shows nothing and breaks nothing.
func (t tinted) Content() []byte {
	raw, err := assets.Icon(t.name)
	if err != nil {
		return []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"></svg>`)
	}
	if t.name == assets.IconApp {
		return raw // it has its own colours
	}
	return bytes.ReplaceAll(raw, []byte("#000000"), []byte("#"+t.ink()))
}

func (t tinted) ink() string {
	r, g, b, _ := theme.Color(t.colour).RGBA()
	return fmt.Sprintf("%02x%02x%02x", r>>8, g>>8, b>>8)
}

// iconIn gives an icon in a colour.
func iconIn(name string, colour fyne.ThemeColorName) fyne.Resource { return tinted{name, colour} }

// NewIcon shows an icon at a size, in device-independent pixels.
func NewIcon(name string, colour fyne.ThemeColorName, size float32) *canvas.Image {
	img := canvas.NewImageFromResource(iconIn(name, colour))
	img.FillMode = canvas.ImageFillContain
	img.SetMinSize(fyne.NewSquareSize(size))
	return img
}

// Medallion is an icon on a round tinted ground; rows and empty lists begin with it.
func Medallion(name string, s State, size float32) fyne.CanvasObject {
	ground := NewSurface(nil, s.Paper(), size/2, 0)
	if s.orNeutral() == StateNeutral {
		ground.fill = ColorTint
	}
	ink := s.Ink()
	if s.orNeutral() == StateNeutral {
		ink = colorOnTint
	}
	icon := NewIcon(name, ink, size*0.54)
	box := container.NewStack(ground, container.NewCenter(icon))
	return container.NewGridWrap(fyne.NewSquareSize(size), box)
}
