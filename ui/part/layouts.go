package part

import (
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
)

// flow lays objects out left to right and breaks to a new line where the width ends, as badges and filters want.
type flow struct {
	gap   float32
	grows float32 // how many times the text's size the first object takes at most of what is left of its line; 0: what it needs
	width float32 // the width last laid out in; it decides the height
}

func (f *flow) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	f.width = size.Width
	f.place(objects, size.Width, func(o fyne.CanvasObject, p fyne.Position, s fyne.Size) {
		o.Resize(s)
		o.Move(p)
	})
}

func (f *flow) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var widest float32
	for _, o := range objects {
		if o.Visible() {
			widest = fyne.Max(widest, o.MinSize().Width)
		}
	}
	width := f.width
	if width == 0 {
		width = math.MaxFloat32 // not laid out yet: hope for one line
	}
	height := f.place(objects, fyne.Max(width, widest), func(fyne.CanvasObject, fyne.Position, fyne.Size) {})
	return fyne.NewSize(widest, height)
}

// place walks the lines and gives the height they take. What stands in a line stands on its foot: a button beside a field
// is level with where one writes.
func (f *flow) place(objects []fyne.CanvasObject, width float32, put func(fyne.CanvasObject, fyne.Position, fyne.Size)) float32 {
	type placed struct {
		object fyne.CanvasObject
		x      float32
		size   fyne.Size
	}
	var x, y, high float32
	var line []placed
	end := func() {
		for _, p := range line {
			put(p.object, fyne.NewPos(p.x, y+high-p.size.Height), p.size)
		}
	}
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		s := o.MinSize()
		if i == 0 && f.grows > 0 {
			s.Width = fyne.Max(s.Width, fyne.Min(f.grows*theme.TextSize(), width-f.others(objects[1:])))
		}
		s.Width = fyne.Min(s.Width, width)
		if x > 0 && x+s.Width > width {
			end()
			x, y, high, line = 0, y+high+f.gap, 0, nil
		}
		line = append(line, placed{o, x, s})
		x += s.Width + f.gap
		high = fyne.Max(high, s.Height)
	}
	end()
	return y + high
}

// others is what the others take of the first line, each with its gap.
func (f *flow) others(objects []fyne.CanvasObject) (width float32) {
	for _, o := range objects {
		if o.Visible() {
			width += f.gap + o.MinSize().Width
		}
	}
	return width
}

// NewFlow puts objects side by side, breaking where the width ends.
func NewFlow(objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(&flow{gap: Gap}, objects...)
}

// settle gives an object its width and asks what height it then needs. Wrapped text learns its lines only from its width, so
// our layouts settle a child before they place it; Fyne's ask first and catch up a frame later.
func settle(o fyne.CanvasObject, width float32) float32 {
	o.Resize(fyne.NewSize(width, fyne.Max(o.Size().Height, o.MinSize().Height)))
	return o.MinSize().Height
}

// column keeps its one child no wider than max, in the middle of the width (or at its start), so that lines stay readable
// on wide screens.
type column struct {
	max   float32
	start bool
}

func (c column) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	w := fyne.Min(c.max, size.Width)
	x := (size.Width - w) / 2
	if c.start {
		x = 0
	}
	for _, o := range objects {
		o.Resize(fyne.NewSize(w, size.Height))
		o.Move(fyne.NewPos(x, 0))
	}
}

func (c column) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var m fyne.Size
	for _, o := range objects {
		m = m.Max(o.MinSize())
	}
	return m
}

// Column keeps content at most max wide, centred; a page's forms use it.
func Column(max float32, content fyne.CanvasObject) *fyne.Container {
	return container.New(column{max: max}, content)
}

// ColumnStart is Column at the start of the line.
func ColumnStart(max float32, content fyne.CanvasObject) *fyne.Container {
	return container.New(column{max: max, start: true}, content)
}

// Stack puts things under each other at the usual distance; StackTight and StackWide at the smaller and the larger one.
func Stack(objects ...fyne.CanvasObject) *fyne.Container { return stackBy(Gap, objects) }

// StackTight is Stack for lines that belong together.
func StackTight(objects ...fyne.CanvasObject) *fyne.Container { return stackBy(gapTight, objects) }

// StackWide is Stack for things that stand apart.
func StackWide(objects ...fyne.CanvasObject) *fyne.Container { return stackBy(GapWide, objects) }

func stackBy(distance float32, objects []fyne.CanvasObject) *fyne.Container {
	return container.New(stack{distance}, objects...)
}

// stack is the layout behind them.
type stack struct{ distance float32 }

func (s stack) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	var y float32
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		h := settle(o, size.Width)
		o.Resize(fyne.NewSize(size.Width, h))
		o.Move(fyne.NewPos(0, y))
		y += h + s.distance
	}
}

func (s stack) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var m fyne.Size
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		if m.Height > 0 {
			m.Height += s.distance
		}
		c := o.MinSize()
		m = fyne.NewSize(fyne.Max(m.Width, c.Width), m.Height+c.Height)
	}
	return m
}

// headed lays a head on top, then a body that takes the rest, then a foot where there is one.
type headed struct{ distance float32 }

// HeadedBy puts a head on top of a body that fills the rest, and a foot beneath where there is a third, at a distance.
func HeadedBy(distance float32, parts ...fyne.CanvasObject) *fyne.Container {
	return container.New(headed{distance}, parts...)
}

// Headed puts a head on top of a body that fills the rest.
func Headed(head, body fyne.CanvasObject) *fyne.Container {
	return HeadedBy(Gap, head, body)
}

func (l headed) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	var taken [3]float32 // head, body, foot
	for i, o := range objects {
		if i != 1 && o.Visible() {
			taken[i] = settle(o, size.Width)
		}
	}
	y := float32(0)
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		h := taken[i]
		if i == 1 {
			h = fyne.Max(0, size.Height-y-l.after(objects, taken[2]))
		}
		o.Resize(fyne.NewSize(size.Width, h))
		o.Move(fyne.NewPos(0, y))
		y += h + l.distance
	}
}

// after gives the room the foot takes, its distance included.
func (l headed) after(objects []fyne.CanvasObject, foot float32) float32 {
	if len(objects) < 3 || !objects[2].Visible() {
		return 0
	}
	return foot + l.distance
}

func (l headed) MinSize(objects []fyne.CanvasObject) fyne.Size { return stack(l).MinSize(objects) }

// Beside puts things next to each other, each as wide as it needs and vertically centred.
func Beside(objects ...fyne.CanvasObject) *fyne.Container {
	centred := make([]fyne.CanvasObject, len(objects))
	for i, o := range objects {
		if _, spacer := o.(layout.SpacerObject); spacer {
			centred[i] = o
			continue
		}
		centred[i] = Middle(o)
	}
	return container.New(layout.NewCustomPaddedHBoxLayout(Gap), centred...)
}

// Inset surrounds content with an equal margin.
func Inset(margin float32, content fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedLayout(margin, margin, margin, margin), content)
}

// Middle centres its child vertically and lets it have the whole width.
func Middle(child fyne.CanvasObject) *fyne.Container { return container.New(middle{}, child) }

type middle struct{}

func (middle) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		h := fyne.Min(settle(o, size.Width), size.Height)
		o.Resize(fyne.NewSize(size.Width, h))
		o.Move(fyne.NewPos(0, (size.Height-h)/2))
	}
}

func (middle) MinSize(objects []fyne.CanvasObject) fyne.Size { return column{}.MinSize(objects) }
