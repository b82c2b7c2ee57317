package ui

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/sync/link"
	"handslag/ui/part"
	"handslag/vault/journal"
)

// spreadPage shows a reviewer who has a copy of a record, as a tree: each below who gave it. To look is an entry, so it is
// asked for once, and again at the person's wish.
type spreadPage struct {
	w       *Window
	record  journal.RecordID
	banner  *part.Banner
	summary *fyne.Container
	list    *part.RowList
	body    fyne.CanvasObject
	content fyne.CanvasObject
	latest  Latest

	tree  *link.Spread
	lines []spreadLine
}

// spreadLine is one row: a copy, or how many more from gave.
type spreadLine struct {
	lead   string
	copy   *link.SpreadCopy
	from   *link.SpreadCopy // nil: the connected system, or whoever the tree begins with
	folded int
}

func newSpreadPage(w *Window, record journal.RecordID) *spreadPage {
	s := &spreadPage{w: w, record: record, banner: part.NewBanner(w.lang), summary: part.Stack()}
	s.list = part.NewRowList(part.NewEmpty(w.lang, assets.IconHandshake, "spread.empty", nil))
	s.list.OnOpen = func(row part.Row) { s.open(row.ID) }
	s.body = part.Headed(s.summary, s.list)
	s.content = part.NewSubPage(w.lang, w.lang.Say("spread.title"), w.back, s.banner, s.body,
		part.NewButton(w.lang.Say("log.update"), assets.IconSync, s.load))
	return s
}

func (s *spreadPage) Content() fyne.CanvasObject { return s.content }
func (s *spreadPage) Leave()                     { s.latest.Stop() }
func (s *spreadPage) Changed(agent.Signal)       {}

func (s *spreadPage) Enter() {
	if s.tree == nil {
		s.load()
	}
}

func (s *spreadPage) load() {
	s.ask(link.SpreadFilter{Record: s.record}, func(tree link.Spread) { s.tree = &tree })
}

func (s *spreadPage) ask(f link.SpreadFilter, take func(link.Spread)) {
	s.w.touch()
	if s.tree == nil {
		s.summary.Objects = []fyne.CanvasObject{part.NewMuted(s.w.lang.Say("common.loading"))}
	}
	Load(s.latest.Next(s.w.life), s.w.spawn, func(ctx context.Context) (link.Spread, error) { return s.w.agent.Spread(ctx, f) },
		func(tree link.Spread, err error) {
			s.w.tell(s.banner, err)
			if err == nil {
				take(tree)
				s.show()
			} else if s.tree == nil {
				s.summary.Objects = nil
			}
			s.content.Refresh()
		})
}

// show tells what it comes to, and draws the tree.
func (s *spreadPage) show() {
	say, t := s.w.lang.Say, s.tree
	words := part.StackTight(part.NewLead(or(t.SubjectName, string(t.Record))))
	if t.Devices > 0 {
		words.Add(part.NewText(say("spread.devices", "n", t.Devices, "open", t.Open)))
	}
	if !t.Ordered.IsZero() {
		words.Add(part.NewText(say("spread.ordered", "time", s.w.spoken(t.Ordered.Time()))))
	}
	if !t.NoCopyAfter.IsZero() {
		words.Add(part.NewStrong(say("spread.no_copy_after", "time", s.w.spoken(t.NoCopyAfter.Time()))))
	}
	s.summary.Objects = []fyne.CanvasObject{part.NewPanel(words)}
	if t.Unpromised > 0 {
		s.summary.Add(notice(part.StateWarning, say("spread.unpromised", "n", t.Unpromised)))
	}
	if t.Partial {
		s.summary.Add(notice(part.StateNeutral, say("spread.partial")))
	}
	s.lines = flatten(nil, 0, "", nil, t.Copies, t.Folded)
	lines := s.lines
	s.list.SetLazily(len(lines), func(i int) part.Row { return s.row(lines, i) })
	s.summary.Refresh()
}

// flatten walks the tree as link.Spread.Drawn does, and keeps who gave what is folded. What stands at the top hangs on nothing.
func flatten(lines []spreadLine, depth int, lead string, from *link.SpreadCopy, copies []link.SpreadCopy, folded int) []spreadLine {
	last, more, below := "└─ ", "├─ ", [2]string{"   ", "│  "}
	if depth == 0 {
		last, more, below = "", "", [2]string{}
	}
	for i := range copies {
		branch, under := more, below[1]
		if i == len(copies)-1 && folded == 0 {
			branch, under = last, below[0]
		}
		lines = append(lines, spreadLine{lead: lead + branch, copy: &copies[i], from: from})
		lines = flatten(lines, depth+1, lead+under, &copies[i], copies[i].Copies, copies[i].Folded)
	}
	if folded > 0 {
		lines = append(lines, spreadLine{lead: lead + last, from: from, folded: folded})
	}
	return lines
}

// open shows what is known of a copy, or what was folded.
func (s *spreadPage) open(id string) {
	for i, line := range s.lines {
		switch {
		case s.row(s.lines, i).ID != id:
		case line.copy != nil:
			s.w.push(newCopyPage(s.w, line))
			return
		default:
			s.unfold(line.from)
			return
		}
	}
}

// unfold asks for more of what one device gave.
func (s *spreadPage) unfold(from *link.SpreadCopy) {
	f := link.SpreadFilter{Record: s.record}
	copies, folded := &s.tree.Copies, &s.tree.Folded
	if from != nil {
		f.From, copies, folded = from.Device, &from.Copies, &from.Folded
	}
	if n := len(*copies); n > 0 {
		f.After = (*copies)[n-1].Device
	}
	s.ask(f, func(tree link.Spread) { *copies, *folded = append(*copies, tree.Copies...), tree.Folded })
}

// row is a line: who, and what has become of the copy; then on which device, from whom and when.
func (s *spreadPage) row(lines []spreadLine, i int) part.Row {
	say, line := s.w.lang.Say, lines[i]
	if line.copy == nil {
		return part.Row{ID: "+" + line.lead + deviceIn(line.from), Lead: line.lead, Icon: assets.IconChevron, Title: say("spread.folded", "n", line.folded)}
	}
	c := line.copy
	row := part.Row{ID: line.lead + string(c.Device) + deviceIn(line.from), Lead: line.lead, Icon: assets.IconPerson, Title: copyHolder(s.w.lang, c), Opens: len(c.Copies)+c.Folded > 0}
	row.Subtitle = dotted(copyState(s.w, c), copyWay(s.w.lang, line), c.Label, c.Device.Short())
	switch c.State {
	case link.CopyOpen, link.CopyUnknown, link.CopyWithdrawn:
		row.Badges = append(row.Badges, part.Badge{Text: say("spread.badge." + string(c.State)), State: part.StateNeutral})
	default:
		row.Badges = append(row.Badges, part.Badge{Text: say("spread.badge." + string(c.State)), State: part.StateOK})
	}
	switch {
	case !c.Revoked.IsZero():
		row.State = part.StateDanger
		row.Badges = append(row.Badges, part.Badge{Text: say("spread.badge.revoked"), State: part.StateDanger})
	case c.Exported > 0:
		row.State = part.StateWarning
		row.Badges = append(row.Badges, part.Badge{Text: say("spread.badge.exported"), State: part.StateWarning})
	case c.Promise != "full" && c.State != link.CopyRefused:
		row.Badges = append(row.Badges, part.Badge{Text: say("spread.badge.no_promise"), State: part.StateWarning})
	}
	return row
}

func deviceIn(c *link.SpreadCopy) string {
	if c == nil {
		return ""
	}
	return string(c.Device)
}

func copyHolder(lang assets.Language, c *link.SpreadCopy) string {
	return or(strings.TrimSpace(c.Person.Name()), or(c.Person.Username, lang.Say("did.somebody")))
}

// copyWay is from whom it came.
func copyWay(lang assets.Language, line spreadLine) string {
	if line.copy.Way == link.WayHandOver && line.from != nil {
		return lang.Say("spread.from", "name", copyHolder(lang, line.from))
	}
	return lang.Say("spread.way." + string(line.copy.Way))
}

// copyState is what has become of it, with its time.
func copyState(w *Window, c *link.SpreadCopy) string {
	return w.lang.Say("spread.state."+string(c.State), "until", w.spoken(c.Until.Time()), "ended", w.spoken(c.Ended.Time()))
}
