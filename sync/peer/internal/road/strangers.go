package road

import (
	"net/netip"
	"slices"
	"sync"
	"time"
)

// Strangers remembers from where codes were claimed by somebody whom the organisation does not know: another
// organisation's device, a forged credential, no credential at all. Each time, whoever comes from there
// waits longer at the door. It is a wait and never a refusal, and shorter than a colleague's
// patience: somebody who shares that address, or whose address a stranger has taken, still gets in, and
// a colleague from anywhere else comes first. It outlives sessions.
type Strangers struct {
	unit   time.Duration
	uptime func() time.Duration

	mu    sync.Mutex
	known []stranger // the latest last
}

// stranger is one such place.
type stranger struct {
	from  netip.Prefix
	times int
	last  time.Duration // uptime
}

// Bounds of the wait.
const (
	StrangerUnit   = time.Second
	strangerMost   = 8 // units; S dials for 15 seconds
	maxStrangers   = 64
	strangerMemory = 15 * time.Minute
)

// NewStrangers remembers nobody yet; unit is the first wait, and uptime is monotonic.
func NewStrangers(unit time.Duration, uptime func() time.Duration) *Strangers {
	return &Strangers{unit: unit, uptime: uptime}
}

// prefixOf is an address as far as one who has it can not change it at will.
func prefixOf(at netip.Addr) netip.Prefix {
	at = at.Unmap().WithZone("")
	bits := 32
	if at.Is6() {
		bits = 64
	}
	p, _ := at.Prefix(bits)
	return p
}

// Failed says that a stranger claimed from there.
func (s *Strangers) Failed(at netip.Addr) {
	if s == nil || !at.IsValid() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	one := stranger{from: prefixOf(at)}
	if i := s.find(one.from); i >= 0 {
		one = s.known[i]
		s.known = slices.Delete(s.known, i, i+1)
	}
	one.times, one.last = one.times+1, s.uptime()
	s.known = append(s.known[max(0, len(s.known)+1-maxStrangers):], one)
}

// Wait is for how long one who comes from there is kept at the door.
func (s *Strangers) Wait(at netip.Addr) time.Duration {
	if s == nil || !at.IsValid() {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.find(prefixOf(at))
	if i < 0 {
		return 0
	}
	return s.unit * time.Duration(min(1<<min(s.known[i].times-1, 10), strangerMost))
}

// find is where a place stands that is not forgotten, or -1. The caller holds mu.
func (s *Strangers) find(from netip.Prefix) int {
	now := s.uptime()
	return slices.IndexFunc(s.known, func(k stranger) bool { return k.from == from && now-k.last < strangerMemory })
}
