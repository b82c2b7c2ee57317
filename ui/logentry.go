package ui

import (
	"strings"

	"fyne.io/fyne/v2"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/sync/link"
	"handslag/ui/part"
)

// logEntryPage shows one entry of the audit log whole, its other half beside it, and what vouches for it.
type logEntryPage struct {
	proof   *proofPart
	content fyne.CanvasObject
}

func newLogEntryPage(w *Window, r link.LogRow) *logEntryPage {
	banner := part.NewBanner(w.lang)
	s := &logEntryPage{proof: newProofPart(w, banner, r)}
	parts := []fyne.CanvasObject{logHalf(w, r)}
	switch {
	case r.Other != nil:
		parts = append(parts, part.Section(w.lang.Say("log.other_half"), w.lang.Say("log.pair"), logHalf(w, *r.Other)))
	case r.Alone:
		parts = append(parts, notice(part.StateWarning, w.lang.Say("log.pair_missing")))
	}
	parts = append(parts, s.proof.content)
	var deeds []fyne.CanvasObject
	if r.Record != "" {
		deeds = append(deeds, part.NewButton(w.lang.Say("spread.open"), assets.IconHandshake, func() { w.push(newSpreadPage(w, r.Record)) }))
	}
	s.content = part.NewSubPage(w.lang, w.lang.Say("log.detail"), w.back, banner, part.NewScrollPage(pageWidth, parts...), deeds...)
	s.proof.done = s.content.Refresh
	return s
}

func (s *logEntryPage) Content() fyne.CanvasObject { return s.content }
func (s *logEntryPage) Enter()                     {}
func (s *logEntryPage) Leave()                     { s.proof.leave() }
func (s *logEntryPage) Changed(agent.Signal)       {}

// logHalf is one entry as facts under its sentence.
func logHalf(w *Window, r link.LogRow) fyne.CanvasObject {
	say := w.lang.Say
	body := part.Stack(part.NewLead(rowSentence(w.lang, r)))
	for _, code := range r.Findings {
		body.Add(notice(part.StateWarning, foundSentence(w.lang, code)))
	}
	if r.Erased {
		body.Add(part.NewMuted(say("log.erased")))
	}
	body.Add(part.Facts(
		part.Fact{Label: say("log.time"), Value: logTime(w, r)},
		part.Fact{Label: say("log.subject"), Value: subjectName(r)},
		part.Fact{Label: say("log.record"), Value: versioned(w.lang, string(r.Record), r.RecordNo)},
		part.Fact{Label: say("log.attachment"), Value: string(r.Attachment)},
		part.Fact{Label: say("log.assignment"), Value: dotted(string(r.Assignment), r.AssignmentTitle)},
		part.Fact{Label: say("log.reason"), Value: r.Reason},
		part.Fact{Label: say("event.note"), Value: noteWords(w.lang, r)},
		part.Fact{Label: say("log.staff"), Value: dotted(strings.TrimSpace(r.Person.Name()), r.Person.Username)},
		part.Fact{Label: say("log.unit"), Value: unitNames(r.Units)},
		part.Fact{Label: say("log.device"), Value: deviceOf(w.lang, r)},
		part.Fact{Label: say("log.peer"), Value: dotted(r.PeerName, r.PeerLabel, r.Peer.Grouped())},
		part.Fact{Label: say("log.until"), Value: whenAny(w, r.Until.IsZero(), r.Until.Time)},
		part.Fact{Label: say("log.code"), Value: r.Code},
		part.Fact{Label: say("log.route"), Value: r.Route},
		part.Fact{Label: say("log.ip"), Value: r.Address},
		part.Fact{Label: say("log.carried_by"), Value: r.Carrier.Grouped()},
		part.Fact{Label: say("log.clock"), Value: whenAny(w, r.Clock.IsZero(), r.Clock.Time)},
		part.Fact{Label: say("log.fingerprint"), Value: r.Fingerprint},
	))
	return part.NewPanel(body)
}

// logTime is the interval in which it happened: after the newest server time that the device knew, before it was received.
func logTime(w *Window, r link.LogRow) string {
	from, to := w.spoken(r.NotBefore.Time()), w.spoken(r.NotAfter.Time())
	if r.NotBefore.IsZero() || from == to {
		return w.when(r.NotAfter.Time())
	}
	return w.lang.Say("log.interval", "from", from, "to", to)
}

func deviceOf(lang assets.Language, r link.LogRow) string {
	if r.System {
		return lang.Say("log.by_system")
	}
	return dotted(r.DeviceLabel, r.Device.Grouped())
}

func versioned(lang assets.Language, id string, number uint64) string {
	if id == "" || number == 0 {
		return id
	}
	return dotted(id, lang.Say("log.version", "n", number))
}
