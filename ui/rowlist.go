package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// RowList shows rows, however many, and opens the one that is tapped. While it has none it shows what would fill it.
type RowList struct {
	widget.BaseWidget

	OnOpen func(row Row)

	rows    []Row
	list    *keyList
	empty   fyne.CanvasObject
	content *fyne.Container
}

// NewRowList makes a list; empty is shown while there are no rows.
func NewRowList(empty fyne.CanvasObject) *RowList {
	l := &RowList{empty: empty, list: &keyList{}}
	l.list.Length = func() int { return len(l.rows) }
	l.list.CreateItem = func() fyne.CanvasObject { return NewRowCard(Row{}) }
	l.list.UpdateItem = func(i widget.ListItemID, o fyne.CanvasObject) {
		if i < len(l.rows) {
			o.(*RowCard).Set(l.rows[i])
		}
	}
	l.list.OnSelected = l.open
	l.list.HideSeparators = true
	l.list.ExtendBaseWidget(l.list)
	drag := newListDrag(&l.list.List)
	covered := container.New(besideBar{bar: theme.Size(theme.SizeNameScrollBar)}, l.list, drag)
	l.content = container.New(atLeast{fyne.NewSize(0, bodyHeight)}, newSurface(covered, colorPanel, 12, 4), empty)
	l.ExtendBaseWidget(l)
	l.SetRows(nil)
	return l
}

// SetRows shows these rows and keeps the place in the list.
func (l *RowList) SetRows(rows []Row) {
	l.rows = rows
	if len(rows) == 0 {
		l.content.Objects[0].Hide()
		l.empty.Show()
	} else {
		l.empty.Hide()
		l.content.Objects[0].Show()
	}
	l.list.Refresh()
}

// SetEmpty changes what is shown while there are no rows: an empty list and an empty search want different words.
func (l *RowList) SetEmpty(empty fyne.CanvasObject) {
	l.empty = empty
	l.content.Objects[1] = empty
	l.SetRows(l.rows)
	l.content.Refresh()
}

// Rows gives the rows shown.
func (l *RowList) Rows() []Row { return l.rows }

// open tells of the tap, and lets go of the selection so that the same row can be opened again.
func (l *RowList) open(i widget.ListItemID) {
	l.list.Unselect(i)
	if i < len(l.rows) && l.OnOpen != nil {
		l.OnOpen(l.rows[i])
	}
}

// CreateRenderer shows list or empty state.
func (l *RowList) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(l.content) }

// keyList opens the row under the keyboard's cursor with Enter too.
type keyList struct{ widget.List }

// TypedKey treats Enter as Space.
func (l *keyList) TypedKey(ev *fyne.KeyEvent) {
	if ev.Name == fyne.KeyReturn || ev.Name == fyne.KeyEnter {
		ev = &fyne.KeyEvent{Name: fyne.KeySpace}
	}
	l.List.TypedKey(ev)
}
