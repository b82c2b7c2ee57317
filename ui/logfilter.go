package ui

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/identity"
	"handslag/sync/link"
	"handslag/ui/part"
	"handslag/vault/journal"
)

// logFilter is where a reviewer says which entries to see: four fields that can be typed in, each offering what was seen so far.
type logFilter struct {
	onChange func()

	lang    assets.Language
	now     func() time.Time
	subject *suggest
	person  *suggest
	device  *suggest
	day     *suggest
	wrong   *part.Text
	clear   *part.Button
	content fyne.CanvasObject
}

func newLogFilter(lang assets.Language, now func() time.Time) *logFilter {
	f := &logFilter{lang: lang, now: now, wrong: part.NewMuted("").InState(part.StateDanger)}
	f.wrong.Hide()
	f.subject = newSuggest(lang.Say("log.subject"), lang.Say("log.filter_subject_hint"), f.changed)
	f.person = newSuggest(lang.Say("log.staff"), lang.Say("log.filter_person_hint"), f.changed)
	f.device = newSuggest(lang.Say("log.device"), lang.Say("log.filter_device_hint"), f.changed)
	f.day = newSuggest(lang.Say("log.day"), lang.Say("log.filter_day_hint"), f.changed)
	for i := range 14 {
		t := now().AddDate(0, 0, -i)
		f.day.offer(t.Format(time.DateOnly), "")
	}
	f.clear = part.NewQuiet(lang.Say("common.clear"), assets.IconClose, f.reset)
	f.clear.Hide()
	f.content = part.Stack(part.NewFlow(f.subject.content, f.person.content, f.device.content, f.day.content, f.clear), f.wrong)
	return f
}

// learn offers the names in rows, and keeps those it has.
func (f *logFilter) learn(rows []link.LogRow) {
	for _, r := range rows {
		if r.SubjectName != "" && r.Subject != "" {
			f.subject.offer(r.SubjectName, "s"+string(r.Subject))
		}
		f.learnDevice(r)
		if r.Other != nil {
			f.learnDevice(*r.Other)
		}
	}
}

func (f *logFilter) learnDevice(r link.LogRow) {
	if r.Person.Username == "" {
		return
	}
	f.person.offer(r.Person.Username, r.Person.Username)
	if !r.System && r.Device != "" {
		f.device.offer(r.Device.Short()+" · "+r.Person.Username, string(r.Device))
	}
}

// learnCards offers the people whose cards are on this device.
func (f *logFilter) learnCards(cards []agent.Card) {
	for _, c := range cards {
		f.subject.offer(c.Title, "s"+string(c.Subject))
	}
}

func (f *logFilter) changed() {
	f.clear.Hidden = f.subject.text()+f.person.text()+f.device.text()+f.day.text() == ""
	f.content.Refresh()
	f.onChange()
}

func (f *logFilter) reset() {
	for _, s := range []*suggest{f.subject, f.person, f.device, f.day} {
		s.set("")
	}
	f.changed()
}

// filter is what is chosen, or false with the mistake told in place.
func (f *logFilter) filter() (link.LogFilter, bool) {
	var out link.LogFilter
	wrong := ""
	switch id := f.subject.value(); {
	case id == "":
	case strings.HasPrefix(id, "r-"):
		out.Record = journal.RecordID(id)
	case f.subject.known(f.subject.text()):
		out.Subject = journal.SubjectID(id[1:])
	default:
		out.Subject = journal.SubjectID(id)
	}
	out.Person = f.person.value()
	if text := f.device.value(); text != "" {
		id, err := identity.ParseDeviceID(text)
		if err != nil {
			wrong = f.lang.Say("log.bad_device")
		}
		out.Device = id
	}
	if text := f.day.value(); text != "" {
		if _, err := time.Parse(time.DateOnly, text); err != nil {
			wrong = f.lang.Say("log.bad_day")
		}
		out.Day = text
	}
	f.wrong.SetText(wrong)
	f.wrong.Hidden = wrong == ""
	f.content.Refresh()
	return out, wrong == ""
}

// suggest is a field with a list of what may be meant. What is typed counts once Enter is pressed; what is chosen, at once.
type suggest struct {
	entry   *widget.SelectEntry
	ids     map[string]string // by what the list shows
	labels  []string
	last    string
	seek    func(text string) // looks for more to offer while somebody types; may be nil
	content fyne.CanvasObject
}

func newSuggest(label, hint string, changed func()) *suggest {
	s := &suggest{entry: widget.NewSelectEntry(nil), ids: map[string]string{}}
	s.entry.SetPlaceHolder(hint)
	s.entry.Wrapping = fyne.TextWrap(fyne.TextTruncateClip)
	tell := func() {
		if s.last != s.entry.Text {
			s.last = s.entry.Text
			changed()
		}
	}
	s.entry.OnChanged = func(text string) {
		if _, known := s.ids[text]; known || text == "" {
			tell()
		} else if s.seek != nil {
			s.seek(text)
		}
	}
	s.entry.OnSubmitted = func(string) { tell() }
	name := part.NewStyled(label, theme.ColorNameForeground, part.SizeSmall, fyne.TextStyle{Bold: true}).OneLine()
	s.content = part.AtLeast(fyne.NewSize(11.5*theme.TextSize(), part.TouchSize), part.StackTight(name, part.AtLeast(fyne.NewSize(0, part.TouchSize), s.entry)))
	return s
}

// offer adds to the list; "" as id means the label itself. Two that look alike are told apart by their ID.
func (s *suggest) offer(label, id string) {
	id = or(id, label)
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
	i, _ := slices.BinarySearchFunc(s.labels, label, func(a, b string) int { return cmp.Compare(strings.ToLower(a), strings.ToLower(b)) })
	s.labels = slices.Insert(s.labels, i, label)
	s.entry.SetOptions(s.labels)
}

func (s *suggest) text() string { return strings.TrimSpace(s.entry.Text) }

func (s *suggest) known(label string) bool { _, ok := s.ids[label]; return ok }

// value is the ID that is meant: of the label chosen, of the only label that what was typed is part of, or what was typed.
func (s *suggest) value() string {
	text := s.text()
	if id, ok := s.ids[text]; ok || text == "" {
		return id
	}
	var only []string
	for _, l := range s.labels {
		if strings.Contains(strings.ToLower(l), strings.ToLower(text)) {
			only = append(only, l)
		}
	}
	if len(only) == 1 {
		s.set(only[0])
		return s.ids[only[0]]
	}
	return text
}

// set writes for the person and tells nobody.
func (s *suggest) set(text string) {
	s.last = text
	s.entry.SetText(text)
}
