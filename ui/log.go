package ui

import (
	"context"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/sync/link"
	"handslag/ui/part"
)

const (
	logPage       = link.LogPageRows
	logGoesOn     = 8  // pages that are asked for by themselves, where filters leave little
	logScreenful  = 12 // rows that are enough to stop at
	findingsShown = 3  // of a page's findings; the rest behind a button
)

// logScreen shows the connected system's audit log to whoever may read it. Each look is itself an entry, so nothing is read but
// at the person's wish: coming to the place, filtering, "more", "update".
type logScreen struct {
	w        *Window
	banner   *part.Banner
	filter   *logFilter
	within   *part.Text // of which units' entries these are, where that is not everybody's
	findings *fyne.Container
	list     *part.RowList
	count    *part.Text
	more     *part.Button
	stop     *part.Button
	export   *logExport
	page     *fyne.Container // filter, findings and list; or why there are none
	body     fyne.CanvasObject
	content  fyne.CanvasObject
	latest   Latest
	cards    Latest

	asked  bool
	shown  link.LogFilter
	rows   []link.LogRow
	found  []link.Finding
	cursor string
	went   int  // pages that were asked for by themselves since the person last asked
	busy   bool // a page is on its way
	allOf  bool // every finding is listed
}

func newLogScreen(w *Window) *logScreen {
	s := &logScreen{w: w, banner: part.NewBanner(w.lang), filter: newLogFilter(w.lang, w.now), within: part.NewMuted(""), findings: part.Stack(), count: part.NewMuted("").Unbroken()}
	s.within.Hide()
	s.filter.onChange = s.ask
	s.list = part.NewRowList(part.NewEmpty(w.lang, assets.IconLog, "log.empty", nil))
	s.list.OnOpen = func(row part.Row) { s.open(row.ID) }
	s.list.OnEnd = s.atEnd
	s.filter.fields[bySubject].OnSeek = s.suggest
	s.more = part.NewButton(w.lang.Say("common.more"), "", s.loadMore)
	s.more.Hide()
	s.stop = part.NewButton(w.lang.Say("log.stop"), "", s.halt)
	s.stop.Hide()
	s.export = newLogExport(w, s.banner, func() link.LogFilter { return s.shown })
	update := part.NewButton(w.lang.Say("log.update"), assets.IconSync, s.ask)
	foot := container.NewHBox(part.Middle(s.count), layout.NewSpacer(), s.stop, s.more)
	s.body = part.HeadedBy(part.Gap, part.Stack(s.filter.content, s.within, s.findings, s.export.progressBox), s.list, foot)
	s.page = container.NewStack(s.body)
	s.content = part.NewPage(w.lang.Say("log.title"), s.banner, s.page, update, s.export.csv, s.export.json)
	return s
}

func (s *logScreen) Content() fyne.CanvasObject { return s.content }
func (s *logScreen) Changed(agent.Signal)       {}

// Enter reads the newest page the first time. Coming back from an entry shows what was read.
func (s *logScreen) Enter() {
	if s.asked {
		return
	}
	s.suggest("")
	s.ask()
}

// suggest offers the people on this device whose cards fit what is typed, and at first the assignments.
func (s *logScreen) suggest(text string) {
	type held struct {
		cards []agent.Card
		tasks []agent.Task
	}
	fetch := s.w.cardsOf(text)
	Load(s.cards.Next(s.w.life), s.w.spawn, func(ctx context.Context) (h held, err error) {
		found, err := fetch(ctx, agent.Page{})
		if err == nil && text == "" {
			h.tasks, err = s.w.agent.Assignments(ctx, "")
		}
		h.cards = found.things
		return h, err
	}, func(h held, err error) {
		if err == nil { // without, a person can still be typed
			s.filter.learnHeld(h.cards, h.tasks)
		}
	})
}

func (s *logScreen) Leave() {
	s.latest.Stop()
	s.setBusy(false)
	s.cards.Stop()
	s.export.leave()
}

// ask reads the first page of what the filter leaves. Whatever was on its way ends.
func (s *logScreen) ask() {
	s.w.touch()
	s.went = 0
	f := s.filter.filter()
	f.Limit = logPage
	s.load(f, func(page link.LogPage, err error) {
		switch agent.CodeOf(err) {
		case "":
			s.asked = true
			s.rows, s.found, s.allOf, s.shown = nil, page.Found, false, f
			s.banner.Clear()
			s.page.Objects = []fyne.CanvasObject{s.body}
			s.list.ScrollToTop()
			s.take(page)
		case agent.NoRight:
			s.banner.Clear() // the page says it
			s.replace("log.no_right_title", "log.no_right", assets.IconLock)
		case agent.NotOnline, agent.ServerAway:
			if len(s.rows) == 0 {
				s.replace("log.away", "log.away_hint", assets.IconLog)
			}
			s.w.tell(s.banner, err)
		default:
			s.w.tell(s.banner, err)
		}
	})
}

// load asks for one page; nothing else is asked for meanwhile, but by a filter that changes, which ends it.
func (s *logScreen) load(f link.LogFilter, show func(link.LogPage, error)) {
	s.setBusy(true)
	Load(s.latest.Next(s.w.life), s.w.spawn, func(ctx context.Context) (link.LogPage, error) { return s.w.agent.Log(ctx, f) },
		func(page link.LogPage, err error) {
			s.setBusy(false)
			show(page, err)
			s.content.Refresh()
		})
}

// setBusy tells that a page is on its way, and offers to stop.
func (s *logScreen) setBusy(on bool) {
	s.busy = on
	s.stop.Hidden = !on || s.cursor == ""
	s.more.Hidden = on || s.cursor == ""
	switch {
	case on && s.went > 0:
		s.count.SetText(s.w.lang.Say("log.looking", "n", len(s.rows)))
	case on:
		s.count.SetText(s.w.lang.Say("common.loading"))
	default:
		s.tellCount()
	}
}

// halt ends what is on its way; what has come stays.
func (s *logScreen) halt() {
	s.w.touch()
	s.latest.Stop()
	s.setBusy(false)
	s.went = logGoesOn
	s.content.Refresh()
}

// replace shows in the list's stead why there is none.
func (s *logScreen) replace(title, hint, icon string) {
	words := part.Stack(container.NewCenter(part.Medallion(icon, part.StateNeutral, 72)), part.NewLead(s.w.lang.Say(title)).Centred(), part.NewText(s.w.lang.Say(hint)).Centred())
	again := part.NewButton(s.w.lang.Say("common.retry"), assets.IconSync, s.ask)
	words.Add(container.NewCenter(again))
	s.export.enable(false)
	s.page.Objects = []fyne.CanvasObject{part.Balanced(420, words)}
}

// loadMore reads the page after.
func (s *logScreen) loadMore() {
	s.w.touch()
	s.went = 0
	s.next()
}

func (s *logScreen) next() {
	f := s.shown
	f.After = s.cursor
	s.load(f, func(page link.LogPage, err error) {
		s.w.tell(s.banner, err)
		if err == nil {
			s.take(page)
		}
	})
}

// atEnd reads on when the last row comes into sight, once the list is done with drawing it.
func (s *logScreen) atEnd() {
	if s.busy || s.cursor == "" || len(s.rows) < logScreenful {
		return
	}
	s.busy = true
	ctx := s.latest.Next(s.w.life)
	s.w.spawn(func() {
		s.w.config.Do(func() {
			if ctx.Err() == nil && s.busy {
				s.loadMore()
			}
		})
	})
}

// take adds a page to what is shown. One that is short although there may be more goes on by itself, some times.
func (s *logScreen) take(page link.LogPage) {
	s.rows, s.cursor = append(s.rows, page.Rows...), page.Cursor
	s.filter.learn(page.Rows)
	s.within.SetText(s.w.lang.Say("log.within", "units", unitNames(page.Within)))
	s.within.Hidden = len(page.Within) == 0
	code := "log.none_match"
	if s.shown == (link.LogFilter{Limit: logPage}) {
		code = "log.empty"
	}
	s.list.SetEmpty(part.NewEmpty(s.w.lang, assets.IconLog, code, nil))
	rows := s.rows
	s.list.SetLazily(len(rows), func(i int) part.Row { return logRow(s.w, rows[i]) })
	s.export.enable(len(s.rows) > 0)
	s.tellFindings()
	if s.cursor != "" && len(s.rows) < logScreenful && s.went < logGoesOn {
		s.went++
		s.next()
		return
	}
	s.setBusy(false)
}

func (s *logScreen) tellCount() {
	switch {
	case !s.asked:
		s.count.SetText("")
	case s.cursor != "":
		s.count.SetText(s.w.lang.Say("log.rows_so_far", "n", len(s.rows)))
	default:
		s.count.SetText(s.w.lang.Say("log.rows", "n", len(s.rows)))
	}
}

// tellFindings shows what the connected system noticed, the open ones first.
func (s *logScreen) tellFindings() {
	s.findings.Objects = nil
	var open []link.Finding
	for _, f := range s.found {
		if f.Open {
			open = append(open, f)
		}
	}
	if len(open) == 0 {
		s.findings.Hide()
		return
	}
	lines := part.StackTight(part.NewStrong(s.w.lang.Say("log.findings", "n", len(open))).InState(part.StateWarning))
	for i, f := range open {
		if i == findingsShown && !s.allOf {
			rest := part.NewQuiet(s.w.lang.Say("log.more_findings", "n", len(open)-i), "", func() { s.allOf = true; s.tellFindings(); s.content.Refresh() })
			lines.Add(container.NewHBox(rest))
			break
		}
		lines.Add(part.NewText(dotted(foundSentence(s.w.lang, f.Code), f.Person.Username, f.Device.Short(), s.w.when(f.At.Time()))))
	}
	s.findings.Add(part.NewTinted(part.StateWarning, lines))
	s.findings.Show()
}

// open shows one entry with all that is known of it.
func (s *logScreen) open(id string) {
	for _, r := range s.rows {
		if strconv.FormatInt(r.ID, 10) == id {
			s.w.push(newLogEntryPage(s.w, r))
			return
		}
	}
}

// logRow is an entry as a line: the sentence, then when, where, why, and how its other half stands.
func logRow(w *Window, r link.LogRow) part.Row {
	row := part.Row{ID: strconv.FormatInt(r.ID, 10), Icon: deedIcon(r.Kind), State: deedState(r.Kind), Title: rowSentence(w.lang, r)}
	device := ""
	if !r.System {
		device = dotted(r.DeviceLabel, r.Device.Short())
	}
	row.Subtitle = dotted(w.when(r.NotAfter.Time()), attachmentWord(w.lang, r), or(r.Reason, r.AssignmentTitle), noteWords(w.lang, r), unitNames(r.Units), device)
	for _, code := range r.Findings {
		row.State = part.StateWarning
		row.Badges = append(row.Badges, part.Badge{Text: w.lang.Say("log.finding"), State: part.StateWarning})
		row.Subtitle = dotted(foundSentence(w.lang, code), row.Subtitle)
		break
	}
	switch {
	case r.Other != nil:
		row.Badges = append(row.Badges, part.Badge{Text: w.lang.Say("log.both"), State: part.StateOK})
		row.Subtitle = dotted(row.Subtitle, rowSentence(w.lang, *r.Other))
	case r.Alone:
		row.Badges = append(row.Badges, part.Badge{Text: w.lang.Say("log.alone"), State: part.StateWarning})
	}
	if r.Signed {
		row.Badges = append(row.Badges, part.Badge{Text: w.lang.Say("log.signed"), State: part.StateOK})
	}
	return row
}
