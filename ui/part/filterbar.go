package part

import (
	"maps"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"handslag/assets"
)

// FilterChoice is one thing to filter by, such as a device or a day.
type FilterChoice struct {
	ID      string
	Label   string
	Options []Option // without "all", which is always there
}

// Filter is what is chosen; a value that is absent means all.
type Filter struct {
	Search string
	Values map[string]string
}

// FilterBar narrows a list by words and by choices, and clears it all with one button.
type FilterBar struct {
	widget.BaseWidget

	OnChange func(Filter)

	lang    assets.Language
	search  *keyEntry
	selects map[string]*filterSelect
	values  map[string]string
	quiet   bool    // while several things change at once
	wipe    *Button // the words
	clear   *Button // all of it, where there are choices
	content *fyne.Container
}

type filterSelect struct {
	widget.Select
	options []Option
}

// NewFilterBar makes a bar; without a search hint there is no field for words.
func NewFilterBar(lang assets.Language, searchHint string, choices ...FilterChoice) *FilterBar {
	f := &FilterBar{lang: lang, selects: map[string]*filterSelect{}, values: map[string]string{}, content: container.New(&flow{gap: Gap, grows: 34})}
	if searchHint != "" {
		f.search = &keyEntry{}
		f.search.Wrapping = fyne.TextWrap(fyne.TextTruncateClip)
		f.search.ExtendBaseWidget(f.search)
		f.search.SetPlaceHolder(searchHint)
		f.search.OnChanged = func(string) { f.changed() }
		f.search.OnEscape = func() { f.search.SetText("") }
		f.wipe = NewQuiet("", assets.IconClose, func() { f.search.SetText("") })
		f.wipe.Hide()
		f.search.ActionItem = f.wipe
		f.content.Add(AtLeast(fyne.NewSize(18*theme.TextSize(), TouchSize), f.search))
	}
	for _, c := range choices {
		s := &filterSelect{}
		s.ExtendBaseWidget(s)
		s.PlaceHolder = c.Label
		s.OnChanged = func(string) { f.chose(c.ID, s) }
		f.selects[c.ID] = s
		box := NewSurface(s, theme.ColorNameInputBackground, 8, 2)
		box.edge = theme.ColorNameInputBorder
		f.content.Add(AtLeast(fyne.NewSize(10.5*theme.TextSize(), TouchSize), box))
		f.SetOptions(c.ID, c.Options)
	}
	f.clear = NewQuiet(lang.Say("common.clear"), assets.IconClose, f.Clear)
	f.clear.Hide()
	f.content.Add(f.clear)
	f.ExtendBaseWidget(f)
	return f
}

// SetOptions changes what one choice offers; a chosen value that is no longer offered is let go.
func (f *FilterBar) SetOptions(id string, options []Option) {
	s, ok := f.selects[id]
	if !ok {
		return
	}
	s.options = options
	words := []string{f.lang.Say("common.all")}
	chosen := -1
	for i, o := range options {
		words = append(words, o.Text)
		if o.ID == f.values[id] {
			chosen = i
		}
	}
	s.Options = words
	if chosen < 0 && f.values[id] != "" {
		s.ClearSelected()
	}
	s.Refresh()
}

func (f *FilterBar) chose(id string, s *filterSelect) {
	i := s.SelectedIndex() - 1 // the first is "all"
	if i < 0 {
		delete(f.values, id)
		if s.SelectedIndex() == 0 {
			s.ClearSelected() // so that the label shows again; this calls back once, with nothing selected
			return
		}
	} else if i < len(s.options) {
		f.values[id] = s.options[i].ID
	}
	f.changed()
}

// Filter gives what is chosen now.
func (f *FilterBar) Filter() Filter {
	out := Filter{Values: maps.Clone(f.values)}
	if f.search != nil {
		out.Search = f.search.Text
	}
	return out
}

// Wish is the width that it would rather have.
func (f *FilterBar) Wish() float32 { return 26 * theme.TextSize() }

// Focusable is the field for words, where the keyboard may start; nil where there is none.
func (f *FilterBar) Focusable() fyne.Focusable {
	if f.search == nil {
		return nil
	}
	return f.search
}

// Clear shows all again, and tells OnChange once.
func (f *FilterBar) Clear() {
	f.quiet = true
	if f.search != nil {
		f.search.SetText("")
	}
	for _, s := range f.selects {
		s.ClearSelected()
	}
	f.quiet = false
	f.changed()
}

func (f *FilterBar) changed() {
	if f.quiet {
		return
	}
	now := f.Filter()
	f.clear.Hidden = len(now.Values) == 0
	if f.wipe != nil {
		f.wipe.Hidden = now.Search == ""
		f.search.Refresh()
	}
	f.content.Refresh()
	if f.OnChange != nil {
		f.OnChange(now)
	}
}

// CreateRenderer shows field, choices and button.
func (f *FilterBar) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(f.content) }

func (f *FilterBar) Inside() fyne.CanvasObject { return f.content }
