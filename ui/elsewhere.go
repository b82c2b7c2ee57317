package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"handslag/app/agent"
	"handslag/assets"
)

// elsewhereScreen says that another window has this profile open.
type elsewhereScreen struct {
	content fyne.CanvasObject
	again   *Button
}

func newElsewhereScreen(w *Window) *elsewhereScreen {
	s := &elsewhereScreen{}
	p := ProblemOf(w.lang, &agent.Problem{Code: agent.OpenElsewhere})
	s.again = NewPrimary(w.lang.Say("common.retry"), assets.IconSync, w.tryAgain)
	words := Stack(
		container.NewCenter(medallion(assets.IconLock, StateWarning, 72)),
		NewLead(p.What).Centred(),
		NewText(p.Safe).Centred(),
		NewText(p.Do).Centred(),
		container.NewCenter(s.again),
	)
	s.content = NewTouchScroll(container.New(balanced{max: 480}, Inset(gapWide, words)))
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
