package agent

import (
	"context"
	"sync"
	"time"
)

// leaving is how a meeting ends at this person's wish: from then on nothing begins, and what
// is carried for the other has a moment more.
type leaving struct {
	left chan struct{} // closed when this person has left

	mu       sync.Mutex
	gone     bool
	carriage chan struct{} // closed when it has ended; nil: none has begun
}

// carriageAfter is how long a meeting that its person has left is held open for what is being carried.
const carriageAfter = 5 * time.Second

func newLeaving() *leaving { return &leaving{left: make(chan struct{})} }

// leave lets nothing more begin, and returns what is under way, nil for nothing.
func (l *leaving) leave() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.gone {
		l.gone = true
		close(l.left)
	}
	return l.carriage
}

// over reports whether this person has left.
func (l *leaving) over() bool {
	select {
	case <-l.left:
		return true
	default:
		return false
	}
}

// carrying reports whether carrying may begin; ended is called when it has ended.
func (l *leaving) carrying() (ended func(), may bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gone {
		return nil, false
	}
	l.carriage = make(chan struct{})
	return func() { close(l.carriage) }, true
}

// while is ctx, ended when this person leaves or the meeting does.
func (h *Handover) while(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-h.leaving.left:
			cancel()
		case <-h.peer.Done():
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// Abort ends it at this person's wish, and at once; the last step follows.
func (h *Handover) Abort() {
	h.leaving.leave()
	h.peer.Abort()
}

// Close ends it and returns when nothing listens any more. Nothing is given or taken from now on; segments
// that are being carried have five seconds, which Abort and a lock cut short.
func (h *Handover) Close() {
	if carriage := h.leaving.leave(); carriage != nil {
		timer := time.NewTimer(h.agent.cfg.carriageAfter)
		defer timer.Stop()
		select {
		case <-carriage:
		case <-timer.C:
		case <-h.peer.Done():
		}
	}
	h.end()
}

// end ends it at once and returns when nothing is left of it.
func (h *Handover) end() {
	h.leaving.leave()
	h.peer.Close()
	<-h.done
}

// Done is closed after the last step.
func (h *Handover) Done() <-chan struct{} { return h.done }
