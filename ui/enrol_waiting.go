package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"handslag/ui/part"
)

// signedIn reports whether the person has signed in, in an earlier run, and the device waits for an administrator since.
func (s *enrolScreen) signedIn() bool { return !s.w.agent.Me().ApprovalUntil.IsZero() }

// showWaiting says in the place of the form that the device waits, and shows what the administrator has to hear: its ID. It goes
// on by itself, or later.
func (s *enrolScreen) showWaiting() {
	me, say := s.w.agent.Me(), s.w.lang.Say
	id := part.NewDeviceIDView(s.w.lang, me.Device.Grouped())
	later := part.NewButton(say("enrol.waits_later"), "", s.leaveWaiting)
	s.waits = part.NewTinted(part.StateWaiting, part.StackWide(part.Stack(part.NewLead(say("enrol.waits")), part.NewText(say("enrol.waits_hint")),
		id, part.NewMuted(say("enrol.waits_until", "time", s.w.when(me.ApprovalUntil)))), container.NewHBox(layout.NewSpacer(), later)))
	s.body.Objects[len(s.body.Objects)-1] = s.waits
	s.refresh()
	if c := s.w.canvas(); c != nil {
		c.Focus(fyne.Focusable(later))
	}
}

// leaveWaiting lets the device wait without this screen: the passphrase goes on.
func (s *enrolScreen) leaveWaiting() {
	s.latest.Stop()
	s.busy, s.waits = false, nil
	s.forget()
	s.show(stepResume)
}
