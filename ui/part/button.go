package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Button is Fyne's button, tall enough for gloves, pressed by Enter as well as Space; Escape goes to the dialog it stands in.
type Button struct {
	widget.Button
	OnEscape func()

	icon string
}

// NewButton is an ordinary button; icon may be empty.
func NewButton(text, icon string, tapped func()) *Button {
	return newButton(text, icon, widget.MediumImportance, tapped)
}

// NewPrimary is the one thing to do on a page. NewDanger is one that cannot be taken back. NewQuiet is text alone.
func NewPrimary(text, icon string, tapped func()) *Button {
	return newButton(text, icon, widget.HighImportance, tapped)
}

// NewDanger is a button whose deed cannot be taken back.
func NewDanger(text, icon string, tapped func()) *Button {
	return newButton(text, icon, widget.DangerImportance, tapped)
}

// NewQuiet is a button without a ground, for what is seldom wanted.
func NewQuiet(text, icon string, tapped func()) *Button {
	return newButton(text, icon, widget.LowImportance, tapped)
}

func newButton(text, icon string, importance widget.Importance, tapped func()) *Button {
	b := &Button{}
	b.Text, b.OnTapped, b.Importance = text, tapped, importance
	b.icon = icon
	b.ink(inkOn(importance))
	b.ExtendBaseWidget(b)
	return b
}

// inkOn names the colour of an icon on a button of that importance.
func inkOn(i widget.Importance) fyne.ThemeColorName {
	switch i {
	case widget.HighImportance:
		return theme.ColorNameForegroundOnPrimary
	case widget.DangerImportance:
		return theme.ColorNameForegroundOnError
	}
	return theme.ColorNameForeground
}

func (b *Button) ink(colour fyne.ThemeColorName) {
	if b.icon != "" {
		b.Icon = iconIn(b.icon, colour)
	}
}

// Enable lets the button be pressed; its icon follows its words.
func (b *Button) Enable() {
	b.ink(inkOn(b.Importance))
	b.Button.Enable()
}

// Disable keeps it from being pressed.
func (b *Button) Disable() {
	b.ink(theme.ColorNameDisabled)
	b.Button.Disable()
}

// MinSize is never below what a gloved finger hits.
func (b *Button) MinSize() fyne.Size {
	return b.Button.MinSize().Max(fyne.NewSquareSize(TouchSize))
}

// TypedKey presses on Enter and passes Escape on.
func (b *Button) TypedKey(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeyReturn, fyne.KeyEnter:
		if !b.Disabled() && b.OnTapped != nil {
			b.OnTapped()
		}
	case fyne.KeyEscape:
		if b.OnEscape != nil {
			b.OnEscape()
		}
	default:
		b.Button.TypedKey(ev)
	}
}

// FocusGained shows the button that the keyboard has come to.
func (b *Button) FocusGained() {
	b.Button.FocusGained()
	Reveal(b)
}

func (b *Button) setEscape(f func()) { b.OnEscape = f }
