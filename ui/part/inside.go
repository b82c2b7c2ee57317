package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// inside is what lies in an object: in containers, surfaces, scrolls, and widgets of ours made of others.
func inside(o fyne.CanvasObject) []fyne.CanvasObject {
	switch w := o.(type) {
	case *fyne.Container:
		return w.Objects
	case *Surface:
		if w.content != nil {
			return []fyne.CanvasObject{w.content}
		}
	case *TouchScroll:
		return []fyne.CanvasObject{w.Content}
	case *widget.PopUp:
		return []fyne.CanvasObject{w.Content}
	case interface{ Inside() fyne.CanvasObject }:
		return []fyne.CanvasObject{w.Inside()}
	}
	return nil
}

// walk visits an object and all that lies in it.
func walk(o fyne.CanvasObject, visit func(fyne.CanvasObject)) {
	if o == nil {
		return
	}
	visit(o)
	for _, child := range inside(o) {
		walk(child, visit)
	}
}

// around finds the scroll that an object stands in, the innermost that has more than it shows, and where in it the object
// stands; nil where all is in sight, or nothing is on a screen.
func around(o fyne.CanvasObject) (*TouchScroll, fyne.Position) {
	c := fyne.CurrentApp().Driver().CanvasForObject(o)
	if c == nil {
		return nil, fyne.Position{}
	}
	root := c.Overlays().Top()
	if root == nil {
		root = c.Content()
	}
	if root == nil {
		return nil, fyne.Position{}
	}
	scroll, at, _ := lead(root, o, nil, fyne.Position{})
	return scroll, at
}

// lead follows the way from one object down to another; at is where it stands in the scroll around it.
func lead(from, to fyne.CanvasObject, scroll *TouchScroll, at fyne.Position) (*TouchScroll, fyne.Position, bool) {
	if from == to {
		return scroll, at, true
	}
	if !from.Visible() {
		return nil, at, false
	}
	s, scrolls := from.(*TouchScroll)
	scrolls = scrolls && s.Content.MinSize().Height > s.Size().Height
	for _, child := range inside(from) {
		next, there := scroll, at.Add(child.Position())
		if scrolls {
			next, there = s, fyne.Position{}
		}
		if found, where, is := lead(child, to, next, there); is {
			return found, where, true
		}
	}
	return nil, at, false
}

// Reveal scrolls the page that an object stands on until it is in sight; of one that is higher than the page, its top. Fyne
// moves the keyboard's focus to what nobody sees, and leaves it there.
func Reveal(o fyne.CanvasObject) {
	s, _ := around(o)
	if s == nil {
		return
	}
	s.Resize(s.Size()) // what has just come to the page takes its place first
	s, at := around(o)
	if s == nil {
		return
	}
	top, bottom := at.Y-Gap, at.Y+o.Size().Height+Gap
	switch {
	case top < s.Offset.Y:
		s.ScrollToOffset(fyne.NewPos(s.Offset.X, fyne.Max(0, top)))
	case bottom > s.Offset.Y+s.Size().Height:
		s.ScrollToOffset(fyne.NewPos(s.Offset.X, fyne.Max(0, fyne.Min(top, bottom-s.Size().Height))))
	}
}

// wheelVeil lies over a field and hands the wheel to the page around it: what is written there would keep it to itself, and
// the page stand still under the pointer. It takes nothing else.
type wheelVeil struct {
	widget.BaseWidget
	over fyne.CanvasObject
}

func newWheelVeil(over fyne.CanvasObject) *wheelVeil {
	v := &wheelVeil{over: over}
	v.ExtendBaseWidget(v)
	return v
}

// Scrolled scrolls the page.
func (v *wheelVeil) Scrolled(ev *fyne.ScrollEvent) {
	if s, _ := around(v.over); s != nil {
		s.Scrolled(ev)
	}
}

func (v *wheelVeil) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(&fyne.Container{})
}
