package ui

import (
	"cmp"
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/ui/part"
	"handslag/vault/record"
)

// workSheet is what has been said about the work on an assignment, field by field, and where to say more. Fields that are
// written in are the same ones for as long as the screen is there, so that a colleague's words take away nobody's.
type workSheet struct {
	w       *Window
	say     func(deed workDeed, then func())
	entries map[record.Topic]*entryField
	note    *part.Field
}

// workDeed is something that is said about the work on what the screen shows.
type workDeed = func(context.Context, agent.Task) (agent.Task, error)

// entryField is a field that is written in; known is what stood when it was last filled.
type entryField struct {
	field *part.Field
	row   fyne.CanvasObject
	known string
}

func newWorkSheet(w *Window, say func(workDeed, func())) *workSheet {
	return &workSheet{w: w, say: say, entries: map[record.Topic]*entryField{},
		note: part.NewTextField(w.lang.Say("assignments.new_note"), w.lang.Say("assignments.new_note_hint"), 2)}
}

func (s *workSheet) show(t agent.Task) fyne.CanvasObject {
	parts := part.StackWide(part.NewLead(s.w.lang.Say("assignments.work")))
	for _, f := range t.Fields() {
		parts.Add(s.line(f))
	}
	parts.Add(s.notes(t.Notes))
	return part.NewPanel(parts)
}

// name is what a field is called.
func (s *workSheet) name(f agent.FieldState) string {
	switch f.Topic {
	case record.TopicStatus:
		return s.w.lang.Say("assignments.status")
	case record.TopicPlanned:
		return s.w.lang.Say("assignments.planned")
	}
	return f.Name
}

// options are the values of a field that is tapped and not written; nil where it is written.
func options(lang assets.Language, f agent.FieldState) []part.Option {
	switch {
	case f.Topic == record.TopicStatus:
		return []part.Option{{ID: record.StatusOpen, Text: lang.Say("assignments.status_open")},
			{ID: record.StatusBegun, Text: lang.Say("assignments.status_begun")}, {ID: record.StatusWaiting, Text: lang.Say("assignments.status_waiting")}}
	case f.Topic == record.TopicPlanned || f.Unit != "":
		return nil
	}
	return []part.Option{{ID: record.PointYes, Text: lang.Say("assignments.yes")}, {ID: record.PointNo, Text: lang.Say("assignments.no")}}
}

// valueText is a value as people read it.
func valueText(lang assets.Language, f agent.FieldState, value string) string {
	for _, o := range options(lang, f) {
		if o.ID == value {
			return o.Text
		}
	}
	if value != "" && f.Unit != "" {
		return value + " " + f.Unit
	}
	return cmp.Or(value, lang.Say("assignments.empty_value"))
}

// line is one field: what stands, who said so, and where to say otherwise.
func (s *workSheet) line(f agent.FieldState) fyne.CanvasObject {
	if f.Conflict() {
		return s.conflict(f)
	}
	parts := part.StackTight()
	if choices := options(s.w.lang, f); choices != nil {
		buttons := []fyne.CanvasObject{}
		for _, o := range choices {
			say := func() { s.set(f.Topic, o.ID) }
			if o.ID == f.Value() {
				buttons = append(buttons, part.NewPrimary(o.Text, assets.IconCheck, func() {}))
			} else {
				buttons = append(buttons, part.NewButton(o.Text, "", say))
			}
		}
		parts.Add(part.NewStrong(s.name(f)))
		parts.Add(part.NewFlow(buttons...))
	} else {
		parts.Add(s.entry(f))
	}
	for _, said := range f.Says {
		parts.Add(part.NewMuted(s.saidBy(said)))
	}
	for _, lost := range f.Settled() {
		parts.Add(part.NewMuted(s.w.lang.Say("assignments.settled", "name", lost.By, "value", valueText(s.w.lang, f, lost.Value))))
	}
	return parts
}

func (s *workSheet) saidBy(said agent.Saying) string {
	text := dotted(said.By, s.w.when(said.At))
	if said.Waiting {
		text = dotted(text, s.w.lang.Say("assignments.waiting"))
	}
	return text
}

// conflict shows what several have said, each on a line with who did; one tap chooses.
func (s *workSheet) conflict(f agent.FieldState) fyne.CanvasObject {
	lang := s.w.lang
	parts := part.Stack(part.NewStrong(s.name(f)+": "+lang.Say("assignments.conflict")), part.NewText(lang.Say("assignments.conflict_hint")))
	for _, said := range f.Says {
		choose := part.NewButton(lang.Say("assignments.choose"), assets.IconCheck, func() {
			s.say(func(ctx context.Context, t agent.Task) (agent.Task, error) {
				return s.w.agent.Choose(ctx, t.ID, f.Topic, said.Operation, t.Seen)
			}, nil)
		})
		parts.Add(container.NewBorder(nil, nil, nil, part.Middle(choose),
			part.StackTight(part.NewStrong(valueText(lang, f, said.Value)), part.NewMuted(s.saidBy(said)))))
	}
	return part.NewTinted(part.StateWarning, parts)
}

// entry is a field to write in, with a button that saves.
func (s *workSheet) entry(f agent.FieldState) fyne.CanvasObject {
	e := s.entries[f.Topic]
	if e == nil {
		hint := s.w.lang.Say("assignments.planned_hint")
		label := s.name(f)
		if f.Topic != record.TopicPlanned {
			hint, label = "", label+" ("+f.Unit+")"
		}
		e = &entryField{field: part.NewField(label, hint)}
		save := func() { s.set(f.Topic, strings.TrimSpace(e.field.Text())) }
		e.field.OnSubmit = func(string) { save() }
		button := part.NewButton(s.w.lang.Say("assignments.save"), "", save)
		button.Hide() // until there is something to save
		e.row = container.NewBorder(nil, nil, nil, part.Pushed(12, part.Middle(button)), e.field)
		e.field.OnChange = func(text string) {
			if changed := strings.TrimSpace(text) != e.known; button.Visible() != changed {
				button.Hidden = !changed
				e.row.Refresh()
			}
		}
		s.entries[f.Topic] = e
	}
	if e.field.Text() == e.known { // nobody is writing
		e.known = f.Value()
		e.field.SetText(e.known)
	} else if strings.TrimSpace(e.field.Text()) == f.Value() { // it is saved
		e.known = f.Value()
		e.field.SetText(e.known)
		e.field.OnChange(e.known)
	}
	return e.row
}

// set says what a field is now, in sight of what the screen shows.
func (s *workSheet) set(topic record.Topic, value string) {
	s.say(func(ctx context.Context, t agent.Task) (agent.Task, error) {
		return s.w.agent.EditWork(ctx, t.ID, agent.Edit{Topic: topic, Value: value, Seen: t.Seen})
	}, nil)
}

// notes are what has been written, one below the other, and where to write more.
func (s *workSheet) notes(notes []agent.Saying) fyne.CanvasObject {
	lang := s.w.lang
	parts := part.Stack(part.NewStrong(lang.Say("assignments.notes")))
	for _, n := range notes {
		parts.Add(part.StackTight(part.NewText(n.Value), part.NewMuted(s.saidBy(n))))
	}
	parts.Add(s.note)
	parts.Add(part.Beside(part.NewButton(lang.Say("assignments.add_note"), "", s.addNote), layout.NewSpacer()))
	return parts
}

func (s *workSheet) addNote() {
	text := strings.TrimSpace(s.note.Text())
	if text == "" {
		s.note.SetError(s.w.lang.Say("assignments.new_note_needed"))
		return
	}
	s.say(func(ctx context.Context, t agent.Task) (agent.Task, error) {
		return s.w.agent.Note(ctx, t.ID, text)
	}, func() { s.note.SetText("") })
}
