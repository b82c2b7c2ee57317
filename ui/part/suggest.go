package part

import (
	"cmp"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Suggest is a field with a list of what may be meant. What is typed counts once Enter is pressed, what is chosen in the list at
// once; then the field is empty again. The arrow down opens the list.
type Suggest struct {
	widget.BaseWidget

	OnPick func(label, id string) bool // false: it is none, and stays to be mended. What is not in the list is its own ID
	OnSeek func(text string)           // somebody types: there may be more to offer; may be nil

	entry   *suggestEntry
	ids     map[string]string // by label
	labels  []string
	kept    bool // the list stands as it was given, not by the alphabet
	content fyne.CanvasObject
}

// suggestsMost bounds the list that is shown: who does not find it there types more of it.
const suggestsMost = 100

// NewSuggest makes a field; hint stands in it while it is empty.
func NewSuggest(label, hint string) *Suggest {
	s := &Suggest{entry: &suggestEntry{}, ids: map[string]string{}}
	s.entry.Wrapping = fyne.TextWrap(fyne.TextTruncateClip)
	s.entry.SetPlaceHolder(hint)
	s.entry.OnSubmitted = s.typed
	s.entry.OnChanged = func(text string) {
		if s.OnSeek != nil {
			s.OnSeek(text)
		}
	}
	s.entry.OnEscape = func() { s.entry.SetText("") }
	s.entry.onDown = func() { s.list(s.matching(s.entry.Text)) }
	open := widget.NewButtonWithIcon("", theme.MenuDropDownIcon(), func() { s.list(s.labels) })
	open.Importance = widget.LowImportance
	s.entry.ActionItem = open
	s.entry.ExtendBaseWidget(s.entry)
	name := NewStyled(label, theme.ColorNameForeground, SizeSmall, fyne.TextStyle{Bold: true}).OneLine()
	s.content = AtLeast(fyne.NewSize(11.5*theme.TextSize(), TouchSize), StackTight(name, AtLeast(fyne.NewSize(0, TouchSize), s.entry)))
	s.ExtendBaseWidget(s)
	return s
}

// Keep has the list stand as it is given.
func (s *Suggest) Keep() { s.kept = true }

// Offer adds to the list; "" as id means the label itself. Two that look alike are told apart by their ID.
func (s *Suggest) Offer(label, id string) {
	id = cmp.Or(id, label)
	if has, ok := s.ids[label]; ok {
		if has == id {
			return
		}
		label += " · " + id
		if _, ok := s.ids[label]; ok {
			return
		}
	}
	s.ids[label] = id
	at := len(s.labels)
	if !s.kept {
		at, _ = slices.BinarySearchFunc(s.labels, label, func(a, b string) int { return cmp.Compare(strings.ToLower(a), strings.ToLower(b)) })
	}
	s.labels = slices.Insert(s.labels, at, label)
}

// Hint is what stands in the empty field.
func (s *Suggest) Hint() string { return s.entry.PlaceHolder }

// Focusable takes the keyboard.
func (s *Suggest) Focusable() fyne.Focusable { return s.entry }

// matching are the labels that what was typed is part of, those that begin with it first.
func (s *Suggest) matching(text string) []string {
	var begin, hold []string
	text = strings.ToLower(strings.TrimSpace(text))
	for _, l := range s.labels {
		switch lower := strings.ToLower(l); {
		case strings.HasPrefix(lower, text):
			begin = append(begin, l)
		case strings.Contains(lower, text):
			hold = append(hold, l)
		}
	}
	return append(begin, hold...)
}

// typed takes what Enter was pressed on: a label or ID, the only label that it is part of, or itself; of several the list asks.
func (s *Suggest) typed(text string) {
	if text = strings.TrimSpace(text); text == "" {
		return
	}
	for label, id := range s.ids {
		if strings.EqualFold(label, text) || id == text {
			s.pick(label)
			return
		}
	}
	switch found := s.matching(text); len(found) {
	case 0:
		s.pick(text)
	case 1:
		s.pick(found[0])
	default:
		s.list(found)
	}
}

func (s *Suggest) pick(label string) {
	id, ok := s.ids[label]
	if !ok {
		id = label
	}
	if s.OnPick == nil || s.OnPick(label, id) {
		s.entry.SetText("")
	}
}

// list shows labels under the field, to choose one with a finger or the arrows.
func (s *Suggest) list(labels []string) {
	driver := fyne.CurrentApp().Driver()
	c := driver.CanvasForObject(s.entry)
	if c == nil || len(labels) == 0 {
		return
	}
	var items []*fyne.MenuItem
	for _, l := range labels[:min(len(labels), suggestsMost)] {
		items = append(items, fyne.NewMenuItem(l, func() {
			s.pick(l)
			c.Focus(s.entry)
		}))
	}
	menu := widget.NewPopUpMenu(fyne.NewMenu("", items...), c)
	least := menu.MinSize()
	menu.Resize(fyne.NewSize(fyne.Max(s.entry.Size().Width, least.Width), fyne.Min(least.Height, c.Size().Height*0.6)))
	menu.ShowAtPosition(driver.AbsolutePositionForObject(s.entry).AddXY(0, s.entry.Size().Height))
}

// CreateRenderer shows name and field.
func (s *Suggest) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(s.content) }

// suggestEntry is an entry whose arrow down opens the list.
type suggestEntry struct {
	keyEntry
	onDown func()
}

// TypedKey keeps the arrow.
func (e *suggestEntry) TypedKey(ev *fyne.KeyEvent) {
	if ev.Name == fyne.KeyDown {
		e.onDown()
		return
	}
	e.keyEntry.TypedKey(ev)
}
