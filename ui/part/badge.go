package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Badge says how a thing stands in a word or two.
type Badge struct {
	Text  string
	State State
}

// Pill shows one badge.
type Pill struct {
	widget.BaseWidget
	badge Badge
}

// NewPill makes a pill.
func NewPill(b Badge) *Pill {
	p := &Pill{badge: b}
	p.ExtendBaseWidget(p)
	return p
}

// Set shows another badge.
func (p *Pill) Set(b Badge) {
	if p.badge != b {
		p.badge = b
		p.Refresh()
	}
}

// CreateRenderer draws the pill.
func (p *Pill) CreateRenderer() fyne.WidgetRenderer {
	r := &pillRenderer{pill: p, ground: canvas.NewRectangle(nil), text: canvas.NewText("", nil)}
	r.text.TextStyle = fyne.TextStyle{Bold: true}
	r.paint()
	return r
}

type pillRenderer struct {
	pill   *Pill
	ground *canvas.Rectangle
	text   *canvas.Text
}

func (r *pillRenderer) paint() {
	r.ground.FillColor = theme.Color(r.pill.badge.State.Paper())
	r.text.Text = r.pill.badge.Text
	r.text.TextSize = theme.Size(SizeSmall) - 1
	r.text.Color = theme.Color(r.pill.badge.State.Ink())
	r.ground.Refresh()
	r.text.Refresh()
}

func (r *pillRenderer) MinSize() fyne.Size { return r.text.MinSize().AddWidthHeight(20, 8) }

func (r *pillRenderer) Layout(size fyne.Size) {
	r.ground.Resize(size)
	r.ground.CornerRadius = size.Height / 2
	m := r.text.MinSize()
	r.text.Resize(m)
	r.text.Move(fyne.NewPos((size.Width-m.Width)/2, (size.Height-m.Height)/2))
}

func (r *pillRenderer) Refresh()                     { r.paint(); r.Layout(r.pill.Size()) }
func (r *pillRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.ground, r.text} }
func (r *pillRenderer) Destroy()                     {}
