package ui

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/ui/part"
)

// outboxPage lists the sealed segments that lie on this machine, this person's and others', and carries them on a stick. It
// shows who left them and how they fare; what they say, only the connected system reads.
type outboxPage struct {
	w        *Window
	banner   *part.Banner
	list     *part.RowList
	carried  *part.Text // how much was handed in for others
	bears    *part.Text // what is carried for whom
	out, in  *part.Button
	segments []outboxSegment
	content  fyne.CanvasObject
	latest   Latest
	carries  Latest
	busy     bool
}

// outboxSegment is a segment with how it fares.
type outboxSegment struct {
	agent.SealedSegment
	waiting bool // nobody has said yet that it is received
}

func newOutboxPage(w *Window) *outboxPage {
	say := w.lang.Say
	s := &outboxPage{w: w, banner: part.NewBanner(w.lang)}
	s.list = part.NewRowList(part.NewEmpty(w.lang, assets.IconExport, "outbox.empty", nil))
	s.list.OnOpen = s.open
	s.in = part.NewButton(say("outbox.import"), assets.IconSync, func() { s.choose(s.importFrom) })
	s.out = part.NewPrimary(say("outbox.export"), assets.IconExport, func() { s.choose(s.exportTo) })
	s.carried, s.bears = part.NewMuted(""), part.NewStrong("")
	head := part.Stack(part.NewMuted(say("outbox.hint")), part.NewFlow(s.out, s.in), s.bears, s.carried)
	s.carried.Hide()
	s.bears.Hide()
	s.content = part.NewSubPage(w.lang, say("outbox.title"), w.back, s.banner, part.Headed(head, s.list))
	return s
}

func (s *outboxPage) Content() fyne.CanvasObject { return s.content }
func (s *outboxPage) First() fyne.Focusable      { return s.out }
func (s *outboxPage) Enter()                     { s.load() }

func (s *outboxPage) Leave() {
	s.latest.Stop()
	s.carries.Stop()
	s.setBusy(false)
}

func (s *outboxPage) Changed(sig agent.Signal) {
	if sig == agent.SyncChanged || sig == agent.EventsChanged {
		s.load()
	}
}

func (s *outboxPage) load() {
	Load(s.latest.Next(s.w.life), s.w.spawn, s.w.agent.Outbox, func(all []agent.SealedSegment, err error) {
		if err != nil {
			s.w.tell(s.banner, err)
			return
		}
		me := s.w.agent.Me()
		s.carried.SetText(s.w.lang.Say("outbox.carried", "n", me.Carried))
		s.carried.Hidden = me.Carried == 0
		s.bears.SetText(bearing(s.w.lang, all))
		s.bears.Hidden = len(agent.Burdens(all)) == 0
		s.content.Refresh()
		s.segments = faring(all, me.Waiting)
		rows := make([]part.Row, len(s.segments))
		for i, one := range s.segments {
			rows[i] = s.row(i, one)
		}
		s.list.SetRows(rows)
	})
}

// bearing says what is carried for whom.
func bearing(lang assets.Language, all []agent.SealedSegment) string {
	var said []string
	for _, b := range agent.Burdens(all) {
		said = append(said, lang.Say("outbox.bears", "n", b.Segments, "who", cmp.Or(b.For, lang.Say("outbox.device", "device", b.Device.Short()))))
	}
	return strings.Join(said, " ")
}

// faring puts this person's newest first, then the others' newest first, and says which wait: of one's own, those at whose
// end the entries without a receipt stand.
func faring(all []agent.SealedSegment, waiting int) []outboxSegment {
	list := make([]outboxSegment, len(all))
	for i, one := range all {
		list[i] = outboxSegment{one, !one.Own && !one.Handed}
	}
	slices.SortStableFunc(list, func(x, y outboxSegment) int {
		switch {
		case x.Own != y.Own && x.Own:
			return -1
		case x.Own != y.Own:
			return 1
		case x.Own && x.Generation != y.Generation:
			return int(int64(y.Generation) - int64(x.Generation))
		case x.Own:
			return int(int64(y.First) - int64(x.First))
		}
		return y.Created.Compare(x.Created)
	})
	for i := range list {
		if one := &list[i]; one.Own && waiting > 0 {
			one.waiting = one.Entries > 0
			waiting -= one.Entries
		}
	}
	return list
}

func (s *outboxPage) row(number int, one outboxSegment) part.Row {
	say := s.w.lang.Say
	row := part.Row{ID: fmt.Sprint(number), Icon: assets.IconLog, Title: say("outbox.own")}
	if !one.Own {
		row.Title, row.Icon = cmp.Or(one.For, say("outbox.device", "device", one.Device.Short())), assets.IconPerson
	}
	if one.Device == "" {
		row.Title, row.Icon = one.File, assets.IconWarning
	}
	row.Subtitle = dotted(say("outbox.entries", "n", one.Entries), sizeWords(s.w, one.Size), whenAny(s.w, one.Created.IsZero(), one.Created.Local))
	switch {
	case one.Problem != "":
		row.State = part.StateDanger
		row.Badges = append(row.Badges, part.Badge{Text: say("outbox.refused"), State: part.StateDanger})
	case one.waiting:
		row.State = part.StateWaiting
		row.Badges = append(row.Badges, part.Badge{Text: say("state.waiting"), State: part.StateWaiting})
	case one.Own:
		row.Badges = append(row.Badges, part.Badge{Text: say("event.received"), State: part.StateOK})
	default:
		row.Badges = append(row.Badges, part.Badge{Text: say("outbox.handed"), State: part.StateOK})
	}
	if one.Brought {
		row.Badges = append(row.Badges, part.Badge{Text: say("outbox.brought"), State: part.StateNeutral})
	}
	if one.Carried {
		row.Badges = append(row.Badges, part.Badge{Text: say("outbox.met"), State: part.StateNeutral})
	}
	return row
}

// sizeWords is a size in whole kilobytes, never none.
func sizeWords(w *Window, bytes int) string {
	return w.lang.Say("outbox.size", "n", max(1, (bytes+512)/1024))
}

// open shows one segment, and where it is refused why.
func (s *outboxPage) open(row part.Row) {
	i := slices.IndexFunc(s.list.Rows(), func(r part.Row) bool { return r.ID == row.ID })
	if i < 0 || i >= len(s.segments) {
		return
	}
	one, say := s.segments[i], s.w.lang.Say
	numbers := ""
	switch {
	case one.Entries == 1:
		numbers = say("outbox.number", "n", one.First)
	case one.Entries > 1:
		numbers = say("outbox.numbers", "from", one.First, "to", one.First+uint64(one.Entries)-1)
	}
	body := part.Stack()
	if one.Problem != "" {
		p := ProblemOf(s.w.lang, &agent.Problem{Code: one.Problem})
		body.Add(part.NewTinted(part.StateDanger, part.Stack(part.NewStrong(p.What).InState(part.StateDanger), part.NewText(p.Safe), part.NewText(p.Do))))
	}
	body.Add(part.Facts(
		part.Fact{Label: say("me.device_id"), Value: one.Device.Grouped()},
		part.Fact{Label: say("outbox.contains"), Value: dotted(say("outbox.entries", "n", one.Entries), numbers)},
		part.Fact{Label: say("outbox.begun"), Value: whenAny(s.w, one.Created.IsZero(), one.Created.Local)},
		part.Fact{Label: say("event.state"), Value: joinedBadges(row.Badges)},
		part.Fact{Label: say("outbox.file"), Value: one.File},
	))
	s.w.ask(&part.Dialog{Title: row.Title, Body: container.NewStack(body), Cancel: say("common.close")})
}

func joinedBadges(badges []part.Badge) string {
	words := make([]string, len(badges))
	for i, b := range badges {
		words[i] = b.Text
	}
	return joined(words)
}

// choose asks for a folder.
func (s *outboxPage) choose(then func(folder string)) {
	s.w.touch()
	if s.busy || s.w.window == nil {
		return
	}
	s.banner.Clear()
	s.w.config.Folder(s.w.window, func(folder string, err error) {
		switch {
		case s.w.top() != screen(s): // locked, or left, while the dialog was open
		case err != nil:
			s.w.tell(s.banner, &agent.Problem{Code: agent.Internal, Err: err})
		case folder != "":
			then(folder)
		}
	})
}

func (s *outboxPage) exportTo(folder string) {
	s.carry("outbox.exported", func(ctx context.Context) (agent.Carriage, error) { return s.w.agent.ExportOutbox(ctx, folder) })
}

func (s *outboxPage) importFrom(folder string) {
	s.carry("outbox.imported", func(ctx context.Context) (agent.Carriage, error) { return s.w.agent.ImportOutbox(ctx, folder) })
}

// carry copies, and tells what was copied, what was there already, and what is no segment.
func (s *outboxPage) carry(sentence string, do func(context.Context) (agent.Carriage, error)) {
	s.setBusy(true)
	Load(s.carries.Next(s.w.life), s.w.spawn, do, func(c agent.Carriage, err error) {
		s.setBusy(false)
		s.load()
		say := s.w.lang.Say
		if err != nil {
			s.w.tell(s.banner, err)
			return
		}
		p := part.Problem{State: part.StateOK, What: say(sentence, "copied", c.Copied, "known", c.Known)}
		if len(c.Refused) > 0 {
			why := ProblemOf(s.w.lang, &agent.Problem{Code: c.Refused[0].Problem})
			p = part.Problem{State: part.StateWarning, What: p.What + " " + say("outbox.not_taken", "n", len(c.Refused)) + " " + why.What, Safe: why.Safe, Do: why.Do}
		}
		s.banner.Tell(p)
	})
}

func (s *outboxPage) setBusy(on bool) {
	s.busy = on
	for _, b := range []*part.Button{s.in, s.out} {
		if on {
			b.Disable()
		} else {
			b.Enable()
		}
	}
}
