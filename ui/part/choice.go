package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Option is one thing to choose.
type Option struct {
	ID     string
	Text   string
	Detail string // a second line, may be empty
}

// Choice lets a person choose one of a few options, each a line of its own that a glove can hit.
type Choice struct {
	widget.BaseWidget

	OnChoose func(id string)

	lines   []*choiceLine
	content *fyne.Container
}

// NewChoice shows options with one chosen; chosen may be "".
func NewChoice(options []Option, chosen string) *Choice {
	c := &Choice{content: StackTight()}
	for _, o := range options {
		l := &choiceLine{option: o, chosen: o.ID == chosen}
		l.onTapped = func() { c.Choose(o.ID) }
		l.ExtendBaseWidget(l)
		c.lines = append(c.lines, l)
		c.content.Add(l)
	}
	c.ExtendBaseWidget(c)
	return c
}

// Chosen gives the chosen option's ID, or "".
func (c *Choice) Chosen() string {
	for _, l := range c.lines {
		if l.chosen {
			return l.option.ID
		}
	}
	return ""
}

// Choose marks an option as a tap does, and tells OnChoose when it changed.
func (c *Choice) Choose(id string) {
	if c.Chosen() == id {
		return
	}
	for _, l := range c.lines {
		l.chosen = l.option.ID == id
		l.Refresh()
	}
	if c.OnChoose != nil {
		c.OnChoose(id)
	}
}

// Focusable gives what takes the keyboard: the chosen line, or the first.
func (c *Choice) Focusable() fyne.Focusable {
	for _, l := range c.lines {
		if l.chosen {
			return l
		}
	}
	if len(c.lines) == 0 {
		return nil
	}
	return c.lines[0]
}

func (c *Choice) setEscape(do func()) {
	for _, l := range c.lines {
		l.onEscape = do
	}
}

func (c *Choice) SetSubmit(do func()) {
	for _, l := range c.lines {
		l.onEnter = do
	}
}

func (c *Choice) Inside() fyne.CanvasObject { return c.content }

// CreateRenderer shows the lines.
func (c *Choice) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(c.content) }

// markSize is the side of the mark before an option.
const markSize = float32(22)

type choiceLine struct {
	widget.BaseWidget

	option            Option
	chosen            bool
	square            bool // a tick, of which several may be set
	focused, hovered  bool
	onTapped          func()
	onEscape, onEnter func()
}

func (l *choiceLine) Tapped(*fyne.PointEvent)        { l.onTapped() }
func (l *choiceLine) FocusGained()                   { l.focused = true; l.Refresh(); Reveal(l) }
func (l *choiceLine) FocusLost()                     { l.focused = false; l.Refresh() }
func (l *choiceLine) MouseIn(*desktop.MouseEvent)    { l.hovered = true; l.Refresh() }
func (l *choiceLine) MouseMoved(*desktop.MouseEvent) {}
func (l *choiceLine) MouseOut()                      { l.hovered = false; l.Refresh() }
func (l *choiceLine) TypedRune(rune)                 {}

// TypedKey chooses on Space; Enter chooses too and then does what the dialog is for.
func (l *choiceLine) TypedKey(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeySpace:
		l.onTapped()
	case fyne.KeyReturn, fyne.KeyEnter:
		l.onTapped()
		if l.onEnter != nil {
			l.onEnter()
		}
	case fyne.KeyEscape:
		if l.onEscape != nil {
			l.onEscape()
		}
	}
}

func (l *choiceLine) AccessibilityLabel() string             { return l.option.Text }
func (l *choiceLine) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

func (l *choiceLine) CreateRenderer() fyne.WidgetRenderer {
	r := &choiceRenderer{line: l, ring: canvas.NewRectangle(nil), dot: canvas.NewRectangle(nil), text: NewText(l.option.Text)}
	r.ring.CornerRadius, r.dot.CornerRadius = markSize/2, markSize/4
	if l.square {
		r.ring.CornerRadius, r.dot.CornerRadius = 5, 2
	}
	words := StackTight(r.text)
	if l.option.Detail != "" {
		words.Add(NewMuted(l.option.Detail))
	}
	mark := container.NewGridWrap(fyne.NewSquareSize(markSize), container.NewStack(r.ring, Inset(markSize/4, r.dot)))
	row := container.NewBorder(nil, nil, Middle(mark), nil, Pushed(6, Middle(words)))
	r.ground = NewSurface(AtLeast(fyne.NewSize(0, TouchSize-20), row), colorPanel, 10, 10)
	r.WidgetRenderer = widget.NewSimpleRenderer(r.ground)
	r.paint()
	return r
}

type choiceRenderer struct {
	fyne.WidgetRenderer
	line      *choiceLine
	ground    *Surface
	ring, dot *canvas.Rectangle
	text      *Text
}

func (r *choiceRenderer) paint() {
	r.ground.fill, r.ground.edge = colorPanel, theme.ColorNameInputBorder
	r.ring.StrokeColor, r.ring.StrokeWidth = theme.Color(theme.ColorNameInputBorder), 2
	r.ring.FillColor = theme.Color(theme.ColorNameInputBackground)
	r.dot.FillColor = nil
	if r.line.chosen {
		r.ground.fill, r.ground.edge = ColorTint, theme.ColorNamePrimary
		r.ring.StrokeColor, r.dot.FillColor = theme.Color(theme.ColorNamePrimary), theme.Color(theme.ColorNamePrimary)
	} else if r.line.hovered {
		r.ground.edge = theme.ColorNamePrimary
	}
	r.ground.thick = r.line.focused
}

func (r *choiceRenderer) Refresh() {
	r.paint()
	r.ring.Refresh()
	r.dot.Refresh()
	r.ground.Refresh()
}
