package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/ui/part"
)

// elsewhereScreen says that another window has this profile open.
type elsewhereScreen struct {
	content fyne.CanvasObject
	again   *part.Button
}

func newElsewhereScreen(w *Window) *elsewhereScreen {
	s := &elsewhereScreen{}
	p := ProblemOf(w.lang, &agent.Problem{Code: agent.OpenElsewhere})
	s.again = part.NewPrimary(w.lang.Say("common.retry"), assets.IconSync, w.tryAgain)
	words := part.Stack(
		container.NewCenter(part.Medallion(assets.IconLock, part.StateWarning, 72)),
		part.NewLead(p.What).Centred(),
		part.NewText(p.Safe).Centred(),
		part.NewText(p.Do).Centred(),
		container.NewCenter(s.again),
	)
	s.content = part.NewTouchScroll(part.Balanced(480, part.Inset(part.GapWide, words)))
	return s
}

// tryAgain shows the lock screen: only an unlock finds out whether the other has gone.
func (w *Window) tryAgain() {
	w.leave()
	w.gate, w.byItself = "", false
	w.shut(agent.IsLocked)
}

func (s *elsewhereScreen) Content() fyne.CanvasObject { return s.content }
func (s *elsewhereScreen) First() fyne.Focusable      { return s.again }
func (s *elsewhereScreen) Enter()                     {}
func (s *elsewhereScreen) Leave()                     {}
func (s *elsewhereScreen) Changed(agent.Signal)       {}
