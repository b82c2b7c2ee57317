package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Text is words on the screen, without the margin that Fyne's labels carry, so that it lines up with what stands above it.
type Text struct {
	widget.BaseWidget

	rich    *widget.RichText
	segment *widget.TextSegment
}

func NewStyled(text string, colour fyne.ThemeColorName, size fyne.ThemeSizeName, style fyne.TextStyle) *Text {
	seg := &widget.TextSegment{Text: text, Style: widget.RichTextStyle{ColorName: colour, SizeName: size, TextStyle: style}}
	t := &Text{segment: seg, rich: widget.NewRichText(seg)}
	t.rich.Wrapping = fyne.TextWrapWord
	t.ExtendBaseWidget(t)
	return t
}

// NewText is running text; it wraps.
func NewText(text string) *Text {
	return NewStyled(text, theme.ColorNameForeground, theme.SizeNameText, fyne.TextStyle{})
}

// NewStrong is running text in bold.
func NewStrong(text string) *Text {
	return NewStyled(text, theme.ColorNameForeground, theme.SizeNameText, fyne.TextStyle{Bold: true})
}

// NewMuted is a second line or a hint.
func NewMuted(text string) *Text { return NewStyled(text, colorMuted, SizeSmall, fyne.TextStyle{}) }

// NewTitle names a page, NewLead a card or a dialog.
func NewTitle(text string) *Text {
	return NewStyled(text, theme.ColorNameForeground, sizeTitle, fyne.TextStyle{Bold: true})
}

// NewLead names a part of a page.
func NewLead(text string) *Text {
	return NewStyled(text, theme.ColorNameForeground, sizeLead, fyne.TextStyle{Bold: true})
}

// NewMono is text whose characters must not be taken for each other.
func NewMono(text string) *Text {
	return NewStyled(text, theme.ColorNameForeground, theme.SizeNameText, fyne.TextStyle{Monospace: true})
}

// OneLine cuts the text with an ellipsis instead of wrapping it.
func (t *Text) OneLine() *Text {
	t.rich.Wrapping, t.rich.Truncation = fyne.TextWrapOff, fyne.TextTruncateEllipsis
	return t
}

// Unbroken shows the text whole on one line; it is as wide as its words.
func (t *Text) Unbroken() *Text {
	t.rich.Wrapping, t.rich.Truncation = fyne.TextWrapOff, fyne.TextTruncateOff
	return t
}

// Centred sets the lines in the middle.
func (t *Text) Centred() *Text {
	t.segment.Style.Alignment = fyne.TextAlignCenter
	t.rich.Refresh()
	return t
}

// InState colours the text for a state.
func (t *Text) InState(s State) *Text {
	t.colour(s.Ink())
	return t
}

// Text gives the words.
func (t *Text) Text() string { return t.segment.Text }

// SetText changes the words.
func (t *Text) SetText(text string) {
	if t.segment.Text == text {
		return
	}
	t.segment.Text = text
	t.rich.Refresh()
	t.Refresh()
}

func (t *Text) colour(name fyne.ThemeColorName) {
	if t.segment.Style.ColorName == name {
		return
	}
	t.segment.Style.ColorName = name
	t.rich.Refresh()
}

// CreateRenderer shows the rich text, moved so that its inner margin falls outside.
func (t *Text) CreateRenderer() fyne.WidgetRenderer { return &textRenderer{text: t} }

type textRenderer struct{ text *Text }

func (r *textRenderer) Layout(size fyne.Size) {
	p := theme.InnerPadding()
	r.text.rich.Resize(size.AddWidthHeight(2*p, 2*p))
	r.text.rich.Move(fyne.NewPos(-p, -p))
}

func (r *textRenderer) MinSize() fyne.Size {
	if r.text.rich.Wrapping != fyne.TextWrapOff && r.text.Size().Width == 0 {
		// Not laid out yet: hope for one line. Fyne's text assumes a line for each letter.
		line := fyne.MeasureText("Åg", theme.Size(r.text.segment.Style.SizeName), r.text.segment.Style.TextStyle)
		return fyne.NewSize(line.Width, line.Height)
	}
	p := theme.InnerPadding()
	return r.text.rich.MinSize().SubtractWidthHeight(2*p, 2*p).Max(fyne.NewSize(0, 0))
}

func (r *textRenderer) Refresh() {
	r.text.rich.Refresh()
	r.Layout(r.text.Size())
}

func (r *textRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.text.rich} }
func (r *textRenderer) Destroy()                     {}
