package ui

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/ui/part"
)

// jobShown is how many steps an ordinary sync must have for a bar: a shorter one is over before it is read.
const jobShown = 200

// Job tells above every screen how far a long job of the agent has come, while the person works on. While nobody knows how
// long it is there is nothing to tell: a bar that only moves costs a quarter of a core, and out of coverage it would lie.
type Job struct {
	widget.BaseWidget

	lang    assets.Language
	words   *part.Text
	bar     *part.Bar
	cancel  *part.Button
	side    *fyne.Container // the button with the room around it
	stop    func()
	content fyne.CanvasObject
}

// NewJob makes one that shows nothing and takes no room.
func NewJob(lang assets.Language) *Job {
	j := &Job{lang: lang, bar: part.NewBar()}
	j.words = part.NewStyled("", part.StateWaiting.Ink(), part.SizeSmall, fyne.TextStyle{Bold: true})
	j.cancel = part.NewButton(lang.Say("common.cancel"), "", func() {
		j.cancel.Disable() // it ends in its own time
		if j.stop != nil {
			j.stop()
		}
	})
	j.side = part.Pushed(16, part.Middle(j.cancel))
	row := container.NewBorder(nil, nil, nil, j.side, part.Middle(part.Stack(j.words, j.bar)))
	j.content = part.NewSurface(container.New(layout.NewCustomPaddedLayout(10, 10, part.GapWide, part.GapWide), row), part.StateWaiting.Paper(), 0, 0)
	j.ExtendBaseWidget(j)
	j.Hide()
	return j
}

// Set tells how far the job has come; stop, which may be nil, ends it.
func (j *Job) Set(p agent.Progress, stop func()) {
	what := "job." + p.What
	if !j.lang.Knows(what) {
		what = "job.sync"
	}
	j.words.SetText(j.lang.Say("job.count", "what", j.lang.Say(what), "done", thousands(min(p.Done, p.Total)), "total", thousands(p.Total)))
	j.bar.Set(float64(p.Done)/float64(max(p.Total, 1)), part.StateWaiting)
	if j.stop == nil && stop != nil {
		j.cancel.Enable()
	}
	j.stop = stop
	j.side.Hidden = stop == nil
	j.Refresh()
}

// CreateRenderer shows words, bar and button.
func (j *Job) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(j.content) }

func (j *Job) Inside() fyne.CanvasObject { return j.content }

// ShowJob tells of a job while it runs, where it is long.
func (s *Shell) ShowJob(p agent.Progress, unlocked bool, stop func()) {
	was := s.Job.Visible()
	if !unlocked || !p.Running || p.Total == 0 || p.What == agent.ProgressSync && p.Total < jobShown {
		s.Job.stop = nil
		s.Job.Hide()
	} else {
		s.Job.Set(p, stop)
		s.Job.Show()
	}
	if was != s.Job.Visible() {
		s.content.Refresh()
		s.ground.Resize(s.ground.Size())
	}
}

// thousands is a number in groups of three digits.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "\u00a0" + text[i:]
	}
	return text
}
