package ui

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/vault/journal"
)

// The times by which the list can be narrowed, and in whose order it stands.
const (
	workToday = "today"
	workLater = "later"
	workDone  = "done"
)

// assignmentsScreen lists the work on this device: today's first, then what comes later, then what is done.
type assignmentsScreen struct {
	w       *Window
	banner  *Banner
	bar     *FilterBar
	list    *RowList
	loads   Latest
	content fyne.CanvasObject
}

func newAssignmentsScreen(w *Window) *assignmentsScreen {
	lang := w.lang
	s := &assignmentsScreen{w: w, banner: NewBanner(lang)}
	s.bar = NewFilterBar(lang, lang.Say("assignments.search"), FilterChoice{"when", lang.Say("assignments.when"), []Option{
		{ID: workToday, Text: lang.Say("assignments.today")},
		{ID: workLater, Text: lang.Say("assignments.later")},
		{ID: workDone, Text: lang.Say("assignments.done")},
	}})
	s.list = NewRowList(NewEmpty(lang, assets.IconAssignment, "assignments.empty", nil))
	s.list.OnOpen = func(row Row) { w.push(newAssignmentScreen(w, journal.AssignmentID(row.ID))) }
	s.bar.OnChange = func(Filter) { s.load() }
	s.content = NewPage(lang.Say("assignments.title"), s.banner, Headed(s.bar, s.list))
	return s
}

func (s *assignmentsScreen) Content() fyne.CanvasObject { return s.content }
func (s *assignmentsScreen) Enter()                     { s.load() }
func (s *assignmentsScreen) Leave()                     { s.loads.Stop() }

// First lets the keyboard start in the search.
func (s *assignmentsScreen) First() fyne.Focusable { return s.bar.search }

func (s *assignmentsScreen) Changed(sig agent.Signal) {
	if sig == agent.AssignmentsChanged || sig == agent.RecordsChanged {
		s.load()
	}
}

func (s *assignmentsScreen) load() {
	filter := s.bar.Filter()
	Load(s.loads.Next(s.w.life), s.w.spawn, func(ctx context.Context) ([]agent.Task, error) {
		return s.w.agent.Assignments(ctx, filter.Search)
	}, func(tasks []agent.Task, err error) {
		s.w.tell(s.banner, err)
		if err == nil {
			s.show(tasks, filter)
		}
	})
}

func (s *assignmentsScreen) show(tasks []agent.Task, filter Filter) {
	code, icon := "assignments.empty", assets.IconAssignment
	if strings.TrimSpace(filter.Search) != "" || len(filter.Values) > 0 {
		code, icon = "assignments.none_match", assets.IconSearch
	}
	s.list.SetEmpty(NewEmpty(s.w.lang, icon, code, nil))
	if when := filter.Values["when"]; when != "" {
		tasks = slices.DeleteFunc(tasks, func(t agent.Task) bool { return s.w.timeOf(t) != when })
	}
	order := []string{workToday, workLater, workDone}
	slices.SortStableFunc(tasks, func(x, y agent.Task) int {
		return cmp.Or(slices.Index(order, s.w.timeOf(x))-slices.Index(order, s.w.timeOf(y)), yesFirst(x.Mine, y.Mine))
	})
	rows := make([]Row, len(tasks))
	for i, t := range tasks {
		rows[i] = s.w.taskRow(t)
	}
	s.list.SetRows(rows)
}

func yesFirst(x, y bool) int {
	switch {
	case x == y:
		return 0
	case x:
		return -1
	}
	return 1
}

// timeOf says where an assignment stands in the day. What should have been done before today is today's.
func (w *Window) timeOf(t agent.Task) string {
	switch {
	case t.Done != nil && !t.Done.OlderVersion:
		return workDone
	case t.Today, w.late(t):
		return workToday
	}
	return workLater
}

func (w *Window) late(t agent.Task) bool {
	return t.Due != "" && t.Due < dayOf(w.now()) && t.Done == nil
}

// taskRow is an assignment as one line of a list.
func (w *Window) taskRow(t agent.Task) Row {
	row := Row{ID: string(t.ID), Icon: assets.IconAssignment, Title: t.Title}
	var parts []string
	for _, p := range []string{string(t.ID), t.RecordTitle, t.Area} {
		if p != "" && !slices.Contains(parts, p) { // a protected card's title is the number
			parts = append(parts, p)
		}
	}
	row.Subtitle = strings.Join(parts, " · ")
	row.Badges = w.taskBadges(t)
	if t.Done != nil && !t.Done.OlderVersion {
		row.Icon, row.State = assets.IconCheck, StateOK
	}
	return row
}

// taskBadges are what there is to tell of an assignment, the most telling first.
func (w *Window) taskBadges(t agent.Task) []Badge {
	lang := w.lang
	var badges []Badge
	if done := t.Done; done != nil {
		if done.OlderVersion {
			badges = append(badges, Badge{lang.Say("assignments.signed_older"), StateWarning})
		} else {
			badges = append(badges, Badge{lang.Say("assignments.done"), StateOK})
		}
		if done.Waiting {
			badges = append(badges, Badge{lang.Say("assignments.waiting"), StateWaiting})
		}
		return badges
	}
	switch {
	case t.Today:
		badges = append(badges, Badge{lang.Say("assignments.today"), StateWaiting})
	case w.late(t):
		badges = append(badges, Badge{lang.Say("assignments.late", "day", t.Due), StateWarning})
	case t.Due != "":
		badges = append(badges, Badge{t.Due, StateNeutral})
	}
	if t.Record != "" && !t.HoldRecord {
		badges = append(badges, Badge{lang.Say("assignments.record_away"), StateWarning})
	}
	if t.Mine {
		badges = append(badges, Badge{lang.Say("assignments.yours"), StateNeutral})
	}
	return badges
}
