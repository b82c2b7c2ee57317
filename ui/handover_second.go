package ui

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/layout"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/identity/qr"
	"handslag/ui/part"
)

// secondScan is where the device that showed the first code looks at the other's screen.
type secondScan struct {
	scanner *scanner
	view    *finder
	below   *part.Text
	words   *fyne.Container
	left    int
}

func (c *secondScan) shut() {
	if c.scanner != nil {
		c.scanner.close()
		c.scanner = nil
	}
}

// drawSecond shows the second code, for the other's camera.
func (s *handoverScreen) drawSecond(step agent.VerifyStep) {
	if s.drawn == "second" {
		return
	}
	lang := s.w.lang
	code, err := qr.Draw(step.Second)
	if err != nil {
		s.w.tell(s.banner, err)
		return
	}
	view := part.NewQRView(part.Modules{Size: code.Size(), Dark: code.At})
	view.Label = lang.Say("handover.second_show", "name", s.nameOf(step.Peer))
	words := part.Stack(part.NewLead(view.Label), part.NewText(lang.Say("handover.second_show_hint")), s.timeAndStop())
	if step.Peer != nil {
		words.Add(s.peerPanel(*step.Peer, lang.Say("handover.check_person")))
	}
	s.put("second", part.CodeBeside(s.roomFor(), view, words))
}

// drawScanSecond looks for the second code on the other's screen, and again after a wrong one.
func (s *handoverScreen) drawScanSecond(step agent.VerifyStep) {
	lang := s.w.lang
	if s.second == nil || s.drawn != "scan_second" {
		c := &secondScan{view: newFinder(), below: part.NewText(lang.Say("handover.second_scan_hint")), left: step.TriesLeft}
		s.second = c
		digits := part.NewButton(lang.Say("handover.second_digits"), assets.IconKey, s.rather)
		words := part.Stack(part.NewLead(lang.Say("handover.second_scan", "name", s.nameOf(step.Peer))), c.below,
			part.Beside(digits, layout.NewSpacer()), s.timeAndStop())
		if step.Peer != nil {
			words.Add(s.peerPanel(*step.Peer, lang.Say("handover.check_person")))
		}
		c.words = words
		s.put("scan_second", part.CodeBeside(0, c.view.box, words))
		s.focusOn(digits)
		s.lookForSecond("")
	}
	if step.TriesLeft < s.second.left {
		s.second.left = step.TriesLeft
		s.second.below.SetText(lang.Say("handover.code_wrong", "n", step.TriesLeft))
		s.second.below.InState(part.StateDanger)
	}
}

// lookForSecond opens the camera; except is a code that has been tried.
func (s *handoverScreen) lookForSecond(except string) {
	c, h := s.second, s.session
	s.seek(func(found sought) {
		if s.second != c || s.session != h {
			if found.err == nil {
				s.w.spawn(func() { _ = found.frames.Close() }) // nothing is written
			}
			return
		}
		if c.words != nil { // the first time
			s.lenses(c.words, c.view, found.devices, func() {
				c.shut()
				s.lookForSecond("")
			})
			c.words.Refresh()
			c.words = nil
		}
		if found.err != nil {
			s.w.tell(s.banner, found.err)
			return
		}
		c.scanner = newScanner(s.w, found.frames, c.view.show, func(text string, err error) {
			if s.second != c || s.session != h {
				return
			}
			if err != nil {
				s.w.tell(s.banner, err)
				return
			}
			s.seen(h, text)
		})
		c.scanner.except = except
		c.scanner.start()
	})
}

// seen hands the second code on; whether it is right the next step tells.
func (s *handoverScreen) seen(h *agent.Handover, text string) {
	s.w.touch()
	s.banner.Clear()
	Load(s.w.life, s.w.spawn, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, h.ScanSecond(ctx, text)
	}, func(_ struct{}, err error) {
		if s.session != h || s.second == nil {
			return
		}
		if err != nil {
			s.w.tell(s.banner, err)
		}
		s.follow()
		if s.second != nil && s.drawn == "scan_second" && s.session.Step().Stage == agent.StageScanSecond {
			s.lookForSecond(text)
		}
	})
}

// rather begins anew in the form that needs no camera here.
func (s *handoverScreen) rather() {
	s.noScan = true
	s.offer()
}

// exchange is the digits to read out above those to type, where neither device has a camera.
func (s *handoverScreen) exchange(step agent.VerifyStep, typing fyne.CanvasObject) fyne.CanvasObject {
	lang := s.w.lang
	shown := part.NewCodeShow(step.Code)
	shown.Label = lang.Say("handover.code_show", "name", s.nameOf(step.Peer))
	return part.Stack(part.NewPanel(part.Stack(part.NewLead(shown.Label), part.Inset(8, shown))), part.NewPanel(typing))
}
