package ui

import (
	"strconv"

	"fyne.io/fyne/v2"

	"handslag/app/agent"
	"handslag/sync/link"
	"handslag/ui/part"
)

// copyPage shows all that is known of one device's copy of a record.
type copyPage struct{ content fyne.CanvasObject }

func newCopyPage(w *Window, line spreadLine) *copyPage {
	say, c := w.lang.Say, line.copy
	parts := part.Stack(part.NewLead(copyHolder(w.lang, c)), part.NewText(copyState(w, c)))
	for _, word := range []struct {
		is    bool
		code  string
		state part.State
	}{
		{!c.Revoked.IsZero(), "spread.revoked_device", part.StateDanger},
		{c.Exported > 0, "spread.exported_device", part.StateWarning},
		{c.Promise == "none" || c.Promise == "best-effort", "spread.no_promise_device", part.StateWarning},
		{c.Promise == "", "spread.unsaid_device", part.StateWarning},
		{c.Halves == 1 && c.Way == link.WayHandOver && c.State != link.CopyRefused, "spread.half_device", part.StateWarning},
		{c.Unseen, "spread.unseen_device", part.StateNeutral},
	} {
		if word.is {
			parts.Add(notice(word.state, say(word.code, "n", c.Exported)))
		}
	}
	promise := ""
	if code := "spread.promise." + c.Promise; c.Promise != "" && w.lang.Knows(code) {
		promise = say(code)
	}
	receipt := ""
	if c.Answer != nil {
		receipt = dotted(say("spread.answer", "n", c.Answer.Entry), w.when(c.Answer.At.Time()))
	}
	parts.Add(part.Facts(
		part.Fact{Label: say("log.staff"), Value: dotted(c.Person.Name(), c.Person.Username)},
		part.Fact{Label: say("log.device"), Value: dotted(c.Label, c.Device.Grouped())},
		part.Fact{Label: say("spread.came"), Value: copyWay(w.lang, line)},
		part.Fact{Label: say("spread.first"), Value: whenAny(w, c.First.IsZero(), c.First.Time)},
		part.Fact{Label: say("spread.last"), Value: whenAny(w, c.Last == c.First || c.Last.IsZero(), c.Last.Time)},
		part.Fact{Label: say("spread.times"), Value: several(c.Times)},
		part.Fact{Label: say("spread.until"), Value: whenAny(w, c.Until.IsZero(), c.Until.Time)},
		part.Fact{Label: say("spread.erased"), Value: receipt},
		part.Fact{Label: say("spread.promise"), Value: promise},
		part.Fact{Label: say("spread.synced"), Value: whenAny(w, c.Synced.IsZero(), c.Synced.Time)},
		part.Fact{Label: say("spread.version"), Value: several(int(c.Record))},
		part.Fact{Label: say("log.place"), Value: several(int(c.Entry))},
	))
	return &copyPage{content: part.NewSubPage(w.lang, say("spread.copy"), w.back, nil, part.NewScrollPage(pageWidth, part.NewPanel(parts)))}
}

func (s *copyPage) Content() fyne.CanvasObject { return s.content }
func (s *copyPage) Enter()                     {}
func (s *copyPage) Leave()                     {}
func (s *copyPage) Changed(agent.Signal)       {}

// several is a number that is worth saying.
func several(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
