package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/ui/part"
)

// witnessing tells how far this device has followed the audit log, of which it is a witness. Where the log has contradicted
// itself it says so, and what to do, also after the notice of it was closed.
func (s *meScreen) witnessing(me agent.Me) fyne.CanvasObject {
	say := s.w.lang.Say
	seen, err := s.w.agent.Seen()
	if err != nil {
		return container.NewStack()
	}
	body := part.Stack()
	switch {
	case seen.Contradicted:
		body.Add(part.NewTinted(part.StateDanger, part.Stack(
			part.NewStrong(say("witness.alarm")).InState(part.StateDanger), part.NewText(say("witness.alarm_do")),
			container.NewHBox(part.NewButton(say("me.evidence"), assets.IconExport, s.saveEvidence)))))
	case seen.Size == 0:
		body.Add(part.NewText(say("witness.none")))
	default:
		body.Add(part.NewStrong(say("witness.calm")).InState(part.StateOK))
	}
	facts := part.Facts()
	if seen.Size > 0 {
		facts = part.Facts(
			part.Fact{Label: say("witness.newest"), Value: dotted(say("witness.entries", "n", seen.Size), s.w.when(me.LastSync))},
			part.Fact{Label: say("witness.vouched"), Value: vouched(s.w, seen)},
		)
	}
	body.Add(facts)
	if seen.Restored {
		body.Add(part.NewMuted(say("witness.restored")))
	}
	return part.Section(say("witness.title"), say("witness.hint"), part.NewPanel(body))
}

// vouched is what this device has handed in of what it has seen.
func vouched(w *Window, seen agent.Seen) string {
	if seen.Vouched == 0 {
		return w.lang.Say("witness.not_yet")
	}
	return dotted(w.lang.Say("witness.entries", "n", seen.Vouched), w.when(seen.At))
}
