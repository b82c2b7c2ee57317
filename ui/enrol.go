package ui

import (
	"fyne.io/fyne/v2"

	"handslag/app/agent"
)

type enrolScreen struct{ content fyne.CanvasObject }

func newEnrolScreen(w *Window) *enrolScreen { return &enrolScreen{content: NewText("")} }

func (s *enrolScreen) Content() fyne.CanvasObject { return s.content }
func (s *enrolScreen) Enter()                     {}
func (s *enrolScreen) Leave()                     {}
func (s *enrolScreen) Changed(agent.Signal)       {}
