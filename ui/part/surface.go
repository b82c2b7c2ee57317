package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Surface is a coloured area with round corners around its content; it follows the theme when that changes.
type Surface struct {
	widget.BaseWidget

	content fyne.CanvasObject
	fill    fyne.ThemeColorName
	edge    fyne.ThemeColorName // no line when empty
	thick   bool                // the line is that of the keyboard's focus
	radius  float32
	margin  float32
}

func NewSurface(content fyne.CanvasObject, fill fyne.ThemeColorName, radius, margin float32) *Surface {
	s := &Surface{content: content, fill: fill, radius: radius, margin: margin}
	s.ExtendBaseWidget(s)
	return s
}

// NewPanel is a card: content one step above the page.
func NewPanel(content fyne.CanvasObject) *Surface {
	s := NewSurface(content, colorPanel, 12, 20)
	s.edge = colorHairline
	return s
}

// NewTinted is an area in a state's colours, for something that must be noticed.
func NewTinted(state State, content fyne.CanvasObject) *Surface {
	return NewSurface(content, state.Paper(), 12, 16)
}

// CreateRenderer draws the ground and lays the content on it.
func (s *Surface) CreateRenderer() fyne.WidgetRenderer {
	r := &surfaceRenderer{surface: s, ground: canvas.NewRectangle(nil)}
	r.paint()
	return r
}

type surfaceRenderer struct {
	surface *Surface
	ground  *canvas.Rectangle
}

func (r *surfaceRenderer) paint() {
	r.ground.FillColor = theme.Color(r.surface.fill)
	r.ground.CornerRadius = r.surface.radius
	r.ground.StrokeColor, r.ground.StrokeWidth = nil, 0
	if r.surface.edge != "" {
		r.ground.StrokeColor, r.ground.StrokeWidth = theme.Color(r.surface.edge), 1
		if r.surface.thick {
			r.ground.StrokeWidth = 2.5
		}
	}
	r.ground.Refresh()
}

func (r *surfaceRenderer) Layout(size fyne.Size) {
	r.ground.Resize(size.Max(fyne.Size{})) // a window smaller than its content may hand out less than nothing
	if c, m := r.surface.content, r.surface.margin; c != nil {
		c.Resize(size.SubtractWidthHeight(2*m, 2*m).Max(fyne.Size{}))
		c.Move(fyne.NewPos(m, m))
	}
}

func (r *surfaceRenderer) MinSize() fyne.Size {
	var m fyne.Size
	if r.surface.content != nil {
		m = r.surface.content.MinSize()
	}
	return m.AddWidthHeight(2*r.surface.margin, 2*r.surface.margin)
}

func (r *surfaceRenderer) Refresh() {
	r.paint()
	if r.surface.content != nil {
		r.surface.content.Refresh()
	}
	r.Layout(r.surface.Size())
}

func (r *surfaceRenderer) Objects() []fyne.CanvasObject {
	if r.surface.content == nil {
		return []fyne.CanvasObject{r.ground}
	}
	return []fyne.CanvasObject{r.ground, r.surface.content}
}

func (r *surfaceRenderer) Destroy() {}
