package agent

import (
	"fmt"
	"sync"
	"time"

	"handslag/identity/signed"
)

// Tolerances of clocks.
const (
	clockSlack    = 5 * time.Minute     // between the machine's clock and the connected system's
	clockAhead    = 60 * 24 * time.Hour // further ahead than this, a clock is more likely wrong than right
	suspectBudget = 8 * time.Hour       // of uptime on boots whose clock is behind the floor
)

// clock knows the time as well as the connected system lets it. The floor is the newest
// signed server time plus what the machine's monotonic clock counted since. In the boot that
// learned it nothing else counts; after a restart, when nobody knows how long the machine was
// off, the wall clock may only say that it is later. So a clock set back gains nothing, and
// one set to 2031 deletes nothing, because copies are only deleted by the floor.
type clock struct {
	now  func() time.Time
	boot func() (string, time.Duration)

	mu    sync.Mutex
	state clockState
}

// clockState is what outlives the process; durations are microseconds.
type clockState struct {
	Version uint64      `cbor:"1,keyasint"`
	Time    signed.Time `cbor:"2,keyasint"` // newest signed server time
	Accrued int64       `cbor:"3,keyasint"` // uptime since, at least
	Boot    string      `cbor:"4,keyasint"` // last seen boot
	At      int64       `cbor:"5,keyasint"` // its uptime then
	Exact   bool        `cbor:"6,keyasint"` // no restart since Time: Accrued is all there was
	Spent   int64       `cbor:"7,keyasint"` // uptime with a clock behind the floor
}

const clockLimit = 1 << 10 // bytes

func newClock(now func() time.Time, boot func() (string, time.Duration)) *clock {
	if now == nil {
		now = time.Now
	}
	if boot == nil {
		boot = systemBoot()
	}
	return &clock{now: now, boot: boot}
}

// load takes what save gave, before anything else is asked of the clock.
func (c *clock) load(data []byte) error {
	var s clockState
	if err := signed.Decode(data, clockLimit, &s); err != nil {
		return fmt.Errorf("read clock: %w", err)
	}
	const most = 1 << 60 // so that no sum of two overflows
	if s.Version != 1 || s.Time < 0 || s.Accrued < 0 || s.At < 0 || s.Spent < 0 ||
		s.Time > most || s.Accrued > most || s.At > most || s.Spent > most {
		return fmt.Errorf("read clock: %w", signed.ErrMalformed)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state = s
	c.observe()
	return nil
}

// save is the state to keep.
func (c *clock) save() ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.observe()
	c.state.Version = 1
	return signed.Encode(c.state)
}

// learn takes a verified server time, if it is newer than the one known; it reports whether
// it was.
func (c *clock) learn(t signed.Time) bool { return c.take(t, false) }

// hear is learn for a time that came with an answer. A fresh one, which nobody can have kept from
// earlier, sets the clock back too: then the connected system's own ran ahead and was
// corrected, and who does not follow waits until the time that never was.
func (c *clock) hear(t signed.Time, fresh bool) { c.take(t, fresh) }

func (c *clock) take(t signed.Time, fresh bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.observe()
	if t <= c.state.Time && !(fresh && t > 0 && t < c.floor().Add(-clockSlack)) {
		return false
	}
	id, elapsed := c.boot()
	c.state = clockState{Version: 1, Time: t, Boot: id, At: elapsed.Microseconds(), Exact: true}
	return true
}

// recall takes what this device's own entry or anchor says that it knew: a server time, and how
// long ago it was then, at least. It brings back what a crash or an older copy of the view
// took, and never sets the clock back.
func (c *clock) recall(after signed.Time, elapsed int64) {
	const most = 1 << 60
	if after <= 0 || after > most || elapsed < 0 || elapsed > most {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.observe()
	switch {
	case after == c.state.Time:
		c.state.Accrued = max(c.state.Accrued, elapsed)
	case after > c.state.Time:
		id, up := c.boot()
		c.state = clockState{Version: 1, Time: after, Accrued: elapsed, Boot: id, At: up.Microseconds()}
	}
}

// forget is for another profile.
func (c *clock) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state = clockState{}
}

// observe counts uptime since it was last called. The caller holds mu.
func (c *clock) observe() {
	if c.state.Time == 0 {
		return
	}
	id, elapsed := c.boot()
	at := elapsed.Microseconds()
	counted := at
	if id == c.state.Boot {
		counted = max(at-c.state.At, 0)
	} else {
		c.state.Exact = false // it may have been off for a minute or a month
	}
	behind := !c.state.Exact && signed.At(c.now()) < c.floor().Add(-clockSlack)
	c.state.Accrued += counted
	if behind {
		c.state.Spent += counted
	}
	c.state.Boot, c.state.At = id, at
}

func (c *clock) floor() signed.Time { return c.state.Time + signed.Time(c.state.Accrued) }

// reading is what the clock says at one moment.
type reading struct {
	Time    signed.Time // to judge loans by for opening
	Floor   signed.Time // to end loans by: it is at least this late
	Suspect bool        // the machine's clock does not fit
	Spent   bool        // and has not fitted for so long that nothing opens before the next sync
}

func (c *clock) read() reading {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.observe()
	wall := signed.At(c.now())
	if c.state.Time == 0 {
		return reading{Time: wall}
	}
	floor := c.floor()
	r := reading{Time: floor, Floor: floor}
	behind := wall < floor.Add(-clockSlack)
	switch {
	case c.state.Exact:
		r.Suspect = behind || wall > floor.Add(clockSlack)
	case behind:
		r.Suspect = true
		r.Spent = c.state.Spent > suspectBudget.Microseconds()
	default:
		r.Time = max(wall, floor)
		r.Suspect = wall > floor.Add(clockAhead)
	}
	return r
}

// stamp is the time as entries hold it: the newest server time, what was counted since (0
// where a restart makes that unknown), and the wall clock.
func (c *clock) stamp() (after signed.Time, elapsed int64, wall signed.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.observe()
	if c.state.Exact {
		elapsed = c.state.Accrued
	}
	return c.state.Time, elapsed, signed.At(c.now())
}

// known is what the clock could tell another of the time: the newest server time, and what has
// passed since, at least.
func (c *clock) known() (after signed.Time, elapsed int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.observe()
	return c.state.Time, c.state.Accrued
}

// server is the newest signed server time.
func (c *clock) server() signed.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state.Time
}

// uptime is monotonic for the life of the process: what timers of screens are judged by.
func (c *clock) uptime() time.Duration {
	_, elapsed := c.boot()
	return elapsed
}
