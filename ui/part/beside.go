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
