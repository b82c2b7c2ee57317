package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Field is a label, a place to write, and under it a hint, or in its stead what is wrong with what was written.
type Field struct {
	widget.BaseWidget

	OnChange func(text string)
	OnSubmit func(text string)

	name    *Text
	entry   *keyEntry
	below   *Text
	hint    string
	content fyne.CanvasObject
}

// NewField is a field of one line. hint may be empty.
func NewField(label, hint string) *Field { return newField(label, hint, &keyEntry{}) }

// NewSecretField hides what is written; its eye shows it.
func NewSecretField(label, hint string) *Field {
	e := &keyEntry{}
	e.Password = true
	return newField(label, hint, e)
}

// NewTextField takes several lines.
func NewTextField(label, hint string, lines int) *Field {
	e := &keyEntry{}
	e.MultiLine, e.Wrapping = true, fyne.TextWrapWord
	e.SetMinRowsVisible(lines)
	return newField(label, hint, e)
}

func newField(label, hint string, e *keyEntry) *Field {
	if !e.MultiLine {
		e.Wrapping = fyne.TextWrap(fyne.TextTruncateClip)
	}
	e.ExtendBaseWidget(e)
	f := &Field{entry: e, hint: hint, below: NewMuted(hint)}
	e.OnChanged = func(text string) {
		f.SetError("")
		if f.OnChange != nil {
			f.OnChange(text)
		}
	}
	e.OnSubmitted = func(text string) {
		if f.OnSubmit != nil {
			f.OnSubmit(text)
		}
	}
	f.name = NewStyled(label, theme.ColorNameForeground, SizeSmall, fyne.TextStyle{Bold: true})
	e.OnFocus = func() { Reveal(f) }
	f.content = HeadedBy(6, f.name, AtLeast(fyne.NewSize(120, TouchSize), e, newWheelVeil(f)), f.below)
	if hint == "" {
		f.below.Hide()
	}
	f.ExtendBaseWidget(f)
	return f
}

// Text gives what is written.
func (f *Field) Text() string { return f.entry.Text }

// SetText writes for the person.
func (f *Field) SetText(text string) { f.entry.SetText(text) }

// SetLabel gives the field another name and hint.
func (f *Field) SetLabel(label, hint string) {
	wrong := f.Error()
	f.hint = hint
	f.name.SetText(label)
	f.SetError(wrong)
}

// SetPlaceholder shows an example while nothing is written.
func (f *Field) SetPlaceholder(text string) { f.entry.SetPlaceHolder(text) }

// SetError says what is wrong; "" takes it back and shows the hint again.
func (f *Field) SetError(text string) {
	if text != "" {
		f.below.colour(StateDanger.Ink())
		f.below.SetText(text)
	} else {
		f.below.colour(colorMuted)
		f.below.SetText(f.hint)
	}
	f.below.Hidden = text == "" && f.hint == ""
	f.Refresh()
}

// Error gives what is said to be wrong, or "".
func (f *Field) Error() string {
	if f.below.Hidden || f.below.Text() == f.hint {
		return ""
	}
	return f.below.Text()
}

// SetMono shows characters at one width each, for IDs.
func (f *Field) SetMono() {
	f.entry.TextStyle = fyne.TextStyle{Monospace: true}
	f.entry.Refresh()
}

// Enable and Disable let the person write, or not.
func (f *Field) Enable() { f.entry.Enable() }

// Disable keeps the person from writing.
func (f *Field) Disable() { f.entry.Disable() }

// Focusable gives what takes the keyboard, for a dialog or screen that sets the first focus.
func (f *Field) Focusable() fyne.Focusable { return f.entry }

func (f *Field) setEscape(do func()) { f.entry.OnEscape = do }

// SetSubmit gives Enter to the dialog, unless the screen wants it or Enter is a new line.
func (f *Field) SetSubmit(do func()) {
	if f.OnSubmit == nil && !f.entry.MultiLine {
		f.OnSubmit = func(string) { do() }
	}
}

// CreateRenderer shows label, entry and the line beneath.
func (f *Field) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(f.content) }

// keyEntry is Fyne's entry; Escape goes to the dialog it stands in.
type keyEntry struct {
	widget.Entry
	OnEscape func()
	OnFocus  func() // the keyboard has come to it; may be nil
}

// FocusGained tells that the keyboard has come.
func (e *keyEntry) FocusGained() {
	e.Entry.FocusGained()
	if e.OnFocus != nil {
		e.OnFocus()
	}
}

// TypedKey passes Escape on and leaves the rest to the entry.
func (e *keyEntry) TypedKey(ev *fyne.KeyEvent) {
	if ev.Name == fyne.KeyEscape && e.OnEscape != nil {
		e.OnEscape()
		return
	}
	e.Entry.TypedKey(ev)
}
