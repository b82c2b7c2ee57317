package ui

import (
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/identity"
	"handslag/sync/link"
	"handslag/ui/part"
	"handslag/vault/journal"
)

// What a reviewer filters by, in the order of the fields.
const (
	bySubject = iota
	byStaff
	byDay
	byKind
	byDevice
	byAssignment
	byUnit
	filterFields
)

// seldomFrom is the first of the fields that are shown when asked for.
const seldomFrom = byKind

// logFilter is where a reviewer says which entries to see: fields that can be typed in, each offering what was seen so far, and
// under them a chip for each thing that is filtered by, which one tap takes away.
type logFilter struct {
	onChange func()

	lang    assets.Language
	now     func() time.Time
	fields  [filterFields]*part.Suggest
	chosen  [filterFields]picked
	wrong   *part.Text
	chips   *fyne.Container
	seldom  fyne.CanvasObject // asks for the other fields
	content *fyne.Container
}

// picked is one thing that is filtered by: as it is said, and its ID.
type picked struct{ label, id string }

// The codes of the fields' names and hints.
var filterNames = [filterFields][2]string{
	bySubject: {"log.subject", "log.filter_subject_hint"}, byStaff: {"log.staff", "log.filter_person_hint"},
	byDay: {"log.day", "log.filter_day_hint"}, byKind: {"log.kind", "log.filter_kind_hint"},
	byDevice: {"log.device", "log.filter_device_hint"}, byAssignment: {"log.assignment", "log.filter_assignment_hint"},
	byUnit: {"log.unit", "log.filter_unit_hint"},
}

func newLogFilter(lang assets.Language, now func() time.Time) *logFilter {
	f := &logFilter{lang: lang, now: now, wrong: part.NewMuted("").InState(part.StateDanger), chips: part.NewFlow()}
	f.wrong.Hide()
	f.chips.Hide()
	f.seldom = part.NewQuiet(lang.Say("log.more_filters"), "", f.showSeldom)
	row := part.NewFlow()
	for i, name := range filterNames {
		if i == seldomFrom {
			row.Add(f.seldom)
		}
		s := part.NewSuggest(lang.Say(name[0]), lang.Say(name[1]))
		s.OnPick = func(label, id string) bool { return f.pick(i, label, id) }
		f.fields[i] = s
		row.Add(s)
		if i >= seldomFrom {
			s.Hide()
		}
	}
	for _, kind := range assets.Kinds() {
		f.fields[byKind].Offer(lang.Kind(kind), kind)
	}
	f.offerDays()
	f.content = part.Stack(row, f.wrong, f.chips)
	return f
}

func (f *logFilter) showSeldom() {
	for _, s := range f.fields[seldomFrom:] {
		s.Show()
	}
	f.seldom.Hide()
	f.content.Refresh()
}

// learn offers the names in rows, and keeps those it has.
func (f *logFilter) learn(rows []link.LogRow) {
	for _, r := range rows {
		if r.SubjectName != "" && r.Subject != "" {
			f.fields[bySubject].Offer(r.SubjectName, string(r.Subject))
		}
		if r.Assignment != "" {
			f.offerTask(r.Assignment, r.AssignmentTitle)
		}
		f.learnDevice(r)
		if r.Other != nil {
			f.learnDevice(*r.Other)
		}
	}
}

func (f *logFilter) learnDevice(r link.LogRow) {
	f.learnUnits(r.Units)
	if r.Person.Username == "" {
		return
	}
	f.fields[byStaff].Offer(r.Person.Username, "")
	if !r.System && r.Device != "" {
		f.fields[byDevice].Offer(r.Device.Short()+" · "+r.Person.Username, string(r.Device))
	}
}

func (f *logFilter) learnUnits(units []identity.Unit) {
	for _, u := range units {
		f.fields[byUnit].Offer(or(u.Name, string(u.ID)), string(u.ID))
	}
}

func (f *logFilter) offerTask(id journal.AssignmentID, title string) {
	f.fields[byAssignment].Offer(dotted(string(id), title), string(id))
}

// learnHeld offers whose cards and which assignments are on this device.
func (f *logFilter) learnHeld(cards []agent.Card, tasks []agent.Task) {
	for _, c := range cards {
		f.fields[bySubject].Offer(c.Title, string(c.Subject))
	}
	for _, t := range tasks {
		f.offerTask(t.ID, t.Title)
	}
}

// pick takes one thing to filter by, or says why it is none.
func (f *logFilter) pick(by int, label, id string) bool {
	wrong := ""
	switch by {
	case byDevice:
		device, err := identity.ParseDeviceID(id)
		if err != nil {
			wrong = "log.bad_device"
		} else if label == id {
			label = device.Short()
		}
		id = string(device)
	case byDay:
		days, code := readDays(id)
		wrong, id, label = code, days.id(), days.said()
	case byKind:
		if wrong = "log.bad_kind"; slices.Contains(assets.Kinds(), id) {
			wrong, label = "", f.lang.Kind(id)
		}
	}
	f.tellWrong(wrong)
	if wrong != "" {
		return false
	}
	f.chosen[by] = picked{label, id}
	f.changed()
	return true
}

func (f *logFilter) tellWrong(code string) {
	f.wrong.Hidden = code == ""
	if code != "" {
		f.wrong.SetText(f.lang.Say(code, "n", link.LogDays))
	}
	f.content.Refresh()
}

// changed shows what is filtered by, and has the log read anew.
func (f *logFilter) changed() {
	f.chips.Objects = nil
	for by, p := range f.chosen {
		if p.id != "" {
			f.chips.Add(part.NewChip(f.lang, f.lang.Say(filterNames[by][0])+": "+p.label, func() {
				f.chosen[by] = picked{}
				f.changed()
			}))
		}
	}
	if len(f.chips.Objects) > 1 {
		f.chips.Add(part.NewQuiet(f.lang.Say("common.clear"), assets.IconClose, f.reset))
	}
	f.chips.Hidden = len(f.chips.Objects) == 0
	f.content.Refresh()
	f.onChange()
}

func (f *logFilter) reset() {
	f.chosen = [filterFields]picked{}
	f.tellWrong("")
	f.changed()
}

// filter is what is chosen. An ID of the form r-… that was typed for a person is a record's.
func (f *logFilter) filter() link.LogFilter {
	out := link.LogFilter{
		Person: f.chosen[byStaff].id, Kind: journal.Kind(f.chosen[byKind].id), Device: identity.DeviceID(f.chosen[byDevice].id),
		Assignment: journal.AssignmentID(f.chosen[byAssignment].id), Unit: identity.UnitID(f.chosen[byUnit].id),
	}
	if who := f.chosen[bySubject]; who.label == who.id && strings.HasPrefix(who.id, "r-") {
		out.Record = journal.RecordID(who.id)
	} else {
		out.Subject = journal.SubjectID(who.id)
	}
	out.Day, out.To, _ = strings.Cut(f.chosen[byDay].id, daysApart)
	return out
}
