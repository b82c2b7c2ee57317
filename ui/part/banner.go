package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"handslag/assets"
)

// Banner tells a problem in place: what happened, what is safe, what to do. It takes no room while there is none.
type Banner struct {
	widget.BaseWidget

	OnAction func()
	OnClose  func()

	lang    assets.Language
	problem Problem
	content *fyne.Container
}

// NewBanner makes a banner that shows nothing yet.
func NewBanner(lang assets.Language) *Banner {
	b := &Banner{lang: lang, content: container.NewStack()}
	b.ExtendBaseWidget(b)
	b.Hide()
	return b
}

// Tell shows a problem.
func (b *Banner) Tell(p Problem) {
	if p.State == "" {
		p.State = StateDanger
	}
	b.problem = p
	b.content.Objects = []fyne.CanvasObject{b.draw(p)}
	b.content.Refresh()
	b.Show()
	b.Refresh()
}

// Clear takes the problem away.
func (b *Banner) Clear() {
	b.problem = Problem{}
	b.content.Objects = nil
	b.Hide()
}

// Problem gives what is shown; the zero Problem while nothing is.
func (b *Banner) Problem() Problem { return b.problem }

func (b *Banner) draw(p Problem) fyne.CanvasObject {
	what := NewStyled(p.What, p.State.Ink(), theme.SizeNameText, fyne.TextStyle{Bold: true})
	words := Stack(what)
	lines := Labelled(6)
	for _, part := range []struct{ label, text string }{{"banner.safe", p.Safe}, {"banner.do", p.Do}} {
		if part.text == "" {
			continue
		}
		lines.Add(NewStyled(b.lang.Say(part.label), p.State.Ink(), SizeSmall, fyne.TextStyle{Bold: true}).Unbroken())
		lines.Add(NewText(part.text))
	}
	if len(lines.Objects) > 0 {
		words.Add(lines)
	}
	if p.Action != "" {
		words.Add(container.NewHBox(NewButton(p.Action, "", func() {
			if b.OnAction != nil {
				b.OnAction()
			}
		})))
	}
	icon := container.NewVBox(NewIcon(p.State.Icon(), p.State.Ink(), 26))
	closing := NewQuiet("", assets.IconClose, func() {
		b.Clear()
		if b.OnClose != nil {
			b.OnClose()
		}
	})
	row := container.NewBorder(nil, nil, icon, container.New(corner{}, closing), Pushed(8, words))
	return NewTinted(p.State, row)
}

// CreateRenderer shows the problem.
func (b *Banner) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(b.content) }

func (b *Banner) Inside() fyne.CanvasObject { return b.content }

// corner keeps its child at the top right, its margin over the edge, so that the sign in it lines up with the first line.
type corner struct{}

func (corner) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Resize(fyne.NewSquareSize(TouchSize))
		o.Move(fyne.NewPos(size.Width-TouchSize+10, -11))
	}
}

func (corner) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(TouchSize-6, TouchSize-14) }

// Pushed moves its child in from the left, and down so that its first line meets the icon's middle.
func Pushed(left float32, child fyne.CanvasObject) *fyne.Container {
	return container.New(pushed{left}, child)
}

type pushed struct{ left float32 }

func (p pushed) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Resize(size.SubtractWidthHeight(p.left, 3))
		o.Move(fyne.NewPos(p.left, 3))
	}
}

func (p pushed) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return column{}.MinSize(objects).AddWidthHeight(p.left, 3)
}

// Labelled lays pairs of label and text, added one after the other, in two columns with gap between the pairs; the labels'
// column is as wide as the widest of them.
func Labelled(gap float32) *fyne.Container { return container.New(&labelled{gap}) }

type labelled struct{ gap float32 }

func (l *labelled) columns(objects []fyne.CanvasObject) float32 {
	var w float32
	for i := 0; i < len(objects); i += 2 {
		w = fyne.Max(w, objects[i].MinSize().Width)
	}
	return w + 16
}

func (l *labelled) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	left, y := l.columns(objects), float32(0)
	for i := 0; i+1 < len(objects); i += 2 {
		label, text := objects[i], objects[i+1]
		h := fyne.Max(settle(text, size.Width-left), label.MinSize().Height)
		text.Resize(fyne.NewSize(size.Width-left, h))
		text.Move(fyne.NewPos(left, y))
		// The smaller label sits on the text's first line.
		label.Resize(fyne.NewSize(left-16, label.MinSize().Height))
		label.Move(fyne.NewPos(0, y+1.5))
		y += h + l.gap
	}
}

func (l *labelled) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var m fyne.Size
	for i := 0; i+1 < len(objects); i += 2 {
		t := objects[i+1].MinSize()
		m.Width = fyne.Max(m.Width, t.Width)
		if i > 0 {
			m.Height += l.gap
		}
		m.Height += fyne.Max(t.Height, objects[i].MinSize().Height)
	}
	m.Width += l.columns(objects)
	return m
}
