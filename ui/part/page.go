package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"handslag/assets"
)

// bodyHeight is the least height of a body that scrolls by itself; below it the page around it scrolls.
const bodyHeight = float32(220)

// NewPage lays out a screen: its name and what can be done on top, its own banner for problems, then the body, which fills
// the rest. A body that can grow long scrolls by itself (NewTouchScroll, RowList).
func NewPage(title string, banner *Banner, body fyne.CanvasObject, actions ...fyne.CanvasObject) fyne.CanvasObject {
	return newPage(title, 0, NewTitle(title), banner, body, actions)
}

// NewSubPage is a page that one goes back from.
func NewSubPage(lang assets.Language, title string, back func(), banner *Banner, body fyne.CanvasObject, actions ...fyne.CanvasObject) fyne.CanvasObject {
	arrow := NewQuiet(lang.Say("common.back"), assets.IconBack, back)
	const apart = 8
	head := container.NewBorder(nil, nil, Middle(arrow), nil, Pushed(apart, Middle(NewTitle(title))))
	return newPage(title, arrow.MinSize().Width+apart+theme.Padding(), head, banner, body, actions)
}

// newPage has what can be done beside the name where both find room, else beneath it: a name is never cut.
func newPage(title string, before float32, head fyne.CanvasObject, banner *Banner, body fyne.CanvasObject, actions []fyne.CanvasObject) fyne.CanvasObject {
	wish := func() float32 {
		return before + fyne.MeasureText(title, theme.Size(sizeTitle), fyne.TextStyle{Bold: true}).Width + 1
	}
	top := Stack(AtLeast(fyne.NewSize(0, TouchSize), Leading(wish, head, actions...)))
	if banner != nil {
		top.Add(banner)
	}
	// Where the window is lower than head and body need, at 200 % or with a banner, the whole page scrolls.
	return NewTouchScroll(Inset(GapWide, HeadedBy(16, top, body)))
}

// NewScrollPage is the body of a page that is read from top to bottom: parts at the wide distance, no wider than max.
func NewScrollPage(max float32, parts ...fyne.CanvasObject) fyne.CanvasObject {
	return AtLeast(fyne.NewSize(0, bodyHeight), NewTouchScroll(container.New(barFree{}, ColumnStart(max, StackWide(parts...)))))
}

// barFree keeps its one child clear of the scroll bar, which lies over what it scrolls.
type barFree struct{}

const barRoom = float32(14)

func (barFree) Layout(o []fyne.CanvasObject, size fyne.Size) {
	o[0].Resize(size.SubtractWidthHeight(barRoom, 0).Max(fyne.Size{}))
	o[0].Move(fyne.NewPos(0, 0))
}

func (barFree) MinSize(o []fyne.CanvasObject) fyne.Size {
	return o[0].MinSize().AddWidthHeight(barRoom, 0)
}

// Section is a part of a page with its name, a hint (may be empty) and its content.
func Section(title, hint string, content fyne.CanvasObject) fyne.CanvasObject {
	head := StackTight(NewLead(title))
	if hint != "" {
		head.Add(NewMuted(hint))
	}
	return Stack(head, content)
}
