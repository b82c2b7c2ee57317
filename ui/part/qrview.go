package part

import (
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

const (
	qrQuiet  = 4 // modules of white around the code, ISO/IEC 18004
	QRModule = 8 // the least screen pixels a module, so that a poor camera sees it
)

// Modules is a QR code as cells: Size cells to a side, Dark tells each.
type Modules struct {
	Size int
	Dark func(x, y int) bool
}

// QRView draws a QR code as large as the space allows, always black on white, each module a whole number of pixels.
type QRView struct {
	widget.BaseWidget

	Label   string // what a screen reader says
	modules Modules
	raster  *canvas.Raster
}

// NewQRView shows a code; the zero Modules show white.
func NewQRView(m Modules) *QRView {
	v := &QRView{modules: m}
	v.raster = canvas.NewRaster(v.draw)
	v.raster.ScaleMode = canvas.ImageScalePixels
	v.ExtendBaseWidget(v)
	return v
}

// Set shows another code.
func (v *QRView) Set(m Modules) {
	v.modules = m
	v.Refresh()
	v.raster.Refresh()
}

// MinSize holds the least module size in real pixels, so a dense screen needs less room in Fyne's units.
func (v *QRView) MinSize() fyne.Size {
	v.ExtendBaseWidget(v)
	scale := float32(1)
	if c := fyne.CurrentApp().Driver().CanvasForObject(v); c != nil && c.Scale() > 1 {
		scale = c.Scale()
	}
	return fyne.NewSquareSize(float32((v.modules.Size+2*qrQuiet)*QRModule) / scale)
}

// AccessibilityLabel and AccessibilityRole tell a screen reader what it is.
func (v *QRView) AccessibilityLabel() string             { return v.Label }
func (v *QRView) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// CreateRenderer shows the picture, as the largest square in the middle.
func (v *QRView) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.New(square{}, v.raster))
}

// square makes its child the largest square that fits, in the middle.
type square struct{}

func (square) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	side := fyne.Min(size.Width, size.Height)
	for _, o := range objects {
		o.Resize(fyne.NewSquareSize(side))
		o.Move(fyne.NewPos((size.Width-side)/2, (size.Height-side)/2))
	}
}

func (square) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSquareSize(1) }

// draw paints the code in the middle of w × h pixels. The space that a whole module does not fill is white too: it only
// widens the quiet zone.
func (v *QRView) draw(w, h int) image.Image {
	white, black := color.Gray{Y: 0xff}, color.Gray{Y: 0}
	img := image.NewGray(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = white.Y
	}
	n := v.modules.Size
	if n <= 0 || v.modules.Dark == nil {
		return img
	}
	cell := max(1, min(w, h)/(n+2*qrQuiet))
	left, top := (w-n*cell)/2, (h-n*cell)/2
	for y := range n {
		for x := range n {
			if !v.modules.Dark(x, y) {
				continue
			}
			for dy := range cell {
				for dx := range cell {
					img.SetGray(left+x*cell+dx, top+y*cell+dy, black) // outside the bounds it does nothing
				}
			}
		}
	}
	return img
}
