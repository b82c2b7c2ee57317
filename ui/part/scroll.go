package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// TouchScroll scrolls its content with wheel, bar and finger. Fyne's own scroll ignores a dragged finger on desktop builds,
// and our tablets run those.
type TouchScroll struct{ container.Scroll }

// NewTouchScroll scrolls content up and down; it is as wide as its content needs.
func NewTouchScroll(content fyne.CanvasObject) *TouchScroll {
	s := &TouchScroll{}
	s.Direction, s.Content = container.ScrollVerticalOnly, content
	s.ExtendBaseWidget(s)
	return s
}

// Resize gives the content its width first, so that wrapped text is as high as it will be.
func (s *TouchScroll) Resize(size fyne.Size) {
	settle(s.Content, size.Width)
	s.Scroll.Resize(size)
	s.Refresh()
}

// Dragged moves the content with the finger.
func (s *TouchScroll) Dragged(ev *fyne.DragEvent) {
	s.ScrollToOffset(s.Offset.SubtractXY(0, ev.Dragged.DY))
}

// DragEnd ends the finger's drag; the content stays where it is.
func (s *TouchScroll) DragEnd() {}

// listDrag lies over a list and turns a finger's drag into scrolling. It takes drags and nothing else, so that taps, hovering
// and the wheel reach the rows beneath.
type listDrag struct {
	widget.BaseWidget
	list *widget.List
}

func newListDrag(list *widget.List) *listDrag {
	d := &listDrag{list: list}
	d.ExtendBaseWidget(d)
	return d
}

// Dragged scrolls the list. The list itself bounds an offset past its end; the start is bounded here.
func (d *listDrag) Dragged(ev *fyne.DragEvent) {
	d.list.ScrollToOffset(fyne.Max(0, d.list.GetScrollOffset()-ev.Dragged.DY))
}

// DragEnd ends the drag.
func (d *listDrag) DragEnd() {}

func (d *listDrag) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewWithoutLayout())
}

// besideBar covers the list but leaves the scroll bar at its right edge free.
type besideBar struct{ bar float32 }

func (b besideBar) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for i, o := range objects {
		s := size
		if i > 0 {
			s.Width = fyne.Max(0, s.Width-b.bar)
		}
		o.Resize(s)
		o.Move(fyne.NewPos(0, 0))
	}
}

func (b besideBar) MinSize(objects []fyne.CanvasObject) fyne.Size { return objects[0].MinSize() }
