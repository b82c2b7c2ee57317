package cli

import (
	"fmt"
	"sync"

	"handslag/app/agent"
)

// reportProgress tells on the stream of problems how far a long job has come, until stop. Data and progress never mix: with
// -json nothing is told.
func (s *session) reportProgress() (stop func()) {
	if s.set.json {
		return func() {}
	}
	var mu sync.Mutex
	var before agent.Progress
	done := false
	silent := s.agent.Listen(func(signal agent.Signal) {
		p := s.agent.Progress()
		mu.Lock()
		defer mu.Unlock()
		if done || signal != agent.SyncChanged || !p.Running || p.Total == 0 || p == before {
			return
		}
		before = p
		what := "job." + p.What
		if !s.lang().Knows(what) {
			what = "job.sync"
		}
		fmt.Fprintln(s.env.Err, s.say("cli.progress", "what", s.say(what), "done", p.Done, "total", p.Total))
	})
	return func() {
		silent()
		mu.Lock() // a signal under way has told what it has to tell
		defer mu.Unlock()
		done = true
	}
}
