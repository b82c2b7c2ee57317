package ui

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/layout"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/ui/part"
)

// finishing is where the work is said to be done: until this person has signed what stands now.
func (s *assignmentScreen) finishing(t agent.Task) fyne.CanvasObject {
	lang := s.w.lang
	if slices.ContainsFunc(t.Signatures, func(d agent.DoneState) bool { return d.Mine && !d.OlderVersion && !d.EarlierState }) {
		return nil
	}
	title := lang.Say("assignments.finish")
	if t.Done != nil && !t.Done.Mine {
		title = lang.Say("assignments.sign_too")
	}
	return part.NewPanel(part.Section(title, "", part.Stack(
		s.note,
		part.Beside(s.sign, layout.NewSpacer()),
		part.NewMuted(lang.Say("assignments.sign_confirm", "number", string(t.ID))),
	)))
}

// signatures are what was signed, by whom, and how it fares: the one that counts here, and the others in a line each.
func (s *assignmentScreen) signatures(t agent.Task) fyne.CanvasObject {
	if t.Done == nil {
		return nil
	}
	parts := part.Stack(s.signature(*t.Done))
	for _, done := range t.Signatures {
		if done != *t.Done {
			parts.Add(part.NewMuted(dotted(s.w.lang.Say("assignments.signed_by", "name", done.By, "time", part.Spoken(s.w.lang, s.w.now(), done.At)), done.Note)))
		}
	}
	return part.NewPanel(parts)
}

func (s *assignmentScreen) signature(done agent.DoneState) fyne.CanvasObject {
	lang := s.w.lang
	facts := part.Facts(
		part.Fact{Label: lang.Say("assignments.note"), Value: done.Note},
		part.Fact{Label: lang.Say("assignments.version_signed"), Value: strconv.FormatUint(done.Number, 10)},
	)
	if done.Fingerprint != "" {
		facts.Add(part.NewMuted(lang.Say("assignments.fingerprint")).Unbroken())
		facts.Add(part.NewMono(done.Fingerprint))
	}
	parts := part.Stack(
		part.NewLead(lang.Say("assignments.signature")),
		part.NewText(lang.Say("assignments.signed_by", "name", done.By, "time", part.Spoken(lang, s.w.now(), done.At))),
		facts,
	)
	switch {
	case done.OlderVersion:
		parts.Add(part.NewText(lang.Say("assignments.signed_older_hint")).InState(part.StateWarning))
	case done.EarlierState:
		parts.Add(part.NewText(lang.Say("assignments.signed_earlier_hint")).InState(part.StateWarning))
	case done.Waiting:
		parts.Add(part.NewMuted(lang.Say("assignments.waits_hint")))
	case done.Mine:
		parts.Add(part.NewMuted(lang.Say("assignments.received_hint")))
	}
	if done.Mine {
		parts.Add(part.Beside(part.NewButton(lang.Say("assignments.export"), assets.IconExport, s.export), layout.NewSpacer()))
	}
	return parts
}

// finish signs what is on the screen. What was written stays until the entry is durable.
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
	s.w.config.Save(s.w.window, "handslag-"+string(s.id)+".signature", func(f part.SavedFile, err error) {
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
			s.banner.Tell(part.Problem{State: part.StateOK, What: s.w.lang.Say("assignments.exported", "file", name)})
		})
	})
}
