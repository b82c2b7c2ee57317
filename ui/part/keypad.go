package part

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"handslag/assets"
)

// NewKeypad gives large keys 0 to 9 and a backspace for a code entry, for tablets without a keyboard and for gloves.
func NewKeypad(entry *CodeEntry) fyne.CanvasObject {
	key := func(d int) fyne.CanvasObject {
		return newKey(strconv.Itoa(d), "", func() { entry.TypedRune(rune('0' + d)) })
	}
	grid := container.New(layout.NewGridLayoutWithColumns(3))
	for d := 1; d <= 9; d++ {
		grid.Add(key(d))
	}
	grid.Add(layout.NewSpacer())
	grid.Add(key(0))
	grid.Add(newKey("", assets.IconBack, entry.Backspace))
	return grid
}

func newKey(text, icon string, tapped func()) fyne.CanvasObject {
	b := NewButton(text, icon, tapped)
	return AtLeast(fyne.NewSize(88, 56), b)
}

// AtLeast gives its children, which lie on each other, no less room than size.
func AtLeast(size fyne.Size, children ...fyne.CanvasObject) *fyne.Container {
	return container.New(atLeast{size}, children...)
}

type atLeast struct{ size fyne.Size }

func (a atLeast) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	layout.NewStackLayout().Layout(objects, size)
}

func (a atLeast) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return column{}.MinSize(objects).Max(a.size)
}
