package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"handslag/assets"
)

// Connection is what the header says about coverage and about what has not been received yet.
type Connection struct {
	Online  bool
	Syncing bool
	Silent  bool // while locked nothing is known of the connection, and nothing said
	Waiting int  // entries without a receipt
}

// Header stands on top of every screen: who is at work, on which device, and how the connection is.
type Header struct {
	widget.BaseWidget

	lang    assets.Language
	name    *Text
	device  *Text
	dot     *canvas.Circle
	status  *Text
	waiting *Text
	ground  *Surface
	state   State
	count   int  // entries that wait
	calm    bool // they wait for coverage
	width   float32
}

// NewHeader makes a header that names nobody yet.
func NewHeader(lang assets.Language) *Header {
	h := &Header{lang: lang, dot: canvas.NewCircle(nil)}
	h.name = NewStyled("", theme.ColorNameForeground, theme.SizeNameText, fyne.TextStyle{Bold: true}).OneLine()
	h.device = NewStyled("", colorMuted, sizeTiny, fyne.TextStyle{Monospace: true}).OneLine()
	h.status = NewStyled("", theme.ColorNameForeground, SizeSmall, fyne.TextStyle{Bold: true}).Unbroken()
	h.waiting = NewStyled("", colorMuted, SizeSmall, fyne.TextStyle{}).Unbroken()

	mark := NewIcon(assets.IconApp, theme.ColorNameForeground, 40)
	status := Beside(layout.NewSpacer(), container.NewGridWrap(fyne.NewSquareSize(10), h.dot), h.status)
	right := Middle(StackTight(status, container.NewHBox(layout.NewSpacer(), h.waiting)))
	left := Middle(StackTight(h.name, h.device))
	row := container.New(layout.NewCustomPaddedLayout(10, 10, 18, 20),
		container.New(layout.NewBorderLayout(nil, nil, nil, right), right,
			container.NewBorder(nil, nil, container.New(layout.NewCustomPaddedLayout(0, 0, 0, 8), container.NewCenter(mark)), nil, left)))
	h.ground = NewSurface(container.NewBorder(nil, newHairline(), nil, nil, row), theme.ColorNameHeaderBackground, 0, 0)
	h.ExtendBaseWidget(h)
	h.SetConnection(Connection{})
	return h
}

// SetPerson names the person and the device; deviceID is the full text in its groups. Both are empty before unlocking.
func (h *Header) SetPerson(name, deviceID string) {
	h.name.SetText(name)
	h.device.SetText(deviceID)
}

// SetConnection tells how the connection is, in words beside the dot's colour.
func (h *Header) SetConnection(c Connection) {
	h.state = StateNeutral
	switch {
	case c.Syncing:
		h.status.SetText(h.lang.Say("header.syncing"))
		h.state = StateWaiting
	case c.Online:
		h.status.SetText(h.lang.Say("header.online"))
		h.state = StateOK
	default:
		h.status.SetText(h.lang.Say("header.offline"))
	}
	h.dot.Hidden, h.status.Hidden = c.Silent, c.Silent
	h.waiting.Hidden = c.Silent && c.Waiting == 0
	h.count = c.Waiting
	h.calm = !c.Online && !c.Silent && !c.Syncing
	h.sayWaiting()
	h.Refresh()
}

// sayWaiting tells what waits: out of coverage with the words that nothing need be done, where the width has room for them.
func (h *Header) sayWaiting() {
	text := h.lang.Say("header.all_received")
	if h.count > 0 {
		text = h.lang.Say("header.waiting", "n", h.count)
		whole := h.lang.Say("header.waiting_calm", "n", h.count)
		room := fyne.MeasureText(whole, theme.Size(SizeSmall), fyne.TextStyle{}).Width
		if h.calm && room < h.width*0.6 {
			text = whole
		}
	}
	h.waiting.SetText(text)
}

// CreateRenderer shows the ground with everything on it.
func (h *Header) CreateRenderer() fyne.WidgetRenderer {
	return &headerRenderer{WidgetRenderer: widget.NewSimpleRenderer(h.ground), header: h}
}

type headerRenderer struct {
	fyne.WidgetRenderer
	header *Header
}

// MinSize is that of the short words: the calm sentence must not keep a window wide.
func (r *headerRenderer) MinSize() fyne.Size {
	m := r.WidgetRenderer.MinSize()
	return fyne.NewSize(fyne.Min(m.Width, 24*theme.TextSize()), m.Height)
}

func (r *headerRenderer) Layout(size fyne.Size) {
	r.header.width = size.Width
	r.header.sayWaiting()
	r.header.dot.FillColor = theme.Color(r.header.state.Ink())
	r.WidgetRenderer.Layout(size)
}

func (r *headerRenderer) Refresh() {
	r.header.dot.FillColor = theme.Color(r.header.state.Ink())
	r.header.dot.Refresh()
	r.WidgetRenderer.Refresh()
}

// newHairline is a thin line that follows the theme.
func newHairline() fyne.CanvasObject {
	line := NewSurface(nil, colorHairline, 0, 0)
	return container.New(thin{}, line)
}

// thin gives its child one pixel of height.
type thin struct{}

func (thin) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	layout.NewStackLayout().Layout(objects, size)
}
func (thin) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(1, 1) }
