package ui

import (
	"context"
	"errors"
	"reflect"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/vault/journal"
)

// assignmentScreen is one piece of work: what is to be done, the record it needs, and the signature when it is done.
type assignmentScreen struct {
	w       *Window
	id      journal.AssignmentID
	banner  *Banner
	note    *Field
	sign    *Button
	loads   Latest
	signing bool
	shown   *agent.Task
	content *fyne.Container
}

func newAssignmentScreen(w *Window, id journal.AssignmentID) *assignmentScreen {
	s := &assignmentScreen{w: w, id: id, banner: NewBanner(w.lang), content: container.NewStack()}
	s.note = NewTextField(w.lang.Say("assignments.note"), w.lang.Say("assignments.note_hint"), 3)
	s.sign = NewPrimary(w.lang.Say("assignments.mark_done"), assets.IconCheck, s.finish)
	return s
}

func (s *assignmentScreen) Content() fyne.CanvasObject { return s.content }
func (s *assignmentScreen) Enter()                     { s.load() }
func (s *assignmentScreen) Leave()                     { s.loads.Stop() }

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

func (s *assignmentScreen) lay(title string, body fyne.CanvasObject, actions ...fyne.CanvasObject) {
	s.content.Objects = []fyne.CanvasObject{NewSubPage(s.w.lang, title, s.w.back, s.banner, body, actions...)}
	s.content.Refresh()
}

func (s *assignmentScreen) show(t agent.Task) {
	if s.shown != nil && reflect.DeepEqual(*s.shown, t) {
		return // what is being written stays
	}
	s.shown = &t
	parts := []fyne.CanvasObject{s.facts(t)}
	if t.Done != nil {
		parts = append(parts, s.signature(t.Done))
	}
	if t.Record != "" && !t.HoldRecord {
		parts = append(parts, s.elsewhere())
	}
	if t.Done == nil || t.Done.OlderVersion {
		parts = append(parts, s.form(t))
	}
	s.lay(t.Title, NewScrollPage(820, parts...))
}

func (s *assignmentScreen) facts(t agent.Task) fyne.CanvasObject {
	lang := s.w.lang
	var badges []fyne.CanvasObject
	for _, b := range s.w.taskBadges(t) {
		badges = append(badges, NewPill(b))
	}
	parts := Stack()
	if len(badges) > 0 {
		parts.Add(newFlow(badges...))
	}
	parts.Add(Facts(
		Fact{lang.Say("assignments.text"), t.Text},
		Fact{lang.Say("assignments.area"), t.Area},
		Fact{lang.Say("assignments.due_label"), t.Due},
		Fact{lang.Say("assignments.number_label"), string(t.ID)},
		Fact{lang.Say("assignments.record"), t.RecordTitle},
	))
	if !t.HoldRecord {
		return NewPanel(parts)
	}
	open := NewButton(lang.Say("assignments.open_record"), assets.IconRecord, func() { s.w.push(newRecordScreen(s.w, t.Record)) })
	return NewPanel(container.NewBorder(nil, nil, nil, container.New(pushed{left: 16}, container.New(middle{}, open)), parts))
}

// elsewhere says from whom the record may come that the work needs.
func (s *assignmentScreen) elsewhere() fyne.CanvasObject {
	lang := s.w.lang
	receive := NewButton(lang.Say("records.receive"), assets.IconHandshake, func() { s.w.push(newHandoverScreen(s.w, nil)) })
	return NewTinted(StateWarning, Stack(
		NewStrong(lang.Say("assignments.record_elsewhere")),
		NewText(lang.Say("assignments.record_elsewhere_hint")),
		Beside(receive, layout.NewSpacer()),
	))
}

// form is where the work is said to be done.
func (s *assignmentScreen) form(t agent.Task) fyne.CanvasObject {
	lang := s.w.lang
	return NewPanel(Section(lang.Say("assignments.finish"), "", Stack(
		s.note,
		Beside(s.sign, layout.NewSpacer()),
		NewMuted(lang.Say("assignments.sign_confirm", "number", string(t.ID))),
	)))
}

// signature is what was signed, by whom, and how it fares.
func (s *assignmentScreen) signature(done *agent.DoneState) fyne.CanvasObject {
	lang := s.w.lang
	facts := Facts(
		Fact{lang.Say("assignments.note"), done.Note},
		Fact{lang.Say("assignments.version_signed"), strconv.FormatUint(done.Number, 10)},
	)
	if done.Fingerprint != "" {
		facts.Add(NewMuted(lang.Say("assignments.fingerprint")).Unbroken())
		facts.Add(NewMono(done.Fingerprint))
	}
	parts := Stack(
		NewLead(lang.Say("assignments.signature")),
		NewText(lang.Say("assignments.signed_by", "name", done.By, "time", spoken(lang, s.w.now(), done.At))),
		facts,
	)
	switch {
	case done.OlderVersion:
		parts.Add(NewText(lang.Say("assignments.signed_older_hint")).InState(StateWarning))
	case done.Waiting:
		parts.Add(NewMuted(lang.Say("assignments.waits_hint")))
	case done.Mine:
		parts.Add(NewMuted(lang.Say("assignments.received_hint")))
	}
	if done.Mine {
		parts.Add(Beside(NewButton(lang.Say("assignments.export"), assets.IconExport, s.export), layout.NewSpacer()))
	}
	return NewPanel(parts)
}

// finish signs. What was written stays until the entry is durable.
func (s *assignmentScreen) finish() {
	note := strings.TrimSpace(s.note.Text())
	if note == "" {
		s.note.SetError(s.w.lang.Say("assignments.note_needed"))
		if c := s.w.canvas(); c != nil {
			c.Focus(s.note.Focusable())
		}
		return
	}
	if s.signing {
		return
	}
	s.w.touch()
	s.signing = true
	seen := s.shown.Seen
	s.banner.Clear()
	s.sign.SetText(s.w.lang.Say("assignments.signing"))
	s.sign.Disable()
	// A signature is not taken back by leaving the page: the deed runs on, and only its answer may find nobody there.
	Load(s.w.life, s.w.spawn, func(ctx context.Context) (agent.Task, error) {
		return s.w.agent.Finish(context.WithoutCancel(ctx), s.id, note, seen)
	}, func(t agent.Task, err error) {
		s.signing = false
		s.sign.SetText(s.w.lang.Say("assignments.mark_done"))
		s.sign.Enable()
		if err != nil {
			s.w.tell(s.banner, err)
			return
		}
		s.note.SetText("")
		s.show(t)
	})
}

// export saves the signature with all that is needed to check it outside the program.
func (s *assignmentScreen) export() {
	s.w.touch()
	s.w.config.Save(s.w.window, "handslag-"+string(s.id)+".signature", func(f SavedFile, err error) {
		if err != nil || f == nil {
			s.w.tell(s.banner, err)
			return
		}
		Load(s.w.life, s.w.spawn, func(ctx context.Context) (string, error) {
			if err := s.w.agent.ExportSignature(ctx, s.id, f); err != nil {
				return "", errors.Join(err, f.Discard())
			}
			return f.Name(), f.Close()
		}, func(name string, err error) {
			if err != nil {
				s.w.tell(s.banner, err)
				return
			}
			s.banner.Tell(Problem{State: StateOK, What: s.w.lang.Say("assignments.exported", "file", name)})
		})
	})
}
