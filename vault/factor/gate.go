package factor

import (
	"fmt"
	"time"
)

// patience is how long a call may take: long enough to type a login password into the
// keyring's own window, or for a slow TPM to make a key.
const patience = 45 * time.Second

// A gate lets one call at a time through to what may never answer: a D-Bus service, a
// device. Neither can be cancelled, so a call that outlasts our patience is left behind,
// in its goroutine. It holds the gate until it ends, so at most one is ever left behind, and a
// late deed can not overtake the next one.
type gate struct {
	slot     chan struct{}
	patience time.Duration
}

func newGate() gate { return gate{slot: make(chan struct{}, 1), patience: patience} }

// through runs deed, or returns ErrAway. A deed that panics is one that went wrong: what it
// speaks to is no part of this program.
func through[T any](g gate, deed func() (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	var none T
	enough := time.NewTimer(g.patience)
	defer enough.Stop()
	select {
	case g.slot <- struct{}{}:
	default:
		select {
		case g.slot <- struct{}{}:
		case <-enough.C:
			return none, fmt.Errorf("an earlier call is not answered: %w", ErrAway)
		}
	}
	done := make(chan outcome, 1)
	go func() {
		var out outcome
		defer func() {
			if cause := recover(); cause != nil {
				out = outcome{err: fmt.Errorf("an answer that makes no sense: %w", ErrAway)}
			}
			<-g.slot
			done <- out
		}()
		out.value, out.err = deed()
	}()
	select {
	case out := <-done:
		return out.value, out.err
	case <-enough.C:
		return none, fmt.Errorf("no answer within %s: %w", g.patience, ErrAway)
	}
}
