package ui

import (
	"fyne.io/fyne/v2"

	"handslag/app/agent"
)

type settingsScreen struct{ content fyne.CanvasObject }

func newSettingsScreen(w *Window) *settingsScreen { return &settingsScreen{content: NewText("")} }

func (s *settingsScreen) Content() fyne.CanvasObject { return s.content }
func (s *settingsScreen) Enter()                     {}
func (s *settingsScreen) Leave()                     {}
func (s *settingsScreen) Changed(agent.Signal)       {}
