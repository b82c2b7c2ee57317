package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// SideBySide sets its children next to each other, equally wide, or under each other where each would get less than least.
func SideBySide(least float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(sideBySide{least}, objects...)
}

type sideBySide struct{ least float32 }

func (l sideBySide) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	n := float32(len(objects))
	w := (size.Width - GapWide*(n-1)) / n
	if w < fyne.Max(l.least, column{}.MinSize(objects).Width) {
		stack{Gap}.Layout(objects, size)
		return
	}
	for i, o := range objects {
		settle(o, w)
		o.Resize(fyne.NewSize(w, size.Height))
		o.Move(fyne.NewPos(float32(i)*(w+GapWide), 0))
	}
}

func (l sideBySide) MinSize(objects []fyne.CanvasObject) fyne.Size {
	stacked := stack{Gap}.MinSize(objects)
	if len(objects) > 1 && objects[1].Position().X > 0 { // laid out next to each other
		return fyne.NewSize(stacked.Width, column{}.MinSize(objects).Height)
	}
	return stacked
}

// CodeBeside sets a QR code, as large as wish where there is room, and the words about it next to each other, or the words
// beneath where the window is narrow.
func CodeBeside(wish float32, code, words fyne.CanvasObject) *fyne.Container {
	return container.New(codeBeside{wish}, code, words)
}

type codeBeside struct{ wish float32 }

const codeWords = float32(260) // what the words need beside the code

func (l codeBeside) Layout(o []fyne.CanvasObject, size fyne.Size) {
	side := l.side(o[0], size.Width)
	if size.Width < side+GapWide+fyne.Max(codeWords, o[1].MinSize().Width) {
		stack{Gap}.Layout(o, size)
		return
	}
	o[0].Resize(fyne.NewSquareSize(side))
	o[0].Move(fyne.NewPos(0, 0))
	w := size.Width - side - GapWide
	o[1].Resize(fyne.NewSize(w, settle(o[1], w)))
	o[1].Move(fyne.NewPos(side+GapWide, 0))
}

// side is the code's: what is wished for where the words leave room for it.
func (l codeBeside) side(code fyne.CanvasObject, width float32) float32 {
	return fyne.Max(code.MinSize().Width, fyne.Min(l.wish, width-GapWide-codeWords))
}

func (l codeBeside) MinSize(o []fyne.CanvasObject) fyne.Size {
	code, words := o[0].MinSize(), o[1].MinSize()
	if o[1].Position().X > 0 {
		return fyne.NewSize(code.Width, fyne.Max(o[0].Size().Height, words.Height))
	}
	return stack{Gap}.MinSize(o)
}

// KeysBeside sets the keypad next to the boxes, or beneath them where the window is narrow.
func KeysBeside(boxes, keys fyne.CanvasObject) *fyne.Container {
	return container.New(keysBeside{}, boxes, keys)
}

type keysBeside struct{}

func (keysBeside) Layout(o []fyne.CanvasObject, size fyne.Size) {
	keys := o[1].MinSize()
	w := size.Width - keys.Width - GapWide
	if w < o[0].MinSize().Width {
		stack{Gap}.Layout(o, size)
		return
	}
	o[0].Resize(fyne.NewSize(w, settle(o[0], w)))
	o[0].Move(fyne.NewPos(0, 0))
	o[1].Resize(keys)
	o[1].Move(fyne.NewPos(w+GapWide, 0))
}

func (keysBeside) MinSize(o []fyne.CanvasObject) fyne.Size {
	words, keys := o[0].MinSize(), o[1].MinSize()
	if o[1].Position().X > 0 {
		return fyne.NewSize(fyne.Max(words.Width, keys.Width), fyne.Max(words.Height, keys.Height))
	}
	return stack{Gap}.MinSize(o)
}

// Leading sets its first object at the start of the line and the deeds at its end; where what they leave is less than it
// wishes for, they go beneath, and it has the whole width.
func Leading(wish func() float32, first fyne.CanvasObject, deeds ...fyne.CanvasObject) *fyne.Container {
	return container.New(&leading{wish: wish}, append([]fyne.CanvasObject{first}, deeds...)...)
}

type leading struct {
	wish  func() float32
	width float32 // last laid out in; it decides the height
}

func (l *leading) Layout(o []fyne.CanvasObject, size fyne.Size) {
	l.width = size.Width
	first, deeds := o[0], o[1:]
	room := l.room(deeds, size.Width)
	if room < 0 {
		h := settle(first, size.Width)
		first.Resize(fyne.NewSize(size.Width, h))
		first.Move(fyne.NewPos(0, 0))
		(&flow{gap: Gap}).place(deeds, size.Width, func(o fyne.CanvasObject, at fyne.Position, s fyne.Size) {
			o.Resize(s)
			o.Move(at.AddXY(0, h+Gap))
		})
		return
	}
	middle{}.Layout([]fyne.CanvasObject{first}, fyne.NewSize(room, size.Height))
	x := size.Width
	for i := len(deeds) - 1; i >= 0; i-- {
		if m := deeds[i].MinSize(); deeds[i].Visible() {
			x -= m.Width
			deeds[i].Resize(m)
			deeds[i].Move(fyne.NewPos(x, (size.Height-m.Height)/2))
			x -= Gap
		}
	}
}

// room is what the deeds leave of a line; less than nothing where that is too little.
func (l *leading) room(deeds []fyne.CanvasObject, width float32) float32 {
	left := width
	for i, o := range deeds {
		if o.Visible() {
			left -= o.MinSize().Width + Gap
			if i == 0 {
				left -= GapWide - Gap
			}
		}
	}
	if left < width && left < l.wish() {
		return -1
	}
	return left
}

func (l *leading) MinSize(o []fyne.CanvasObject) fyne.Size {
	first, deeds := o[0].MinSize(), o[1:]
	below := column{}.MinSize(deeds)
	least := fyne.NewSize(fyne.Max(first.Width, below.Width), fyne.Max(first.Height, below.Height))
	if l.width > 0 && l.room(deeds, l.width) < 0 {
		least.Height = first.Height + Gap + (&flow{gap: Gap}).place(deeds, fyne.Max(l.width, below.Width), func(fyne.CanvasObject, fyne.Position, fyne.Size) {})
	}
	return least
}
