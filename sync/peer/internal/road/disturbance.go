package road

import (
	"errors"
	"net"
	"sync"

	"github.com/libp2p/go-libp2p/core/network"

	"handslag/identity/signed"
)

// Disturbance says what somebody did at a device that shows its code and that came to nothing: as the code that
// the journal knows. Who did it nobody can say; who claimed the code is no disturbance, but why the
// verification failed.
type Disturbance string

// The disturbances.
const (
	StaleCode Disturbance = "stale_code"   // knocked with another code, or with a knock that was overheard
	Slow      Disturbance = "slow"         // took a place, and its time ran out
	Endless   Disturbance = "endless"      // more than there is room for: connections, or bytes of a message
	Garbled   Disturbance = "garbled"      // no message of this protocol
	LateClaim Disturbance = "second_claim" // had the code, and came after the one who was verified
)

// disturbances are counted while a code is shown, and told once: however many there are, they cost the journal an
// entry of each kind.
type disturbances struct {
	mu     sync.Mutex
	counts map[Disturbance]uint64
	known  map[string]bool // who has been counted
	found  bool            // the colleague is verified, and may come again on a poor link
}

// maxDisturbers is how many are told apart before some may be counted twice.
const maxDisturbers = 1024

func newDisturbances() *disturbances {
	return &disturbances{counts: map[Disturbance]uint64{}, known: map[string]bool{}}
}

// Note counts one, once for each who in the same way; "" is somebody new each time.
func (d *disturbances) Note(what Disturbance, who string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.found && what == Slow {
		return
	}
	if who != "" {
		who = string(what) + " " + who
		if d.known[who] {
			return
		}
		if len(d.known) >= maxDisturbers {
			clear(d.known)
		}
		d.known[who] = true
	}
	d.counts[what]++
}

// settle says that the colleague is verified: who is slow from here on may be that one, whose link is poor.
func (d *disturbances) settle() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.found = true
}

// NoteError counts an error of reading what somebody said, where it is the sayer's fault.
func (d *disturbances) NoteError(err error, who network.Conn) {
	var slow net.Error
	switch {
	case errors.Is(err, signed.ErrTooLarge):
		d.Note(Endless, who.ID())
	case errors.As(err, &slow) && slow.Timeout():
		d.Note(Slow, who.ID())
	}
}

// Count is how often something was done.
type Count struct {
	What  Disturbance
	Times uint64
}

// Take returns what was counted since the last time, in a fixed order.
func (d *disturbances) Take() (all []Count) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, what := range []Disturbance{StaleCode, Slow, Endless, Garbled, LateClaim} {
		if n := d.counts[what]; n > 0 {
			all = append(all, Count{what, n})
		}
	}
	clear(d.counts)
	return all
}
