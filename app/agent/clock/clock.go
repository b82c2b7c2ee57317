// Package clock knows the time that loans are judged by, from signed server times and what the machine has counted
// since. It trusts no wall clock to gain anything, asks nobody, and keeps nothing by itself: whoever has it saves what it knows.
package clock

import (
	"fmt"
	"sync"
	"time"

	"handslag/identity/signed"
)

// Tolerances of clocks.
const (
	slack         = 5 * time.Minute     // between the machine's clock and the connected system's
	farAhead      = 60 * 24 * time.Hour // further ahead than this, a clock is more likely wrong than right
	suspectBudget = 8 * time.Hour       // of uptime on boots whose clock is behind the floor
)

// Clock knows the time as well as the connected system lets it. The floor is the newest
// signed server time plus what the machine's monotonic clock counted since. In the boot that
// learned it nothing else counts; after a restart, when nobody knows how long the machine was
// off, the wall clock may only say that it is later. So a clock set back gains nothing, and
// one set to 2031 deletes nothing, because copies are only deleted by the floor.
type Clock struct {
	now  func() time.Time
	boot func() (string, time.Duration)

	mu   sync.Mutex
	kept state
}

// state is what outlives the process; durations are microseconds.
type state struct {
	Version uint64      `cbor:"1,keyasint"`
	Time    signed.Time `cbor:"2,keyasint"` // newest signed server time
	Accrued int64       `cbor:"3,keyasint"` // Uptime since, at least
	Boot    string      `cbor:"4,keyasint"` // last seen boot
	At      int64       `cbor:"5,keyasint"` // its uptime then
	Exact   bool        `cbor:"6,keyasint"` // no restart since Time: Accrued is all there was
	Spent   int64       `cbor:"7,keyasint"` // Uptime with a clock behind the floor
}

const stateLimit = 1 << 10 // bytes

// New makes a clock that knows nothing yet, on the machine's own clock and boot where now or boot is nil.
func New(now func() time.Time, boot func() (string, time.Duration)) *Clock {
	if now == nil {
		now = time.Now
	}
	if boot == nil {
		boot = systemBoot()
	}
	return &Clock{now: now, boot: boot}
}

// Load takes what Save gave, before anything else is asked of the clock.
func (c *Clock) Load(data []byte) error {
	var s state
	if err := signed.Decode(data, stateLimit, &s); err != nil {
		return fmt.Errorf("read clock: %w", err)
	}
	const most = 1 << 60 // so that no sum of two overflows
	if s.Version != 1 || s.Time < 0 || s.Accrued < 0 || s.At < 0 || s.Spent < 0 ||
		s.Time > most || s.Accrued > most || s.At > most || s.Spent > most {
		return fmt.Errorf("read clock: %w", signed.ErrMalformed)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept = s
	c.observe()
	return nil
}

// Save is the state to keep.
func (c *Clock) Save() ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.observe()
	c.kept.Version = 1
	return signed.Encode(c.kept)
}

// Learn takes a verified server time, if it is newer than the one known; it reports whether
// it was.
func (c *Clock) Learn(t signed.Time) bool { return c.take(t, false) }

// Hear is Learn for a time that came with an answer. A fresh one, which nobody can have kept from
// earlier, sets the clock back too: then the connected system's own ran ahead and was
// corrected, and who does not follow waits until the time that never was.
func (c *Clock) Hear(t signed.Time, fresh bool) { c.take(t, fresh) }

func (c *Clock) take(t signed.Time, fresh bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.observe()
	if t <= c.kept.Time && !(fresh && t > 0 && t < c.floor().Add(-slack)) {
		return false
	}
	id, elapsed := c.boot()
	c.kept = state{Version: 1, Time: t, Boot: id, At: elapsed.Microseconds(), Exact: true}
	return true
}

// Recall takes what this device's own entry or anchor says that it knew: a server time, and how
// long ago it was then, at least. It brings back what a crash or an older copy of the view
// took, and never sets the clock back.
func (c *Clock) Recall(after signed.Time, elapsed int64) {
	const most = 1 << 60
	if after <= 0 || after > most || elapsed < 0 || elapsed > most {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.observe()
	switch {
	case after == c.kept.Time:
		c.kept.Accrued = max(c.kept.Accrued, elapsed)
	case after > c.kept.Time:
		id, up := c.boot()
		c.kept = state{Version: 1, Time: after, Accrued: elapsed, Boot: id, At: up.Microseconds()}
	}
}

// Forget is for another profile.
func (c *Clock) Forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept = state{}
}

// observe counts uptime since it was last called. The caller holds mu.
func (c *Clock) observe() {
	if c.kept.Time == 0 {
		return
	}
	id, elapsed := c.boot()
	at := elapsed.Microseconds()
	counted := at
	if id == c.kept.Boot {
		counted = max(at-c.kept.At, 0)
	} else {
		c.kept.Exact = false // it may have been off for a minute or a month
	}
	behind := !c.kept.Exact && signed.At(c.now()) < c.floor().Add(-slack)
	c.kept.Accrued += counted
	if behind {
		c.kept.Spent += counted
	}
	c.kept.Boot, c.kept.At = id, at
}

func (c *Clock) floor() signed.Time { return c.kept.Time + signed.Time(c.kept.Accrued) }

// Reading is what the clock says at one moment.
type Reading struct {
	Time    signed.Time // to judge loans by for opening
	Floor   signed.Time // to end loans by: it is at least this late
	Suspect bool        // the machine's clock does not fit
	Spent   bool        // and has not fitted for so long that nothing opens before the next sync
}

// Read is what the clock says now.
func (c *Clock) Read() Reading {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.observe()
	wall := signed.At(c.now())
	if c.kept.Time == 0 {
		return Reading{Time: wall}
	}
	floor := c.floor()
	r := Reading{Time: floor, Floor: floor}
	behind := wall < floor.Add(-slack)
	switch {
	case c.kept.Exact:
		r.Suspect = behind || wall > floor.Add(slack)
	case behind:
		r.Suspect = true
		r.Spent = c.kept.Spent > suspectBudget.Microseconds()
	default:
		r.Time = max(wall, floor)
		r.Suspect = wall > floor.Add(farAhead)
	}
	return r
}

// Stamp is the time as entries hold it: the newest server time, what was counted since (0
// where a restart makes that unknown), and the wall clock.
func (c *Clock) Stamp() (after signed.Time, elapsed int64, wall signed.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.observe()
	if c.kept.Exact {
		elapsed = c.kept.Accrued
	}
	return c.kept.Time, elapsed, signed.At(c.now())
}

// Known is what the clock could tell another of the time: the newest server time, and what has
// passed since, at least.
func (c *Clock) Known() (after signed.Time, elapsed int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.observe()
	return c.kept.Time, c.kept.Accrued
}

// Server is the newest signed server time.
func (c *Clock) Server() signed.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.kept.Time
}

// Uptime is monotonic for the life of the process: what timers of screens are judged by.
func (c *Clock) Uptime() time.Duration {
	_, elapsed := c.boot()
	return elapsed
}

// Now is the machine's wall clock, for what people see and nothing is judged by.
func (c *Clock) Now() time.Time { return c.now() }
