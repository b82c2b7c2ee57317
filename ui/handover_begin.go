package ui

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/ui/part"
)

// drawBegin lets the person choose who shows and who reads.
func (s *handoverScreen) drawBegin() {
	lang := s.w.lang
	show := part.NewPrimary(lang.Say("handover.show"), assets.IconQR, s.offer)
	read := part.NewPrimary(lang.Say("handover.scan"), assets.IconEye, s.scan)
	ways := part.SideBySide(300,
		way(lang.Say("handover.show_way"), lang.Say("handover.show_hint"), show),
		way(lang.Say("handover.scan_way"), lang.Say("handover.scan_hint"), read),
	)
	parts := []fyne.CanvasObject{part.NewText(lang.Say("handover.intro"))}
	if len(s.give) > 0 {
		parts = append(parts, part.NewTinted(part.StateOK, s.begunFor()))
		s.along.show(s.give)
	}
	if s.w.agent.Me().ClockSuspect {
		parts = append(parts, part.NewTinted(part.StateWarning, part.NewText(lang.Say("handover.clock_suspect"))))
	}
	parts = append(parts, ways, part.NewMuted(lang.Say("handover.network_hint")))
	if len(s.give) > 0 { // what may be left as it is stands below
		parts = append(parts, s.askWhy(), s.along.content, part.Beside(part.NewButton(lang.Say("handover.back_to_record"), assets.IconBack, s.w.back), layout.NewSpacer()))
	}
	s.put("begin", parts...)
	s.focusOn(show)
}

// way is one of two ways that stand next to each other: their buttons are level, however long the words above them are.
func way(title, hint string, deed fyne.CanvasObject) fyne.CanvasObject {
	return part.NewPanel(part.HeadedBy(part.Gap/2, part.StackTight(part.NewLead(title), part.NewMuted(hint)), container.NewStack(), deed))
}

// begunFor says what the handshake is for.
func (s *handoverScreen) begunFor() *part.Text {
	if len(s.give) > 1 {
		return part.NewText(s.w.lang.Say("handover.begun_for", "n", len(s.give)))
	}
	about := part.NewText(" ") // the line's height, until it is read
	Load(s.w.life, s.w.spawn, func(ctx context.Context) (agent.Card, error) {
		return s.w.agent.Record(ctx, s.give[0])
	}, func(card agent.Card, err error) {
		if err == nil { // else the handing over says why not
			about.SetText(s.w.lang.Say("handover.begun_for", "n", 1, "title", card.Title))
		}
	})
	return about
}

// askWhy takes the reason in words; an assignment of the receiver's says it by itself, so it may be empty.
func (s *handoverScreen) askWhy() *part.Field {
	f := part.NewField(s.w.lang.Say("handover.why"), s.w.lang.Say("handover.why_hint"))
	f.SetText(s.why)
	f.OnChange = func(text string) { s.why = text }
	return f
}

// drawOffer shows the code large, for the other's camera.
func (s *handoverScreen) drawOffer() {
	if s.drawn == "offer" || s.code == nil {
		return
	}
	lang := s.w.lang
	view := part.NewQRView(part.Modules{Size: s.code.Size(), Dark: s.code.At})
	view.Label = lang.Say("handover.offering")
	words := part.Stack(
		part.NewLead(lang.Say("handover.offering")),
		part.NewText(lang.Say("handover.offering_hint")),
		s.timeLeft(),
		part.Beside(part.NewButton(lang.Say("handover.to_file"), assets.IconExport, s.saveCode), layout.NewSpacer()),
		part.Beside(part.NewButton(lang.Say("handover.copy"), assets.IconCopy, s.copyCode), layout.NewSpacer()),
		part.Beside(s.stopButton(), layout.NewSpacer()),
		part.NewMuted(lang.Say("handover.network_hint")),
	)
	s.put("offer", part.CodeBeside(s.roomFor(), view, words))
}

// saveCode writes the code as a picture, for a device that has no camera.
func (s *handoverScreen) saveCode() {
	s.w.touch()
	code := s.code
	if code == nil {
		return
	}
	s.w.config.Save(s.w.window, "handslag.png", func(f part.SavedFile, err error) {
		if err != nil || f == nil {
			s.w.tell(s.banner, err)
			return
		}
		picture, err := code.PNG(part.QRModule)
		if err == nil {
			_, err = f.Write(picture)
		}
		if err != nil {
			_ = f.Discard() // the first error tells
		} else {
			err = f.Close()
		}
		s.w.tell(s.banner, err)
	})
}

// drawWaiting says what the devices do by themselves.
func (s *handoverScreen) drawWaiting(code string, peer *agent.Other) {
	key := code
	if peer != nil {
		key += peer.Username
	}
	if s.drawn == key {
		return
	}
	parts := []fyne.CanvasObject{part.NewPanel(part.Stack(part.NewLead(s.w.lang.Say(code)), s.timeAndStop()))}
	if peer != nil {
		parts = append(parts, s.peerPanel(*peer, s.w.lang.Say("handover.check_person")))
	} else {
		parts = s.withShot(parts...)
	}
	s.put(key, parts...)
}

// withShot adds what the camera read, framed, so that the person sees that it was that code.
func (s *handoverScreen) withShot(parts ...fyne.CanvasObject) []fyne.CanvasObject {
	if s.shot == nil {
		return parts
	}
	view := newFinder()
	view.show(s.shot)
	return append(parts, container.NewHBox(view.box, layout.NewSpacer()))
}

// roomFor is how high a code can be without being scrolled: the larger, the farther off a camera reads it.
func (s *handoverScreen) roomFor() float32 {
	if c := s.w.canvas(); c != nil {
		return c.Size().Height - 240 // header, title and margins
	}
	return 0
}
