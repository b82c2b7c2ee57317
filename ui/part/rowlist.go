package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// RowList shows rows, however many, and opens the one that is tapped. Where it has none it shows what would fill it;
// until it is told, neither.
type RowList struct {
	widget.BaseWidget

	OnOpen func(row Row)
	OnEnd  func() // the last row comes into sight; may be nil

	count   int
	row     func(i int) Row
	told    bool // what it has; before that it claims neither rows nor emptiness
	list    *keyList
	content *fyne.Container
}

const listInset = 4 // around the rows

// NewRowList makes a list; empty is shown while there are no rows.
func NewRowList(empty fyne.CanvasObject) *RowList {
	l := &RowList{list: &keyList{}}
	l.list.Length = func() int { return l.count }
	l.list.CreateItem = func() fyne.CanvasObject { return NewRowCard(Row{}) }
	l.list.UpdateItem = func(i widget.ListItemID, o fyne.CanvasObject) {
		if i < l.count {
			o.(*RowCard).Set(l.row(i))
		}
		if i == l.count-1 && l.OnEnd != nil {
			l.OnEnd()
		}
	}
	l.list.OnSelected = l.open
	l.list.HideSeparators = true
	l.list.ExtendBaseWidget(l.list)
	drag := newListDrag(&l.list.List)
	covered := container.New(besideBar{bar: theme.Size(theme.SizeNameScrollBar)}, l.list, drag)
	l.content = AtLeast(fyne.NewSize(0, bodyHeight), NewSurface(covered, colorPanel, 12, listInset), empty)
	l.ExtendBaseWidget(l)
	l.show()
	return l
}

// SetRows shows these rows and keeps the place in the list.
func (l *RowList) SetRows(rows []Row) {
	l.SetLazily(len(rows), func(i int) Row { return rows[i] })
}

// SetLazily is SetRows for many: only the rows that are seen are made.
func (l *RowList) SetLazily(count int, row func(i int) Row) {
	l.count, l.row, l.told = count, row, true
	l.show()
}

func (l *RowList) show() {
	for i, seen := range []bool{l.count > 0, l.told && l.count == 0} {
		if o := l.content.Objects[i]; seen {
			o.Show()
		} else {
			o.Hide()
		}
	}
	l.list.Refresh()
}

// SetEmpty changes what is shown while there are no rows: an empty list and an empty search want different words.
func (l *RowList) SetEmpty(empty fyne.CanvasObject) {
	l.content.Objects[1] = empty
	l.show()
	l.content.Refresh()
}

// UpTo is the list with room for as many rows as it has, at most so many: the others are scrolled to.
func (l *RowList) UpTo(most int) *fyne.Container { return container.New(upTo{l, most}, l) }

type upTo struct {
	list *RowList
	most int
}

func (u upTo) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	layout.NewStackLayout().Layout(objects, size)
}

func (u upTo) MinSize(objects []fyne.CanvasObject) fyne.Size {
	size := u.list.MinSize()
	if rows := float32(min(u.list.count, u.most)); rows > 0 {
		size.Height = rows*(u.list.list.CreateItem().MinSize().Height+theme.Padding()) + 2*listInset
	}
	return size
}

// Rows gives the rows shown.
func (l *RowList) Rows() []Row {
	rows := make([]Row, l.count)
	for i := range rows {
		rows[i] = l.row(i)
	}
	return rows
}

// open tells of the tap, and lets go of the selection so that the same row can be opened again.
func (l *RowList) open(i widget.ListItemID) {
	l.list.Unselect(i)
	if i < l.count && l.OnOpen != nil {
		l.OnOpen(l.row(i))
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

// ScrollToTop shows the first row.
func (l *RowList) ScrollToTop() { l.list.ScrollToTop() }
