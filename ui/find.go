package ui

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/ui/part"
	"handslag/vault/journal"
)

// findPage searches what stands in protected parts: a deliberate act with a reason, written in the log before anything is
// found. It finds cards; to read a protected part is an opening of its own.
type findPage struct {
	w       *Window
	banner  *part.Banner
	query   *part.Field
	reason  *reasonField
	button  *part.Button
	form    fyne.CanvasObject
	again   *part.Button
	more    fyne.CanvasObject
	list    *part.RowList
	results fyne.CanvasObject
	content fyne.CanvasObject
	reasons Latest
	finds   Latest
	busy    bool
}

func newFindPage(w *Window) *findPage {
	say := w.lang.Say
	s := &findPage{w: w, banner: part.NewBanner(w.lang), reason: newReasonField(w)}
	s.query = part.NewField(say("find.query"), say("find.query_hint"))
	s.query.OnChange = func(string) { w.touch() }
	s.query.OnSubmit = func(string) { s.find() }
	s.reason.onSubmit = s.find
	s.button = part.NewPrimary(say("find.do"), assets.IconSearch, s.find)
	s.more = notice(part.StateWarning, say("find.more"))
	s.list = part.NewRowList(part.NewEmpty(w.lang, assets.IconSearch, "find.none", nil))
	s.list.OnOpen = func(row part.Row) { w.push(newRecordScreen(w, journal.RecordID(row.ID))) }
	s.again = part.NewPrimary(say("find.again"), assets.IconSearch, s.anew)
	s.results = part.Headed(part.Stack(container.NewHBox(s.again), s.more), s.list)
	s.more.Hide()
	s.results.Hide()
	s.form = part.NewPanel(part.Stack(s.query, part.NewStrong(say("find.reason")), s.reason.content,
		container.NewBorder(nil, nil, s.button, nil, part.Middle(part.NewMuted(say("find.logged"))))))
	s.content = part.NewSubPage(w.lang, say("find.title"), w.back, s.banner, container.NewStack(part.ColumnStart(pageWidth, part.Stack(s.form)), s.results))
	return s
}

func (s *findPage) Content() fyne.CanvasObject { return s.content }
func (s *findPage) Changed(agent.Signal)       {}

// First is the search, or once something was searched for the button of another.
func (s *findPage) First() fyne.Focusable {
	if s.results.Visible() {
		return s.again
	}
	return s.query.Focusable()
}

// Enter asks for the assignments that may be the reason.
func (s *findPage) Enter() {
	Load(s.reasons.Next(s.w.life), s.w.spawn, s.w.todays, func(reasons []agent.Reason, err error) {
		if err != nil {
			s.w.tell(s.banner, err)
			return
		}
		s.reason.offer(reasons)
	})
}

// Leave forgets what was written.
func (s *findPage) Leave() {
	s.reasons.Stop()
	s.finds.Stop()
	s.setBusy(false)
	s.query.SetText("")
}

// todays are this person's assignments of today as reasons; a single one is preselected.
func (w *Window) todays(ctx context.Context) ([]agent.Reason, error) {
	found, err := w.agent.FindTasks(ctx, agent.Sought{When: agent.WhenToday}, agent.Page{Limit: agent.PageLimit})
	if err != nil {
		return nil, err
	}
	var reasons []agent.Reason
	for _, task := range found.Tasks {
		if task.Mine && task.Today && task.Done == nil {
			reasons = append(reasons, agent.Reason{Text: task.Title, Assignment: task.ID})
		}
	}
	if len(reasons) == 1 {
		reasons[0].Preselected = true
	}
	return reasons, nil
}

func (s *findPage) find() {
	if s.busy {
		return
	}
	query := strings.TrimSpace(s.query.Text())
	if len([]rune(query)) < minSearch {
		s.tooShort()
		return
	}
	why, whole := s.reason.reason()
	if !whole {
		return
	}
	s.w.touch()
	s.banner.Clear()
	s.setBusy(true)
	Load(s.finds.Next(s.w.life), s.w.spawn, func(ctx context.Context) (agent.Found, error) {
		return s.w.agent.FindProtected(ctx, query, why)
	}, func(found agent.Found, err error) {
		s.setBusy(false)
		switch {
		case agent.CodeOf(err) == agent.QueryShort:
			s.tooShort()
		case err != nil:
			s.w.tell(s.banner, err)
		default:
			s.show(found)
		}
	})
}

func (s *findPage) tooShort() {
	s.query.SetError(s.w.lang.Say("find.short", "n", minSearch))
	if c := s.w.canvas(); c != nil {
		c.Focus(s.query.Focusable())
	}
}

// minSearch is how many characters a search must have: fewer find nearly everybody.
const minSearch = 3

func (s *findPage) show(found agent.Found) {
	if found.More {
		s.more.Show()
	} else {
		s.more.Hide()
	}
	s.query.SetText("") // it may be what the protected part protects
	s.list.SetLazily(len(found.Cards), func(i int) part.Row { return s.w.cardRow(found.Cards[i]) })
	s.form.Hide()
	s.results.Show()
	s.content.Refresh()
	s.w.focusOn(s)
}

// anew is another search, for the same reason unless the person changes it.
func (s *findPage) anew() {
	s.w.touch()
	s.results.Hide()
	s.form.Show()
	s.content.Refresh()
	s.w.focusOn(s)
}

func (s *findPage) setBusy(on bool) {
	s.busy = on
	if on {
		s.button.Disable()
		s.button.SetText(s.w.lang.Say("find.doing"))
		return
	}
	s.button.Enable()
	s.button.SetText(s.w.lang.Say("find.do"))
}
