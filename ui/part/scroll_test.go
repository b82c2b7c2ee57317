package part

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

func TestFingerScrollsAPage(t *testing.T) {
	lines := Stack()
	for i := range 40 {
		lines.Add(NewText(fmt.Sprint("rad ", i)))
	}
	s := NewTouchScroll(lines)
	w := windowWith(t, s, 300, 200)

	test.Drag(w.Canvas(), fyne.NewPos(100, 150), 0, -80)
	if s.Offset.Y != 80 {
		t.Errorf("dragged up by 80, scrolled by %v", s.Offset.Y)
	}
	test.Drag(w.Canvas(), fyne.NewPos(100, 50), 0, 500)
	if s.Offset.Y != 0 {
		t.Errorf("dragged past the start to %v", s.Offset.Y)
	}
	test.Drag(w.Canvas(), fyne.NewPos(100, 150), 0, -100000)
	if end := s.Content.MinSize().Height - s.Size().Height; s.Offset.Y != end {
		t.Errorf("dragged past the end to %v, want %v", s.Offset.Y, end)
	}
}

func TestFingerScrollsAListAndTapsStillReachIt(t *testing.T) {
	l := NewRowList(NewText("tomt"))
	var rows []Row
	for i := range 100 {
		rows = append(rows, Row{ID: fmt.Sprint(i), Title: fmt.Sprint("akt ", i)})
	}
	l.SetRows(rows)
	var opened []string
	l.OnOpen = func(r Row) { opened = append(opened, r.ID) }
	w := windowWith(t, l, 400, 300)

	test.TapCanvas(w.Canvas(), fyne.NewPos(100, 40))
	test.TapCanvas(w.Canvas(), fyne.NewPos(100, 40))
	if fmt.Sprint(opened) != "[0 0]" {
		t.Errorf("two taps on the first row opened %v", opened)
	}
	test.Drag(w.Canvas(), fyne.NewPos(100, 200), 0, -150)
	if off := l.list.GetScrollOffset(); off != 150 {
		t.Errorf("dragged up by 150, scrolled by %v", off)
	}
	test.TapCanvas(w.Canvas(), fyne.NewPos(100, 40))
	if last := opened[len(opened)-1]; last == "0" {
		t.Error("after scrolling the first row is still the one that opens")
	}
	test.Drag(w.Canvas(), fyne.NewPos(100, 200), 0, 9000)
	if off := l.list.GetScrollOffset(); off != 0 {
		t.Errorf("dragged past the start to %v", off)
	}
}

func TestListOpensWithEnterAndShowsWhatWouldFillIt(t *testing.T) {
	empty := NewText("tomt")
	l := NewRowList(empty)
	w := windowWith(t, l, 400, 300)
	if empty.Visible() {
		t.Error("it says that it is empty before anybody has looked")
	}
	l.SetRows(nil)
	if !empty.Visible() {
		t.Error("an empty list says nothing")
	}
	l.SetRows([]Row{{ID: "a", Title: "A"}, {ID: "b", Title: "B"}})
	if empty.Visible() {
		t.Error("a filled list says that it is empty")
	}
	var opened string
	l.OnOpen = func(r Row) { opened = r.ID }
	w.Canvas().Focus(l.list)
	press(w, fyne.KeyDown)
	press(w, fyne.KeyReturn)
	if opened != "b" {
		t.Errorf("Enter opened %q", opened)
	}
}
