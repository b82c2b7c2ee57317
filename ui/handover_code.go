package ui

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/ui/part"
)

// codeTyping is where the person at the device that showed the code types what they hear.
type codeTyping struct {
	entry *part.CodeEntry
	below *part.Text
	left  int
}

// drawCode shows six digits to be read out.
func (s *handoverScreen) drawCode(step agent.VerifyStep) {
	key := "code" + step.Code
	if s.drawn == key || step.Code == "" {
		return
	}
	lang := s.w.lang
	shown := part.NewCodeShow(step.Code)
	shown.Label = lang.Say("handover.code_show", "name", s.nameOf(step.Peer))
	parts := []fyne.CanvasObject{part.NewPanel(part.Stack(
		part.NewLead(lang.Say("handover.code_show", "name", s.nameOf(step.Peer))),
		part.NewText(lang.Say("handover.code_show_hint")),
		part.Inset(8, shown), s.timeAndStop(),
	))}
	if step.Peer != nil {
		parts = append(parts, s.peerPanel(*step.Peer, lang.Say("handover.check_person")))
	}
	s.put(key, parts...)
}

// drawTyping asks for the six digits that the other's screen shows. While the devices judge them another stage may have
// been on the screen.
func (s *handoverScreen) drawTyping(step agent.VerifyStep) {
	lang := s.w.lang
	if s.typing == nil || s.drawn != "typing" {
		wrong := s.typing != nil && step.TriesLeft < s.typing.left
		t := &codeTyping{entry: part.NewCodeEntry(), below: part.NewText(lang.Say("handover.code_hint")), left: step.TriesLeft}
		s.typing = t
		t.entry.Label = lang.Say("handover.code_type", "name", s.nameOf(step.Peer))
		t.entry.OnComplete = s.typed
		words := part.Stack(part.NewLead(t.entry.Label), part.Inset(8, t.entry), t.below, s.timeAndStop())
		var asked fyne.CanvasObject = part.KeysBeside(words, part.NewKeypad(t.entry))
		if step.Stage == agent.StageExchange {
			asked = s.exchange(step, asked)
		} else {
			asked = part.NewPanel(asked)
		}
		parts := []fyne.CanvasObject{asked}
		if step.Peer != nil {
			parts = append(parts, s.peerPanel(*step.Peer, lang.Say("handover.check_person")))
		}
		s.put("typing", parts...)
		s.focusOn(t.entry)
		if wrong {
			s.typing.wrong(lang)
		}
		return
	}
	if step.TriesLeft < s.typing.left {
		s.typing.left = step.TriesLeft
		s.typing.wrong(lang)
		s.focusOn(s.typing.entry)
	}
}

// wrong marks the boxes and says how many tries are left.
func (t *codeTyping) wrong(lang assets.Language) {
	t.entry.Wrong()
	t.below.SetText(lang.Say("handover.code_wrong", "n", t.left))
	t.below.InState(part.StateDanger)
}

// typed hands the digits on; whether they are right the next step tells.
func (s *handoverScreen) typed(digits string) {
	h := s.session
	if h == nil {
		return
	}
	s.w.touch()
	s.banner.Clear()
	Load(s.w.life, s.w.spawn, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, h.TypeCode(ctx, digits)
	}, func(_ struct{}, err error) {
		if err != nil && s.session == h && s.typing != nil {
			s.typing.entry.Clear()
			s.w.tell(s.banner, err)
		}
	})
}

func (s *handoverScreen) nameOf(peer *agent.Other) string {
	if peer == nil {
		return s.w.lang.Say("handover.colleague")
	}
	return peer.Name
}

// peerPanel shows who the other is, as their credential says, before anything is shared: the name large, for one look from
// it to the person in front of the screen.
func (s *handoverScreen) peerPanel(o agent.Other, title string) fyne.CanvasObject {
	return part.NewPanel(part.StackTight(append([]fyne.CanvasObject{part.NewMuted(title)}, s.peerParts(part.NewTitle(o.Name), o)...)...))
}

// peerParts are name, organisation and device ID, and a warning where a clock is off.
func (s *handoverScreen) peerParts(name fyne.CanvasObject, o agent.Other) []fyne.CanvasObject {
	lang := s.w.lang
	var units []string
	for _, u := range o.Units {
		units = append(units, u.Name)
	}
	id := []fyne.CanvasObject{part.NewMuted(lang.Say("me.device_id")).Unbroken()}
	for line := range slices.Chunk(strings.Fields(o.Device.Grouped()), 4) {
		id = append(id, part.NewMono(strings.Join(line, " ")).Unbroken())
	}
	parts := []fyne.CanvasObject{
		name,
		part.NewLead(dotted(o.Organisation, joined(units))),
		part.NewFlow(id...),
	}
	if o.ClockSuspect || s.w.agent.Me().ClockSuspect {
		parts = append(parts, part.NewTinted(part.StateWarning, part.NewText(lang.Say("handover.clock_suspect"))))
	}
	return parts
}
