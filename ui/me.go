package ui

import (
	"fyne.io/fyne/v2"

	"handslag/app/agent"
)

type meScreen struct{ content fyne.CanvasObject }

func newMeScreen(w *Window) *meScreen { return &meScreen{content: NewText("")} }

func (s *meScreen) Content() fyne.CanvasObject { return s.content }
func (s *meScreen) Enter()                     {}
func (s *meScreen) Leave()                     {}
func (s *meScreen) Changed(agent.Signal)       {}
