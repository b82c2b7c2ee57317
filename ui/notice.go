package ui

import (
	"fyne.io/fyne/v2"

	"handslag/app/agent"
	"handslag/ui/part"
)

// notices are what the person must be told once: what happened, what is safe, what to do. Each stays until it is closed.
func (s *meScreen) notices() []fyne.CanvasObject {
	parts := []fyne.CanvasObject{}
	for _, n := range s.w.agent.Notices() {
		s.w.told[n.ID] = true
		b := part.NewBanner(s.w.lang)
		p := ProblemOf(s.w.lang, &agent.Problem{Code: n.Code, Args: n.Args})
		if !n.At.IsZero() {
			p.What = s.w.when(n.At) + ": " + p.What
		}
		if n.Code == agent.LogInconsistent {
			p.Action = s.w.lang.Say("me.evidence")
			b.OnAction = s.saveEvidence
		}
		b.Tell(p)
		b.OnClose = func() {
			s.w.touch()
			if err := s.w.agent.DismissNotice(n.ID); err != nil {
				s.w.tell(s.banner, err)
			}
			s.show()
		}
		parts = append(parts, b)
	}
	return parts
}

// hasNews tells whether there is a notice that no unlock has led to yet.
func (w *Window) hasNews() bool {
	for _, n := range w.agent.Notices() {
		if !w.told[n.ID] {
			return true
		}
	}
	return false
}

// saveEvidence writes the signed checkpoints that contradict each other to a file of the person's choosing.
func (s *meScreen) saveEvidence() {
	s.w.touch()
	s.w.config.Save(s.w.window, "handslag-log-evidence.txt", func(file part.SavedFile, err error) {
		if err != nil || file == nil {
			s.w.tell(s.banner, err)
			return
		}
		evidence, err := s.w.agent.LogEvidence()
		if err == nil {
			_, err = file.Write(evidence)
		}
		if err != nil {
			_ = file.Discard() // the first error tells
		} else {
			err = file.Close()
		}
		s.w.tell(s.banner, err)
	})
}
