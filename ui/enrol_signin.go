package ui

import (
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
