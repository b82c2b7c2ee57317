package agent

import "sync"

// Signal says what changed, and nothing about how: the listener loads it again.
type Signal string

// The signals.
const (
	StateChanged        Signal = "state"       // Me, State
	RecordsChanged      Signal = "records"     // Records, Record, what is open
	AssignmentsChanged  Signal = "assignments" // Assignments
	SyncChanged         Signal = "sync"        // what waits, online or not, the last sync
	EventsChanged       Signal = "events"      // Events
	VerificationChanged Signal = "verification"
)

// Signals lists every signal.
func Signals() []Signal {
	return []Signal{StateChanged, RecordsChanged, AssignmentsChanged, SyncChanged, EventsChanged, VerificationChanged}
}

// listeners tells many about signals without waiting for any: each has its own goroutine,
// and a signal that a slow one has not yet taken is not queued twice.
type listeners struct {
	mu   sync.Mutex
	all  map[int]*listener
	next int
	done bool
}

type listener struct {
	mu      sync.Mutex
	pending []Signal
	wake    chan struct{}
	quit    chan struct{}
}

// listen calls hear for every signal from now until stop. stop does not wait for a call
// that is under way.
func (l *listeners) listen(hear func(Signal)) (stop func()) {
	one := &listener{wake: make(chan struct{}, 1), quit: make(chan struct{})}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.done {
		return func() {}
	}
	if l.all == nil {
		l.all = map[int]*listener{}
	}
	id := l.next
	l.next++
	l.all[id] = one
	go one.run(hear)
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.all[id] == one {
			delete(l.all, id)
			close(one.quit)
		}
	}
}

// send never blocks.
func (l *listeners) send(signals ...Signal) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, one := range l.all {
		one.add(signals)
	}
}

// close ends every listener and takes no more.
func (l *listeners) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, one := range l.all {
		delete(l.all, id)
		close(one.quit)
	}
	l.done = true
}

func (o *listener) add(signals []Signal) {
	o.mu.Lock()
	for _, s := range signals {
		known := false
		for _, p := range o.pending {
			known = known || p == s
		}
		if !known {
			o.pending = append(o.pending, s)
		}
	}
	o.mu.Unlock()
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

func (o *listener) run(hear func(Signal)) {
	for {
		select {
		case <-o.quit:
			return
		case <-o.wake:
		}
		o.mu.Lock()
		take := o.pending
		o.pending = nil
		o.mu.Unlock()
		for _, s := range take {
			select {
			case <-o.quit:
				return
			default:
				hear(s)
			}
		}
	}
}
