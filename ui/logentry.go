package ui

import (
	"strconv"
	"strings"

	"fyne.io/fyne/v2"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/sync/link"
)

// logEntryPage shows one entry of the audit log whole, and its other half beside it.
type logEntryPage struct{ content fyne.CanvasObject }

func newLogEntryPage(w *Window, r link.LogRow) *logEntryPage {
	parts := []fyne.CanvasObject{logHalf(w, r)}
	switch {
	case r.Other != nil:
		parts = append(parts, Section(w.lang.Say("log.other_half"), w.lang.Say("log.pair"), logHalf(w, *r.Other)))
	case r.Alone:
		parts = append(parts, notice(StateWarning, w.lang.Say("log.pair_missing")))
	}
	return &logEntryPage{content: NewSubPage(w.lang, w.lang.Say("log.detail"), w.back, nil, NewScrollPage(pageWidth, parts...))}
}

func (s *logEntryPage) Content() fyne.CanvasObject { return s.content }
func (s *logEntryPage) Enter()                     {}
func (s *logEntryPage) Leave()                     {}
func (s *logEntryPage) Changed(agent.Signal)       {}

// logHalf is one entry as facts under its sentence.
func logHalf(w *Window, r link.LogRow) fyne.CanvasObject {
	say := w.lang.Say
	body := Stack(NewLead(rowSentence(w.lang, r)))
	for _, code := range r.Findings {
		body.Add(notice(StateWarning, foundSentence(w.lang, code)))
	}
	if r.Erased {
		body.Add(NewMuted(say("log.erased")))
	}
	body.Add(Facts(
		Fact{say("log.time"), logTime(w, r)},
		Fact{say("log.subject"), subjectName(r)},
		Fact{say("log.record"), versioned(w.lang, string(r.Record), r.RecordNo)},
		Fact{say("log.assignment"), dotted(string(r.Assignment), r.AssignmentTitle)},
		Fact{say("log.reason"), r.Reason},
		Fact{say("event.note"), noteWords(w.lang, r)},
		Fact{say("log.staff"), dotted(strings.TrimSpace(r.Person.Name()), r.Person.Username)},
		Fact{say("log.unit"), unitNames(r.Units)},
		Fact{say("log.device"), deviceOf(w.lang, r)},
		Fact{say("log.peer"), dotted(r.PeerName, r.Peer.Grouped())},
		Fact{say("log.until"), whenAny(w, r.Until.IsZero(), r.Until.Time)},
		Fact{say("log.code"), r.Code},
		Fact{say("log.route"), r.Route},
		Fact{say("log.ip"), r.Address},
		Fact{say("log.carried_by"), r.Carrier.Grouped()},
		Fact{say("log.clock"), whenAny(w, r.Clock.IsZero(), r.Clock.Time)},
		Fact{say("log.fingerprint"), r.Fingerprint},
		Fact{say("log.place"), strconv.FormatInt(r.ID, 10)},
	))
	return NewPanel(body)
}

// logTime is the interval in which it happened: after the newest server time that the device knew, before it was received.
func logTime(w *Window, r link.LogRow) string {
	if r.NotBefore.IsZero() || r.NotBefore == r.NotAfter {
		return w.when(r.NotAfter.Time())
	}
	return w.lang.Say("log.interval", "from", w.when(r.NotBefore.Time()), "to", w.when(r.NotAfter.Time()))
}

func deviceOf(lang assets.Language, r link.LogRow) string {
	if r.System {
		return lang.Say("log.by_system")
	}
	return r.Device.Grouped()
}

func versioned(lang assets.Language, id string, number uint64) string {
	if id == "" || number == 0 {
		return id
	}
	return dotted(id, lang.Say("log.version", "n", number))
}
