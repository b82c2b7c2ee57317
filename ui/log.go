package ui

import (
	"fyne.io/fyne/v2"

	"handslag/app/agent"
)

type logScreen struct{ content fyne.CanvasObject }

func newLogScreen(w *Window) *logScreen { return &logScreen{content: NewText("")} }

func (s *logScreen) Content() fyne.CanvasObject { return s.content }
func (s *logScreen) Enter()                     {}
func (s *logScreen) Leave()                     {}
func (s *logScreen) Changed(agent.Signal)       {}
