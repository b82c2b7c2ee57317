package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// CodeLength is how many digits a code has.
const CodeLength = 6

// CodeEntry takes six digits in six large boxes. It takes no paste on purpose: the digits are to be heard and typed.
type CodeEntry struct {
	widget.BaseWidget

	OnComplete func(code string)
	OnChange   func(code string)
	OnEscape   func()
	Label      string // what a screen reader says

	digits   []rune
	wrong    bool
	focused  bool
	readOnly bool
}

// NewCodeEntry makes six empty boxes.
func NewCodeEntry() *CodeEntry {
	c := &CodeEntry{}
	c.ExtendBaseWidget(c)
	return c
}

// NewCodeShow shows six digits in the same boxes, to be read out; it takes nothing.
func NewCodeShow(code string) *CodeEntry {
	c := &CodeEntry{digits: []rune(code), readOnly: true}
	c.ExtendBaseWidget(c)
	return c
}

// Code gives the digits typed so far.
func (c *CodeEntry) Code() string { return string(c.digits) }

// Clear empties the boxes.
func (c *CodeEntry) Clear() {
	c.digits, c.wrong = nil, false
	c.Refresh()
}

// Wrong empties the boxes and marks them, until the next digit.
func (c *CodeEntry) Wrong() {
	c.digits, c.wrong = nil, true
	c.Refresh()
}

// TypedRune takes a digit and nothing else.
func (c *CodeEntry) TypedRune(r rune) {
	if r < '0' || r > '9' || len(c.digits) >= CodeLength || c.readOnly {
		return
	}
	c.digits, c.wrong = append(c.digits, r), false
	c.changed()
	if len(c.digits) == CodeLength && c.OnComplete != nil {
		c.OnComplete(string(c.digits))
	}
}

// TypedKey takes the last digit back on Backspace and passes Escape on.
func (c *CodeEntry) TypedKey(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeyBackspace, fyne.KeyDelete:
		c.Backspace()
	case fyne.KeyEscape:
		if c.OnEscape != nil {
			c.OnEscape()
		}
	}
}

// Backspace takes the last digit back.
func (c *CodeEntry) Backspace() {
	if len(c.digits) > 0 && !c.readOnly {
		c.digits = c.digits[:len(c.digits)-1]
		c.changed()
	}
}

func (c *CodeEntry) changed() {
	c.Refresh()
	if c.OnChange != nil {
		c.OnChange(string(c.digits))
	}
}

// Tapped brings the keyboard here.
func (c *CodeEntry) Tapped(*fyne.PointEvent) {
	if cv := fyne.CurrentApp().Driver().CanvasForObject(c); cv != nil && !c.readOnly {
		cv.Focus(c)
	}
}

// FocusGained and FocusLost show and hide the mark on the next box.
func (c *CodeEntry) FocusGained() { c.focused = true; c.Refresh() }

// FocusLost hides the mark.
func (c *CodeEntry) FocusLost() { c.focused = false; c.Refresh() }

func (c *CodeEntry) setEscape(f func()) { c.OnEscape = f }

// AccessibilityLabel and AccessibilityRole tell a screen reader what it is, never which digits.
func (c *CodeEntry) AccessibilityLabel() string             { return c.Label }
func (c *CodeEntry) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// CreateRenderer draws the boxes.
func (c *CodeEntry) CreateRenderer() fyne.WidgetRenderer {
	r := &codeRenderer{entry: c}
	for range CodeLength {
		r.boxes = append(r.boxes, canvas.NewRectangle(nil))
		r.texts = append(r.texts, canvas.NewText("", nil))
	}
	r.paint()
	return r
}

type codeRenderer struct {
	entry *CodeEntry
	boxes []*canvas.Rectangle
	texts []*canvas.Text
}

func (r *codeRenderer) paint() {
	for i := range r.boxes {
		box, text := r.boxes[i], r.texts[i]
		box.CornerRadius, box.StrokeWidth = 10, 1.5
		box.FillColor, box.StrokeColor = theme.Color(theme.ColorNameInputBackground), theme.Color(theme.ColorNameInputBorder)
		text.Color = theme.Color(theme.ColorNameForeground)
		switch {
		case r.entry.readOnly:
			box.FillColor, box.StrokeWidth = theme.Color(ColorTint), 0
			text.Color = theme.Color(colorOnTint)
		case r.entry.wrong:
			box.FillColor, box.StrokeColor = theme.Color(StateDanger.Paper()), theme.Color(StateDanger.Ink())
		case r.entry.focused && i == len(r.entry.digits):
			box.StrokeColor, box.StrokeWidth = theme.Color(theme.ColorNamePrimary), 3
		}
		text.Text = ""
		if i < len(r.entry.digits) {
			text.Text = string(r.entry.digits[i])
		}
		text.TextSize, text.TextStyle = theme.Size(sizeDigit), fyne.TextStyle{Monospace: true}
		text.Alignment = fyne.TextAlignCenter
		box.Refresh()
		text.Refresh()
	}
}

const (
	codeGap  = float32(10)
	codeHalf = float32(14) // further room between the third and the fourth: people read in threes
)

func (r *codeRenderer) box() fyne.Size {
	d := theme.Size(sizeDigit)
	return fyne.NewSize(d*1.55, d*2.1)
}

func (r *codeRenderer) MinSize() fyne.Size {
	b := r.box()
	return fyne.NewSize(CodeLength*b.Width+(CodeLength-1)*codeGap+codeHalf, b.Height)
}

func (r *codeRenderer) Layout(size fyne.Size) {
	b := r.box()
	x := fyne.Max(0, (size.Width-r.MinSize().Width)/2)
	y := fyne.Max(0, (size.Height-b.Height)/2)
	for i := range r.boxes {
		if i == CodeLength/2 {
			x += codeHalf
		}
		r.boxes[i].Resize(b)
		r.boxes[i].Move(fyne.NewPos(x, y))
		h := fyne.MeasureText("0", theme.Size(sizeDigit), fyne.TextStyle{Monospace: true}).Height
		r.texts[i].Resize(fyne.NewSize(b.Width, h))
		r.texts[i].Move(fyne.NewPos(x, y+(b.Height-h)/2))
		x += b.Width + codeGap
	}
}

func (r *codeRenderer) Refresh() { r.paint(); r.Layout(r.entry.Size()) }

func (r *codeRenderer) Objects() []fyne.CanvasObject {
	out := make([]fyne.CanvasObject, 0, 2*CodeLength)
	for i := range r.boxes {
		out = append(out, r.boxes[i], r.texts[i])
	}
	return out
}

func (r *codeRenderer) Destroy() {}
