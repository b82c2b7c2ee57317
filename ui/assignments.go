package ui

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/ui/part"
	"handslag/vault/journal"
)

// assignmentsScreen lists the work on this device: today's first, then what comes later, then what is done.
type assignmentsScreen struct {
	w       *Window
	banner  *part.Banner
	bar     *part.FilterBar
	list    *part.RowList
	tasks   *paged[agent.Task]
	content fyne.CanvasObject
}

func newAssignmentsScreen(w *Window) *assignmentsScreen {
	lang := w.lang
	s := &assignmentsScreen{w: w, banner: part.NewBanner(lang)}
	s.bar = part.NewFilterBar(lang, lang.Say("assignments.search"), part.FilterChoice{ID: "when", Label: lang.Say("assignments.when"), Options: []part.Option{
		{ID: string(agent.WhenToday), Text: lang.Say("assignments.today")},
		{ID: string(agent.WhenLater), Text: lang.Say("assignments.later")},
		{ID: string(agent.WhenDone), Text: lang.Say("assignments.done")},
	}})
	s.list = part.NewRowList(part.NewEmpty(lang, assets.IconAssignment, "assignments.empty", nil))
	s.list.OnOpen = func(row part.Row) { w.push(newAssignmentScreen(w, journal.AssignmentID(row.ID))) }
	s.bar.OnChange = func(part.Filter) { s.tasks.search() }
	s.tasks = newPaged(w, s.list, s.ask, w.taskRow, s.told)
	s.content = part.NewPage(lang.Say("assignments.title"), s.banner, part.Headed(s.bar, s.list))
	return s
}

func (s *assignmentsScreen) Content() fyne.CanvasObject { return s.content }
func (s *assignmentsScreen) Enter()                     { s.tasks.again() }
func (s *assignmentsScreen) Leave()                     { s.tasks.stop() }

// First lets the keyboard start in the search.
func (s *assignmentsScreen) First() fyne.Focusable { return s.bar.Focusable() }

func (s *assignmentsScreen) Changed(sig agent.Signal) {
	if sig == agent.AssignmentsChanged || sig == agent.RecordsChanged {
		s.tasks.again()
	}
}

func (s *assignmentsScreen) ask() func(context.Context, agent.Page) (piece[agent.Task], error) {
	filter := s.bar.Filter()
	sought := agent.Sought{Text: filter.Search, When: agent.When(filter.Values["when"])}
	return func(ctx context.Context, page agent.Page) (piece[agent.Task], error) {
		found, err := s.w.agent.FindTasks(ctx, sought, page)
		return piece[agent.Task]{found.Tasks, found.Last, found.More}, err
	}
}

func (s *assignmentsScreen) told(err error) {
	s.w.tell(s.banner, err)
	filter := s.bar.Filter()
	code, icon := "assignments.empty", assets.IconAssignment
	if strings.TrimSpace(filter.Search) != "" || len(filter.Values) > 0 {
		code, icon = "assignments.none_match", assets.IconSearch
	}
	s.list.SetEmpty(part.NewEmpty(s.w.lang, icon, code, nil))
}

func (w *Window) late(t agent.Task) bool {
	return t.Due != "" && t.Due < part.DayOf(w.now()) && t.Done == nil
}

// taskRow is an assignment as one line of a list.
func (w *Window) taskRow(t agent.Task) part.Row {
	row := part.Row{ID: string(t.ID), Icon: assets.IconAssignment, Title: t.Title}
	var parts []string
	for _, p := range []string{string(t.ID), t.RecordTitle, t.Area} {
		if p != "" && !slices.Contains(parts, p) { // a protected card's title is the number
			parts = append(parts, p)
		}
	}
	row.Subtitle = strings.Join(parts, " · ")
	row.Badges = w.taskBadges(t)
	if t.Done != nil && !t.Done.OlderVersion {
		row.Icon, row.State = assets.IconCheck, part.StateOK
	}
	return row
}

// taskBadges are what there is to tell of an assignment, the most telling first.
func (w *Window) taskBadges(t agent.Task) []part.Badge {
	lang := w.lang
	var badges []part.Badge
	if t.Conflicts() > 0 {
		badges = append(badges, part.Badge{Text: lang.Say("assignments.conflicts"), State: part.StateWarning})
	}
	if done := t.Done; done != nil {
		if done.OlderVersion {
			badges = append(badges, part.Badge{Text: lang.Say("assignments.signed_older"), State: part.StateWarning})
		} else if badges = append(badges, part.Badge{Text: lang.Say("assignments.done"), State: part.StateOK}); done.EarlierState {
			badges = append(badges, part.Badge{Text: lang.Say("assignments.signed_earlier"), State: part.StateWarning})
		}
		if done.Waiting {
			badges = append(badges, part.Badge{Text: lang.Say("assignments.waiting"), State: part.StateWaiting})
		}
		return badges
	}
	switch {
	case t.Today:
		badges = append(badges, part.Badge{Text: lang.Say("assignments.today"), State: part.StateWaiting})
	case w.late(t):
		badges = append(badges, part.Badge{Text: lang.Say("assignments.late", "day", t.Due), State: part.StateWarning})
	case t.Due == part.DayOf(w.now().AddDate(0, 0, 1)):
		badges = append(badges, part.Badge{Text: lang.Say("assignments.tomorrow"), State: part.StateNeutral})
	case t.Due != "":
		badges = append(badges, part.Badge{Text: t.Due, State: part.StateNeutral})
	}
	if t.Record != "" && !t.HoldRecord {
		badges = append(badges, part.Badge{Text: lang.Say("assignments.record_away"), State: part.StateWarning})
	}
	if t.Mine {
		badges = append(badges, part.Badge{Text: lang.Say("assignments.yours"), State: part.StateNeutral})
	}
	return badges
}
