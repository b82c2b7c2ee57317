package ui

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"handslag/app/agent"
	"handslag/assets"
)

// drawBegin lets the person choose who shows and who reads.
func (s *handoverScreen) drawBegin() {
	lang := s.w.lang
	show := NewPrimary(lang.Say("handover.show"), assets.IconQR, s.offer)
	read := NewPrimary(lang.Say("handover.scan"), assets.IconEye, s.scan)
	ways := container.New(sideBySide{least: 300},
		NewPanel(Section(lang.Say("handover.show_way"), lang.Say("handover.show_hint"), show)),
		NewPanel(Section(lang.Say("handover.scan_way"), lang.Say("handover.scan_hint"), read)),
	)
	parts := []fyne.CanvasObject{NewText(lang.Say("handover.intro"))}
	if len(s.give) > 0 {
		parts = append(parts, NewTinted(StateOK, s.begunFor()), s.askWhy())
	}
	if s.w.agent.Me().ClockSuspect {
		parts = append(parts, NewTinted(StateWarning, NewText(lang.Say("handover.clock_suspect"))))
	}
	parts = append(parts, ways, NewMuted(lang.Say("handover.network_hint")))
	if len(s.give) > 0 {
		parts = append(parts, Beside(NewButton(lang.Say("handover.back_to_record"), assets.IconBack, s.w.back), layout.NewSpacer()))
	}
	s.put("begin", parts...)
	s.focusOn(show)
}

// begunFor says what the handshake is for.
func (s *handoverScreen) begunFor() *Text {
	if len(s.give) > 1 {
		return NewText(s.w.lang.Say("handover.begun_for", "n", len(s.give)))
	}
	about := NewText(" ") // the line's height, until it is read
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
func (s *handoverScreen) askWhy() *Field {
	f := NewField(s.w.lang.Say("handover.why"), s.w.lang.Say("handover.why_hint"))
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
	view := NewQRView(Modules{Size: s.code.Size(), Dark: s.code.At})
	view.Label = lang.Say("handover.offering")
	words := Stack(
		NewLead(lang.Say("handover.offering")),
		NewText(lang.Say("handover.offering_hint")),
		s.timeLeft(),
		Beside(NewButton(lang.Say("handover.to_file"), assets.IconExport, s.saveCode), layout.NewSpacer()),
		Beside(s.stopButton(), layout.NewSpacer()),
		NewMuted(lang.Say("handover.network_hint")),
	)
	s.put("offer", container.New(codeBeside{wish: s.roomFor()}, view, words))
}

// saveCode writes the code as a picture, for a device that has no camera.
func (s *handoverScreen) saveCode() {
	s.w.touch()
	code := s.code
	if code == nil {
		return
	}
	s.w.config.Save(s.w.window, "handslag.png", func(f SavedFile, err error) {
		if err != nil || f == nil {
			s.w.tell(s.banner, err)
			return
		}
		picture, err := code.PNG(qrModule)
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
	parts := []fyne.CanvasObject{NewPanel(Stack(NewLead(s.w.lang.Say(code)), s.timeAndStop()))}
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

// sideBySide sets its children next to each other, equally wide, or under each other where each would get less than least.
type sideBySide struct{ least float32 }

func (l sideBySide) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	n := float32(len(objects))
	w := (size.Width - gapWide*(n-1)) / n
	if w < fyne.Max(l.least, column{}.MinSize(objects).Width) {
		stack{gap}.Layout(objects, size)
		return
	}
	for i, o := range objects {
		settle(o, w)
		o.Resize(fyne.NewSize(w, size.Height))
		o.Move(fyne.NewPos(float32(i)*(w+gapWide), 0))
	}
}

func (l sideBySide) MinSize(objects []fyne.CanvasObject) fyne.Size {
	stacked := stack{gap}.MinSize(objects)
	if len(objects) > 1 && objects[1].Position().X > 0 { // laid out next to each other
		return fyne.NewSize(stacked.Width, column{}.MinSize(objects).Height)
	}
	return stacked
}

// roomFor is how high a code can be without being scrolled: the larger, the farther off a camera reads it.
func (s *handoverScreen) roomFor() float32 {
	if c := s.w.canvas(); c != nil {
		return c.Size().Height - 240 // header, title and margins
	}
	return 0
}

// codeBeside sets a QR code and the words about it next to each other, or the words beneath where the window is narrow.
type codeBeside struct{ wish float32 }

const codeWords = float32(260) // what the words need beside the code

func (l codeBeside) Layout(o []fyne.CanvasObject, size fyne.Size) {
	side := l.side(o[0], size.Width)
	if size.Width < side+gapWide+fyne.Max(codeWords, o[1].MinSize().Width) {
		stack{gap}.Layout(o, size)
		return
	}
	o[0].Resize(fyne.NewSquareSize(side))
	o[0].Move(fyne.NewPos(0, 0))
	w := size.Width - side - gapWide
	o[1].Resize(fyne.NewSize(w, settle(o[1], w)))
	o[1].Move(fyne.NewPos(side+gapWide, 0))
}

// side is the code's: what is wished for where the words leave room for it.
func (l codeBeside) side(code fyne.CanvasObject, width float32) float32 {
	return fyne.Max(code.MinSize().Width, fyne.Min(l.wish, width-gapWide-codeWords))
}

func (l codeBeside) MinSize(o []fyne.CanvasObject) fyne.Size {
	code, words := o[0].MinSize(), o[1].MinSize()
	if o[1].Position().X > 0 {
		return fyne.NewSize(code.Width, fyne.Max(o[0].Size().Height, words.Height))
	}
	return stack{gap}.MinSize(o)
}
