package ui

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
	what := newText(p.What, p.State.ink(), theme.SizeNameText, fyne.TextStyle{Bold: true})
	words := Stack(what)
	lines := container.New(&labelled{})
	for _, part := range []struct{ label, text string }{{"banner.safe", p.Safe}, {"banner.do", p.Do}} {
		if part.text == "" {
			continue
		}
		lines.Add(newText(b.lang.Say(part.label), p.State.ink(), sizeSmall, fyne.TextStyle{Bold: true}).Unbroken())
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
	icon := container.NewVBox(picture(iconOf(p.State), p.State.ink(), 26))
	closing := NewQuiet("", assets.IconClose, func() {
		b.Clear()
		if b.OnClose != nil {
			b.OnClose()
		}
	})
	row := container.NewBorder(nil, nil, icon, container.New(corner{}, closing), container.New(pushed{left: 8}, words))
	return NewTinted(p.State, row)
}

func iconOf(s State) string {
	switch s {
	case StateOK:
		return assets.IconCheck
	case StateWaiting:
		return assets.IconClock
	}
	return assets.IconWarning
}

// CreateRenderer shows the problem.
func (b *Banner) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(b.content) }

func (b *Banner) inside() fyne.CanvasObject { return b.content }

// corner keeps its child at the top right, its margin over the edge, so that the sign in it lines up with the first line.
type corner struct{}

func (corner) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Resize(fyne.NewSquareSize(touchSize))
		o.Move(fyne.NewPos(size.Width-touchSize+10, -11))
	}
}

func (corner) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(touchSize-6, touchSize-14) }

// pushed moves its child in from the left, and down so that its first line meets the icon's middle.
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

// labelled lays pairs of label and text in two columns; the labels' column is as wide as the widest of them.
type labelled struct {
	gap float32 // between pairs; 6 when zero
}

func (l *labelled) columns(objects []fyne.CanvasObject) float32 {
	var w float32
	for i := 0; i < len(objects); i += 2 {
		w = fyne.Max(w, objects[i].MinSize().Width)
	}
	return w + 16
}

func (l *labelled) between() float32 {
	if l.gap == 0 {
		return 6
	}
	return l.gap
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
		y += h + l.between()
	}
}

func (l *labelled) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var m fyne.Size
	for i := 0; i+1 < len(objects); i += 2 {
		t := objects[i+1].MinSize()
		m.Width = fyne.Max(m.Width, t.Width)
		if i > 0 {
			m.Height += l.between()
		}
		m.Height += fyne.Max(t.Height, objects[i].MinSize().Height)
	}
	m.Width += l.columns(objects)
	return m
}
