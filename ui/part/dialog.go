package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"
)

// Dialog asks one thing over the screen. Escape closes it, Enter does what it asks, and the keyboard starts at its first
// field, or at its first button where it has none. Fyne's own dialogs do none of the three.
type Dialog struct {
	Title   string
	Body    fyne.CanvasObject
	Primary string // the word of what it asks for; no such button when empty
	Cancel  string // the word for leaving
	Danger  bool   // the deed cannot be taken back: Enter in a field then does not do it, and leaving has the first focus

	OnPrimary func() bool // the deed; true closes the dialog, false keeps it, such as for a field in error
	OnClose   func()      // after it closed, whichever way
	First     fyne.Focusable

	canvas  fyne.Canvas
	popup   *widget.PopUp
	keys    func(*fyne.KeyEvent)
	primary *Button
	cancel  *Button
}

// escapable and submittable are our widgets that pass Escape and Enter on.
type escapable interface{ setEscape(func()) }
type submittable interface{ SetSubmit(func()) }

const dialogWidth = float32(480)

// Show opens the dialog over a window's canvas.
func (d *Dialog) Show(c fyne.Canvas) {
	d.canvas = c
	buttons := container.NewHBox(layout.NewSpacer())
	d.cancel = NewButton(d.Cancel, "", d.Close)
	buttons.Add(d.cancel)
	if d.Primary != "" {
		make := NewPrimary
		if d.Danger {
			make = NewDanger
		}
		d.primary = make(d.Primary, "", d.act)
		buttons.Add(d.primary)
	}
	parts := StackWide(NewLead(d.Title))
	if d.Body != nil {
		parts.Add(d.Body)
	}
	parts.Add(buttons)
	d.wire(parts)
	width := fyne.Min(dialogWidth, c.Size().Width-64)
	sized := AtLeast(fyne.NewSize(width, 0), Inset(16, parts))
	settle(sized, width)
	d.popup = widget.NewModalPopUp(sized, c)
	d.popup.Show()

	d.keys = c.OnTypedKey()
	c.SetOnTypedKey(d.typed)
	c.Focus(d.first(parts))
}

// Close takes the dialog away.
func (d *Dialog) Close() {
	if d.popup == nil {
		return
	}
	d.popup.Hide()
	d.popup = nil
	d.canvas.SetOnTypedKey(d.keys)
	if d.OnClose != nil {
		d.OnClose()
	}
}

// Open tells whether the dialog is on the screen.
func (d *Dialog) Open() bool { return d.popup != nil }

// SetPrimaryEnabled lets the deed be done, or not yet.
func (d *Dialog) SetPrimaryEnabled(on bool) {
	if d.primary == nil {
		return
	}
	if on {
		d.primary.Enable()
	} else {
		d.primary.Disable()
	}
}

func (d *Dialog) act() {
	if d.popup == nil || d.primary == nil || d.primary.Disabled() {
		return
	}
	if d.OnPrimary == nil || d.OnPrimary() {
		d.Close()
	}
}

// typed handles keys while nothing has the focus.
func (d *Dialog) typed(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeyEscape:
		d.Close()
	case fyne.KeyReturn, fyne.KeyEnter:
		if !d.Danger {
			d.act()
		}
	}
}

// wire gives Escape and Enter of every widget inside to the dialog.
func (d *Dialog) wire(o fyne.CanvasObject) {
	walk(o, func(o fyne.CanvasObject) {
		if e, ok := o.(escapable); ok {
			e.setEscape(d.Close)
		}
		if s, ok := o.(submittable); ok && !d.Danger {
			s.SetSubmit(d.act)
		}
	})
}

// first gives what the keyboard starts at.
func (d *Dialog) first(parts fyne.CanvasObject) fyne.Focusable {
	if d.First != nil {
		return d.First
	}
	var found fyne.Focusable
	walk(d.Body, func(o fyne.CanvasObject) {
		if found != nil {
			return
		}
		switch w := o.(type) {
		case *Field:
			found = w.Focusable()
		case *CodeEntry:
			found = w
		case *Choice:
			if len(w.lines) > 0 {
				found = w.lines[0]
			}
		}
	})
	if found == nil && d.primary != nil && !d.Danger {
		found = d.primary
	}
	if found == nil {
		found = d.cancel
	}
	return found
}
