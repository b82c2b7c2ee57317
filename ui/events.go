package ui

import (
	"context"
	"fmt"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/ui/part"
)

const minute = time.Minute

// eventsShown is how many of this device's own entries its page lists.
const eventsShown = 500

// eventsPage lists what this device has written in its journal.
type eventsPage struct {
	w       *Window
	banner  *part.Banner
	list    *part.RowList
	events  []agent.Event
	content fyne.CanvasObject
	latest  Latest
}

func newEventsPage(w *Window) *eventsPage {
	s := &eventsPage{w: w, banner: part.NewBanner(w.lang)}
	s.list = part.NewRowList(part.NewEmpty(w.lang, assets.IconLog, "me.events_empty", nil))
	s.list.OnOpen = func(row part.Row) { s.open(row.ID) }
	s.content = part.NewSubPage(w.lang, w.lang.Say("me.events"), w.back, s.banner, part.Headed(part.NewMuted(w.lang.Say("me.events_hint")), s.list))
	return s
}

func (s *eventsPage) Content() fyne.CanvasObject { return s.content }
func (s *eventsPage) Enter()                     { s.load() }
func (s *eventsPage) Leave()                     { s.latest.Stop() }

func (s *eventsPage) Changed(sig agent.Signal) {
	if sig == agent.EventsChanged || sig == agent.SyncChanged {
		s.load()
	}
}

func (s *eventsPage) load() {
	Load(s.latest.Next(s.w.life), s.w.spawn, func(ctx context.Context) ([]agent.Event, error) { return s.w.agent.Events(ctx, eventsShown) },
		func(events []agent.Event, err error) {
			s.w.tell(s.banner, err)
			if err != nil {
				return
			}
			s.events = events
			rows := make([]part.Row, len(events))
			for i, e := range events {
				rows[i] = s.row(e)
			}
			s.list.SetRows(rows)
		})
}

func eventID(e agent.Event) string { return fmt.Sprintf("%d-%d", e.Generation, e.Seq) }

func (s *eventsPage) row(e agent.Event) part.Row {
	badge := part.Badge{Text: s.w.lang.Say("event.received"), State: part.StateOK}
	if e.Waiting {
		badge = part.Badge{Text: s.w.lang.Say("state.waiting"), State: part.StateWaiting}
	}
	return part.Row{ID: eventID(e), Icon: deedIcon(e.Kind), State: deedState(e.Kind), Title: eventSentence(s.w.lang, e),
		Subtitle: dotted(s.w.when(e.At), e.Reason, e.Note, s.w.lang.Change(e.Topic, e.Value)), Badges: []part.Badge{badge}}
}

// open shows one entry with its fingerprint, which a reviewer of the log sees too.
func (s *eventsPage) open(id string) {
	for _, e := range s.events {
		if eventID(e) != id {
			continue
		}
		say := s.w.lang.Say
		state := say("event.received")
		if e.Waiting {
			state = say("event.waiting")
		}
		body := container.NewStack(part.Facts(
			part.Fact{Label: say("log.time"), Value: s.w.when(e.At)},
			part.Fact{Label: say("log.reason"), Value: e.Reason},
			part.Fact{Label: say("event.note"), Value: dotted(e.Note, s.w.lang.Change(e.Topic, e.Value))},
			part.Fact{Label: say("event.peer"), Value: e.Peer.Grouped()},
			part.Fact{Label: say("event.state"), Value: state},
			part.Fact{Label: say("event.number"), Value: fmt.Sprint(e.Seq)},
			part.Fact{Label: say("log.fingerprint"), Value: e.Hash},
		))
		s.w.ask(&part.Dialog{Title: eventSentence(s.w.lang, e), Body: body, Cancel: say("common.close")})
		return
	}
}

// dotted joins what is there with dots between.
func dotted(parts ...string) string {
	var said []string
	for _, p := range parts {
		if p = strings.TrimSpace(p); p != "" {
			said = append(said, p)
		}
	}
	return strings.Join(said, " · ")
}
