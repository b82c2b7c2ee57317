package agent

import (
	"sync"
	"time"
)

// Progress is how far a long job has come.
type Progress struct {
	What    string `json:"what"` // "sync", "rebuild" or "enrol"
	Done    int    `json:"done"`
	Total   int    `json:"total"` // 0: not known yet
	Running bool   `json:"running"`
}

// What a job is for.
const (
	ProgressSync    = "sync"
	ProgressRebuild = "rebuild" // the view was damaged or older, and is made anew
	ProgressEnrol   = "enrol"   // a device's first sync
)

// progressEvery is how often screens are told of it while it runs.
const progressEvery = 250 * time.Millisecond

// progress is the job that runs, or the latest.
type progress struct {
	mu   sync.Mutex
	now  Progress
	told time.Duration // uptime
}

// Progress is how far the job has come that runs, or how far the latest came. SyncChanged says
// that it has moved, at most a few times a second.
func (a *Agent) Progress() Progress {
	a.progress.mu.Lock()
	defer a.progress.mu.Unlock()
	return a.progress.now
}

// beginJob starts counting anew.
func (a *Agent) beginJob(what string) {
	a.progress.mu.Lock()
	a.progress.now, a.progress.told = Progress{What: what, Running: true}, a.clock.Uptime()
	a.progress.mu.Unlock()
	a.changed(SyncChanged)
}

// moved says that done more is done, and that left is still to come, where that is known.
func (a *Agent) moved(done, left int) {
	a.progress.mu.Lock()
	p, now := &a.progress.now, a.clock.Uptime()
	p.Done += done
	p.Total = max(p.Total, p.Done+left)
	tell := p.Running && (now-a.progress.told >= progressEvery || now < a.progress.told)
	if tell {
		a.progress.told = now
	}
	a.progress.mu.Unlock()
	if tell {
		a.changed(SyncChanged)
	}
}

// endJob leaves what it came to for who asks later.
func (a *Agent) endJob() {
	a.progress.mu.Lock()
	a.progress.now.Running = false
	a.progress.mu.Unlock()
	a.changed(SyncChanged)
}
