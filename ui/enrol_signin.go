package ui

import (
	"context"

	"fyne.io/fyne/v2"

	"handslag/assets"
	"handslag/ui/part"
)

// signInStep asks for username and password, or offers the organisation's own sign-in in the browser, or both.
func (s *enrolScreen) signInStep(parts *[]fyne.CanvasObject, buttons *fyne.Container, back func(int)) {
	say := s.w.lang.Say
	*parts = []fyne.CanvasObject{s.foundPanel(), part.NewLead(say("enrol.sign_in", "organisation", s.found.Name))}
	back(stepOrganisation)
	browser := func() { s.browser = true; s.goOn() }
	if !s.found.SignIns.Password {
		primary := part.NewPrimary(say("enrol.browser"), assets.IconKey, browser)
		buttons.Add(primary)
		s.first = primary
		return
	}
	*parts = append(*parts, s.username, s.password)
	if s.found.SignIns.Provider {
		buttons.Add(part.NewButton(say("enrol.browser"), assets.IconKey, browser))
	}
	s.password.OnSubmit = func(string) { s.next() }
	buttons.Add(part.NewPrimary(say("common.next"), "", s.next))
	s.first = s.username.Focusable()
	if s.username.Text() != "" {
		s.first = s.password.Focusable()
	}
}

// resumeInBrowser goes on with an enrolment that was interrupted, for whom their organisation's own sign-in takes. What it
// began with is not known before the passphrase has opened it, so both ways are offered.
func (s *enrolScreen) resumeInBrowser() {
	s.password.SetError("")
	if !s.filled(s.old) {
		return
	}
	phrase := s.old.Text()
	s.work(s.w.lang.Say("enrol.asking_browser"), func(ctx context.Context) error {
		return s.w.agent.ResumeEnrolInBrowser(ctx, phrase, s.w.browse)
	}, s.ended)
}
