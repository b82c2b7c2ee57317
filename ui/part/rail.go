package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Place is one place the rail leads to.
type Place struct {
	ID    string
	Icon  string
	Label string
}

// Rail leads from screen to screen. Its foot holds what is not a screen, such as the lock.
type Rail struct {
	widget.BaseWidget

	OnSelect func(id string)

	items   []*railItem
	content fyne.CanvasObject
}

// NewRail makes a rail with places from the top, and feet at the bottom, which can be tapped but never stay selected.
func NewRail(places, feet []Place) *Rail {
	r := &Rail{}
	top, bottom := container.NewVBox(), container.NewVBox()
	for _, p := range places {
		it := newRailItem(p, func() { r.choose(p.ID, true) })
		r.items = append(r.items, it)
		top.Add(it)
	}
	for _, p := range feet {
		bottom.Add(newRailItem(p, func() { r.choose(p.ID, false) }))
	}
	list := container.New(layout.NewCustomPaddedLayout(10, 10, 8, 8), container.NewBorder(top, bottom, nil, nil))
	ground := NewSurface(container.NewBorder(nil, nil, nil, newUpright(), NewTouchScroll(list)), colorPanel, 0, 0)
	r.content = ground
	r.ExtendBaseWidget(r)
	return r
}

// Select marks a place without telling OnSelect; the shell calls it when it changes screens by itself.
func (r *Rail) Select(id string) {
	for _, it := range r.items {
		it.setSelected(it.place.ID == id)
	}
}

// Selected gives the marked place's ID, or "".
func (r *Rail) Selected() string {
	for _, it := range r.items {
		if it.selected {
			return it.place.ID
		}
	}
	return ""
}

func (r *Rail) choose(id string, stays bool) {
	if stays {
		r.Select(id)
	}
	if r.OnSelect != nil {
		r.OnSelect(id)
	}
}

// CreateRenderer shows the ground with the items.
func (r *Rail) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(r.content) }

func newUpright() fyne.CanvasObject {
	return container.New(thin{}, NewSurface(nil, colorHairline, 0, 0))
}

// railItem is one place: icon above word.
type railItem struct {
	widget.BaseWidget

	place    Place
	onTapped func()
	selected bool
	hovered  bool
	focused  bool
}

func newRailItem(p Place, tapped func()) *railItem {
	it := &railItem{place: p, onTapped: tapped}
	it.ExtendBaseWidget(it)
	return it
}

func (it *railItem) setSelected(on bool) {
	if it.selected != on {
		it.selected = on
		it.Refresh()
	}
}

func (it *railItem) Tapped(*fyne.PointEvent)        { it.onTapped() }
func (it *railItem) MouseIn(*desktop.MouseEvent)    { it.hovered = true; it.Refresh() }
func (it *railItem) MouseMoved(*desktop.MouseEvent) {}
func (it *railItem) MouseOut()                      { it.hovered = false; it.Refresh() }
func (it *railItem) FocusGained()                   { it.focused = true; it.Refresh() }
func (it *railItem) FocusLost()                     { it.focused = false; it.Refresh() }
func (it *railItem) TypedRune(rune)                 {}

// TypedKey opens the place.
func (it *railItem) TypedKey(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		it.onTapped()
	}
}

// AccessibilityLabel and AccessibilityRole tell a screen reader what it is.
func (it *railItem) AccessibilityLabel() string             { return it.place.Label }
func (it *railItem) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

func (it *railItem) CreateRenderer() fyne.WidgetRenderer {
	r := &railItemRenderer{item: it, ground: canvas.NewRectangle(nil), text: canvas.NewText(it.place.Label, nil)}
	r.icon = NewIcon(it.place.Icon, colorMuted, 26)
	r.paint()
	return r
}

type railItemRenderer struct {
	item   *railItem
	ground *canvas.Rectangle
	icon   *canvas.Image
	text   *canvas.Text
}

func (r *railItemRenderer) paint() {
	ink := colorMuted
	r.ground.FillColor, r.ground.StrokeWidth = nil, 0
	switch {
	case r.item.selected:
		ink = colorOnTint
		r.ground.FillColor = theme.Color(ColorTint)
	case r.item.hovered:
		r.ground.FillColor = theme.Color(theme.ColorNameHover)
	}
	if r.item.focused {
		r.ground.StrokeColor, r.ground.StrokeWidth = theme.Color(theme.ColorNamePrimary), 2
	}
	r.ground.CornerRadius = 12
	r.text.Color = theme.Color(ink)
	r.text.TextSize = theme.Size(sizeTiny)
	r.text.TextStyle = fyne.TextStyle{Bold: r.item.selected}
	r.text.Alignment = fyne.TextAlignCenter
	r.icon.Resource = iconIn(r.item.place.Icon, ink)
	r.ground.Refresh()
	r.text.Refresh()
	r.icon.Refresh()
}

// MinSize measures the bold text, so that selecting moves nothing.
func (r *railItemRenderer) MinSize() fyne.Size {
	words := fyne.MeasureText(r.item.place.Label, theme.Size(sizeTiny), fyne.TextStyle{Bold: true})
	return fyne.NewSize(words.Width+12, 26+6+words.Height+8).Max(fyne.NewSize(84, 64))
}

func (r *railItemRenderer) Layout(size fyne.Size) {
	r.ground.Resize(size)
	words := r.text.MinSize()
	top := (size.Height - 26 - 5 - words.Height) / 2
	r.icon.Resize(fyne.NewSquareSize(26))
	r.icon.Move(fyne.NewPos((size.Width-26)/2, top))
	r.text.Resize(fyne.NewSize(size.Width, words.Height))
	r.text.Move(fyne.NewPos(0, top+26+5))
}

func (r *railItemRenderer) Refresh() { r.paint(); r.Layout(r.item.Size()) }
func (r *railItemRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.ground, r.icon, r.text}
}
func (r *railItemRenderer) Destroy() {}
