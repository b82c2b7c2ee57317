package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2/test"

	"handslag/app/agent"
	"handslag/assets"
)

// TestALongJobIsToldAboveEveryScreen, and a short one is not; nobody is shown a bar that only moves.
func TestALongJobIsToldAboveEveryScreen(t *testing.T) {
	for _, c := range []struct {
		name   string
		job    agent.Progress
		locked bool
		seen   bool
		words  string
	}{
		{name: "nothing runs", job: agent.Progress{What: agent.ProgressEnrol, Done: 5, Total: 5}},
		{name: "a sync whose length nobody knows yet", job: agent.Progress{What: agent.ProgressSync, Running: true}},
		{name: "a short sync", job: agent.Progress{What: agent.ProgressSync, Done: 3, Total: 12, Running: true}},
		{name: "a long sync", job: agent.Progress{What: agent.ProgressSync, Done: 1200, Total: 40000, Running: true}, seen: true, words: "Synkar: 1\u00a0200 av 40\u00a0000"},
		{name: "a first sync that begins", job: agent.Progress{What: agent.ProgressEnrol, Running: true}},
		{name: "a first sync", job: agent.Progress{What: agent.ProgressEnrol, Done: 1, Total: 4, Running: true}, seen: true, words: "Hämtar dina akter och uppdrag: 1 av 4. Du kan arbeta"},
		{name: "a rebuild", job: agent.Progress{What: agent.ProgressRebuild, Done: 7, Total: 9, Running: true}, seen: true, words: "7 av 9"},
		{name: "more done than there was", job: agent.Progress{What: agent.ProgressRebuild, Done: 12, Total: 9, Running: true}, seen: true, words: "9 av 9"},
		{name: "a job this window has no word for", job: agent.Progress{What: "moult", Done: 1, Total: 999, Running: true}, seen: true, words: "Synkar: 1 av 999"},
		{name: "locked meanwhile", job: agent.Progress{What: agent.ProgressRebuild, Done: 7, Total: 9, Running: true}, locked: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := NewShell(assets.Swedish)
			windowWith(t, s.Content(), 1000, 700)
			s.ShowJob(c.job, !c.locked, nil)
			if s.Job.Visible() != c.seen || !strings.Contains(s.Job.words.Text(), c.words) {
				t.Errorf("seen %t, %q", s.Job.Visible(), s.Job.words.Text())
			}
			if s.Job.side.Visible() && c.seen {
				t.Error("what nobody here began can be cancelled here")
			}
		})
	}
}

func TestAJobThatThePersonBeganIsCancelledOnce(t *testing.T) {
	s, stops := NewShell(assets.Swedish), 0
	windowWith(t, s.Content(), 1000, 700)
	running := agent.Progress{What: agent.ProgressSync, Done: 300, Total: 900, Running: true}
	stop := func() { stops++ }
	s.ShowJob(running, true, stop)
	test.Tap(s.Job.cancel)
	running.Done = 400
	s.ShowJob(running, true, stop) // it moves once more before it ends
	test.Tap(s.Job.cancel)
	if stops != 1 {
		t.Errorf("cancelled %d times", stops)
	}
	running.Running = false
	s.ShowJob(running, true, nil)
	running.Running = true
	s.ShowJob(running, true, stop)
	if s.Job.cancel.Disabled() {
		t.Error("the next job can not be cancelled")
	}
}

// TestAJobLooksAsItDid compares with testdata/markup, as part's widgets are.
func TestAJobLooksAsItDid(t *testing.T) {
	j := NewJob(assets.Swedish)
	j.Set(agent.Progress{What: agent.ProgressEnrol, Done: 1200, Total: 40000, Running: true}, func() {})
	j.Show()
	w := windowWith(t, j, 600, 80)
	test.AssertRendersToMarkup(t, "markup/job.xml", w.Canvas())
}
