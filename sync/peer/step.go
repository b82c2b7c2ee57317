package peer

import (
	"handslag/sync/peer/internal/road"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
)

// event is what can happen to a ceremony.
type event interface{}

type (
	started   struct{}
	connected struct { // S: the connection it asked for stands
		conn   int
		remote peer.ID
	}
	received struct {
		conn   int
		remote peer.ID // as the connection proved it
		data   []byte
	}
	lost    struct{ conn int }
	resumed struct { // a verified peer is back: what is still to be said goes this way
		conn   int
		remote peer.ID
	}
	unreachable struct{}
	opened      struct{ conn int } // D: a stranger waits for the commitment before it claims
	typed       struct{ code string }
	scanned     struct{ evidence Evidence }
	entryDone   struct{ err error }
	cancelled   struct{}
	ticked      struct{}
)

// effect is what the ceremony wants done.
type effect interface{}

type (
	dial struct{}
	send struct {
		conn int
		data []byte
	}
	greet struct { // to one who has not claimed anything yet
		conn int
		data []byte
	}
	drop struct {
		conn int
		what road.Disturbance // "" for none
	}
	entered struct {
		state State
		until time.Time
	}
	met      struct{ meeting Meeting }
	showCode struct{ digits string }
	askCode  struct{ left int }
	showScan struct{ evidence Evidence }
	askScan  struct{ left int }
	appendIt struct{ meeting Meeting }
	ended    struct { // the one final effect of a failure
		reason Reason
		theirs Reason // what the other gave as its reason, where it was the other
	}
)
