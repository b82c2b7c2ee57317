package device

import (
	"fmt"
	"sync"

	"handslag/app/agent"
	"handslag/app/cli/console"
)

// reportProgress tells on the stream of problems how far a long job has come, until stop. Data and progress never mix: with
// -json nothing is told.
func reportProgress(c *console.Console) (stop func()) {
	if c.Settings.JSON {
		return func() {}
	}
	var mu sync.Mutex
	var before agent.Progress
	done := false
	silent := c.Agent.Listen(func(signal agent.Signal) {
		p := c.Agent.Progress()
		mu.Lock()
		defer mu.Unlock()
		if done || signal != agent.SyncChanged || !p.Running || p.Total == 0 || p == before {
			return
		}
		before = p
		what := "job." + p.What
		if !c.Lang().Knows(what) {
			what = "job.sync"
		}
		fmt.Fprintln(c.Err, c.Say("cli.progress", "what", c.Say(what), "done", p.Done, "total", p.Total))
	})
	return func() {
		silent()
		mu.Lock() // a signal under way has told what it has to tell
		defer mu.Unlock()
		done = true
	}
}
