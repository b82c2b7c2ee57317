package ui

import (
	"context"
	"reflect"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/ui/part"
	"handslag/vault/journal"
)

// assignmentScreen is one piece of work: what is to be done, the record it needs, what has been said about it, and the
// signatures. A colleague's words may come at any time: each part is filled anew in its place, and what is being written stays.
type assignmentScreen struct {
	w       *Window
	id      journal.AssignmentID
	banner  *part.Banner
	sheet   *workSheet
	note    *part.Field
	sign    *part.Button
	back    func() // to where it was opened
	loads   Latest
	signing bool
	shown   *agent.Task
	adder   *attachButton
	content *fyne.Container

	mate, facts, away, work, files, done, form *fyne.Container
}

func newAssignmentScreen(w *Window, id journal.AssignmentID) *assignmentScreen {
	s := &assignmentScreen{w: w, id: id, banner: part.NewBanner(w.lang), back: w.back, content: container.NewStack()}
	for _, area := range []**fyne.Container{&s.mate, &s.facts, &s.away, &s.work, &s.files, &s.done, &s.form} {
		*area = part.Stack()
		(*area).Hide()
	}
	s.sheet = newWorkSheet(w, s.say)
	s.adder = newAttachButton(w, agent.Attach{Assignment: id}, s.banner)
	s.note = part.NewTextField(w.lang.Say("assignments.note"), w.lang.Say("assignments.note_hint"), 3)
	s.sign = part.NewPrimary(w.lang.Say("assignments.mark_done"), assets.IconCheck, s.finish)
	return s
}

func (s *assignmentScreen) Content() fyne.CanvasObject { return s.content }

// Enter loads, and lets a verified colleague who has the assignment too see who is here.
func (s *assignmentScreen) Enter() {
	s.w.agent.WorkingOn(s.id)
	s.load()
}

// Leave stops what is under way.
func (s *assignmentScreen) Leave() {
	s.w.agent.WorkingOn("")
	s.loads.Stop()
}

func (s *assignmentScreen) Changed(sig agent.Signal) {
	switch sig {
	case agent.AssignmentsChanged, agent.RecordsChanged, agent.SyncChanged: // a receipt comes with a sync
		s.load()
	}
}

func (s *assignmentScreen) load() {
	Load(s.loads.Next(s.w.life), s.w.spawn, func(ctx context.Context) (agent.Task, error) {
		return s.w.agent.Assignment(ctx, s.id)
	}, func(t agent.Task, err error) {
		if err != nil {
			s.w.tell(s.banner, err)
			if s.shown == nil {
				s.lay(s.w.lang.Say("assignments.title"), container.NewStack())
			}
			return
		}
		s.show(t)
	})
}

// say has something be said about the work, in sight of what is shown, and shows what it comes to; then, which may be nil,
// follows where it was said.
func (s *assignmentScreen) say(deed func(ctx context.Context, t agent.Task) (agent.Task, error), then func()) {
	s.w.touch()
	s.banner.Clear()
	shown := *s.shown
	Load(s.w.life, s.w.spawn, func(ctx context.Context) (agent.Task, error) {
		return deed(context.WithoutCancel(ctx), shown)
	}, func(t agent.Task, err error) {
		if err != nil {
			s.w.tell(s.banner, err)
			return
		}
		if then != nil {
			then()
		}
		s.show(t)
	})
}

func (s *assignmentScreen) lay(title string, body fyne.CanvasObject, actions ...fyne.CanvasObject) {
	s.content.Objects = []fyne.CanvasObject{part.NewSubPage(s.w.lang, title, s.back, s.banner, body, actions...)}
	s.content.Refresh()
}

func (s *assignmentScreen) show(t agent.Task) {
	before := s.shown
	if before != nil && reflect.DeepEqual(*before, t) {
		return
	}
	s.shown = &t
	fill(s.mate, s.presence(t))
	fill(s.facts, s.about(t))
	fill(s.away, s.elsewhere(t))
	fill(s.work, s.sheet.show(t))
	fill(s.files, s.attaching())
	fill(s.done, s.signatures(t))
	fill(s.form, s.finishing(t))
	if before == nil || before.Title != t.Title || before.HoldRecord != t.HoldRecord || before.Record != t.Record {
		s.lay(t.Title, part.NewScrollPage(820, s.mate, s.facts, s.away, s.work, s.files, s.done, s.form), s.deeds(t)...)
	}
	s.content.Refresh()
}

// attaching lets a picture of the work be added, where the person may. It belongs to the record that the work is about.
func (s *assignmentScreen) attaching() fyne.CanvasObject {
	if !s.w.agent.MayAttach(agent.Attach{Assignment: s.id}) {
		return nil
	}
	return part.NewPanel(part.Section(s.w.lang.Say("attachments.title"), s.w.lang.Say("attachments.of_work"), part.Beside(s.adder.button)))
}

// fill puts one thing into a part, or hides it where there is nothing.
func fill(area *fyne.Container, content fyne.CanvasObject) {
	area.Hidden = content == nil
	area.Objects = nil
	if content != nil {
		area.Objects = []fyne.CanvasObject{content}
	}
	area.Refresh()
}

// presence says who works on it too, from here and without coverage.
func (s *assignmentScreen) presence(t agent.Task) fyne.CanvasObject {
	switch {
	case t.With == "":
		return nil
	case t.Here:
		return part.NewTinted(part.StateOK, part.NewStrong(s.w.lang.Say("assignments.here", "name", t.With)))
	}
	return part.NewTinted(part.StateNeutral, part.NewText(s.w.lang.Say("assignments.with", "name", t.With)))
}

func (s *assignmentScreen) about(t agent.Task) fyne.CanvasObject {
	lang := s.w.lang
	var badges []fyne.CanvasObject
	for _, b := range s.w.taskBadges(t) {
		badges = append(badges, part.NewPill(b))
	}
	parts := part.Stack()
	if len(badges) > 0 {
		parts.Add(part.NewFlow(badges...))
	}
	parts.Add(part.Facts(
		part.Fact{Label: lang.Say("assignments.text"), Value: t.Text},
		part.Fact{Label: lang.Say("assignments.area"), Value: t.Area},
		part.Fact{Label: lang.Say("assignments.due_label"), Value: t.Due},
		part.Fact{Label: lang.Say("assignments.number_label"), Value: string(t.ID)},
		part.Fact{Label: lang.Say("assignments.record"), Value: t.RecordTitle},
	))
	return part.NewPanel(parts)
}

// deeds is what the page's head offers: the record that the work is about, where it is here.
func (s *assignmentScreen) deeds(t agent.Task) []fyne.CanvasObject {
	if !t.HoldRecord {
		return nil
	}
	return []fyne.CanvasObject{part.NewButton(s.w.lang.Say("assignments.open_record"), assets.IconRecord, func() { s.w.push(newRecordScreen(s.w, t.Record)) })}
}

// elsewhere says from whom the record may come that the work needs.
func (s *assignmentScreen) elsewhere(t agent.Task) fyne.CanvasObject {
	if t.Record == "" || t.HoldRecord {
		return nil
	}
	lang := s.w.lang
	receive := part.NewButton(lang.Say("records.receive"), assets.IconHandshake, func() { s.w.push(newHandoverScreen(s.w, nil)) })
	return part.NewTinted(part.StateWarning, part.Stack(
		part.NewStrong(lang.Say("assignments.record_elsewhere")),
		part.NewText(lang.Say("assignments.record_elsewhere_hint")),
		part.Beside(receive, layout.NewSpacer()),
	))
}
