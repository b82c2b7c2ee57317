package agent

import (
	"time"
)

// How often openings and auto-lock are looked at, and how often loans that ended and the
// clock's floor are written down.
const (
	watchEvery = time.Second
	keepEvery  = 5 * time.Minute
)

// keep ends what the floor of time has ended, and keeps the floor, so that a power cut gives
// nobody the hours before it again.
func (a *Agent) keep(s *session) {
	n, err := s.expire()
	if err != nil {
		a.log.Warn("loans that ended are still here", "error", CodeOf(translate(err)))
	}
	if n > 0 {
		a.changed(RecordsChanged, EventsChanged, SyncChanged)
		a.nudge()
	}
	if err := s.settleView(); err != nil {
		a.log.Warn("the clock is not kept", "error", CodeOf(translate(err)))
	}
	a.anchor(s)
}

// watch ends with the session.
func (a *Agent) watch(s *session) {
	every := watchEvery
	if a.cfg.watchEvery > 0 {
		every = a.cfg.watchEvery
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-s.quit:
			return
		case <-ticker.C:
			a.tick(s)
		}
	}
}

// tick does what time asks for.
func (a *Agent) tick(s *session) {
	now := a.clock.Uptime()
	if lines := s.lapsed(now); len(lines) > 0 {
		if _, err := s.say(lines...); err != nil {
			a.log.Warn("an opening ended without its entry", "error", CodeOf(translate(err)))
		}
		a.changed(RecordsChanged, EventsChanged)
	}
	if now-s.kept >= keepEvery {
		s.kept = now
		a.keep(s)
	}
	a.mu.Lock()
	idle := a.session == s && a.meeting == nil && now-a.touched >= a.cfg.AutoLock
	a.mu.Unlock()
	if idle {
		if err := a.Lock(); err != nil && CodeOf(err) != Locked {
			a.log.Warn("auto-lock", "error", err)
		}
	}
}
