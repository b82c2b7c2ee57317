package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"handslag/assets"
)

// Chip says one thing that holds now, and takes it back with one tap, or with Space, Enter or Delete.
type Chip struct {
	widget.BaseWidget

	OnRemove func()

	text             string
	spoken           string // what the tap does, for who hears the screen
	focused, hovered bool
}

// NewChip makes a chip.
func NewChip(lang assets.Language, text string, remove func()) *Chip {
	c := &Chip{text: text, spoken: lang.Say("common.remove", "what", text), OnRemove: remove}
	c.ExtendBaseWidget(c)
	return c
}

// Text is what it says.
func (c *Chip) Text() string { return c.text }

func (c *Chip) Tapped(*fyne.PointEvent)                { c.OnRemove() }
func (c *Chip) FocusGained()                           { c.focused = true; c.Refresh() }
func (c *Chip) FocusLost()                             { c.focused = false; c.Refresh() }
func (c *Chip) MouseIn(*desktop.MouseEvent)            { c.hovered = true; c.Refresh() }
func (c *Chip) MouseMoved(*desktop.MouseEvent)         {}
func (c *Chip) MouseOut()                              { c.hovered = false; c.Refresh() }
func (c *Chip) TypedRune(rune)                         {}
func (c *Chip) AccessibilityLabel() string             { return c.spoken }
func (c *Chip) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// TypedKey takes it back.
func (c *Chip) TypedKey(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter, fyne.KeyDelete, fyne.KeyBackspace:
		c.OnRemove()
	}
}

const (
	chipIcon   = float32(18)
	chipMargin = float32(14)
)

// CreateRenderer draws the text and a cross.
func (c *Chip) CreateRenderer() fyne.WidgetRenderer {
	r := &chipRenderer{chip: c, ground: canvas.NewRectangle(nil), text: canvas.NewText(c.text, nil), cross: NewIcon(assets.IconClose, colorOnTint, chipIcon)}
	r.text.TextStyle = fyne.TextStyle{Bold: true}
	r.paint()
	return r
}

type chipRenderer struct {
	chip   *Chip
	ground *canvas.Rectangle
	text   *canvas.Text
	cross  *canvas.Image
}

func (r *chipRenderer) paint() {
	r.ground.FillColor = theme.Color(ColorTint)
	r.ground.StrokeColor, r.ground.StrokeWidth = theme.Color(ColorTint), 1
	if r.chip.hovered || r.chip.focused {
		r.ground.StrokeColor = theme.Color(theme.ColorNamePrimary)
	}
	if r.chip.focused {
		r.ground.StrokeWidth = 2.5
	}
	r.text.TextSize = theme.Size(SizeSmall)
	r.text.Color = theme.Color(colorOnTint)
	r.cross.Resource = iconIn(assets.IconClose, colorOnTint)
	r.ground.Refresh()
	r.text.Refresh()
	r.cross.Refresh()
}

func (r *chipRenderer) MinSize() fyne.Size {
	return fyne.NewSize(r.text.MinSize().Width+chipIcon+2*chipMargin+8, TouchSize)
}

func (r *chipRenderer) Layout(size fyne.Size) {
	r.ground.Resize(size)
	r.ground.CornerRadius = size.Height / 2
	m := r.text.MinSize()
	r.text.Resize(m)
	r.text.Move(fyne.NewPos(chipMargin, (size.Height-m.Height)/2))
	r.cross.Resize(fyne.NewSquareSize(chipIcon))
	r.cross.Move(fyne.NewPos(size.Width-chipMargin-chipIcon, (size.Height-chipIcon)/2))
}

func (r *chipRenderer) Refresh() { r.paint(); r.Layout(r.chip.Size()) }
func (r *chipRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.ground, r.text, r.cross}
}
func (r *chipRenderer) Destroy() {}
