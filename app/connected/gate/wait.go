package gate

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"handslag/app/connected/gate/internal/store"
	"handslag/vault/journal"
)

// Calls wait for a change outside of any transaction. What changes has an entry in the log, whichever
// process it went through, and be it a command beside the server: so the log is what tells them. While anybody waits,
// each process reads what came to it, and wakes whom that may concern. They look for themselves then, by a
// transaction that only reads. Whom it fails to wake answers when its time is over, and asks again.

// Bounds of who waits. One who waits holds a connection, of some tens of kilobytes.
const (
	waitersMost = 4096 // in a process; who comes then is answered at once
	lookEvery   = 250 * time.Millisecond
	newsMost    = 500 // changes read at once; more concern everybody
)

// waiting are the calls that wait: one of a device, its newest.
type waiting struct {
	mu    sync.Mutex
	calls map[string]*waiter // by device
	size  int64              // of the log, as far as it has been read
	stop  context.CancelFunc // of who reads it; nil: nobody does
	ended bool               // nobody waits any more
	looks sync.WaitGroup
	late  atomic.Int64 // calls that nothing woke, though there was something to tell
}

type waiter struct {
	person string
	woken  chan struct{} // holds one
	over   chan struct{} // closed when it is to answer
}

// join lets a call wait that has been told what there was when the log had size entries; nil where there
// is no place. An older call of the device is over.
func (g *Gate) join(device, person string, size int64) *waiter {
	w := &g.waiting
	w.mu.Lock()
	defer w.mu.Unlock()
	older := w.calls[device]
	if w.ended || older == nil && len(w.calls) >= waitersMost {
		return nil
	}
	if older != nil {
		close(older.over)
	}
	one := &waiter{person: person, woken: make(chan struct{}, 1), over: make(chan struct{})}
	switch {
	case w.stop == nil:
		w.calls, w.size = map[string]*waiter{}, size
		var ctx context.Context
		ctx, w.stop = context.WithCancel(context.Background())
		w.looks.Go(func() { g.look(ctx) })
	case size < w.size: // what came since was told to others
		one.woken <- struct{}{}
	}
	w.calls[device] = one
	return one
}

// leave ends a wait; the last one ends the reading of the log.
func (w *waiting) leave(device string, one *waiter) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.calls[device] == one {
		delete(w.calls, device)
	}
	if len(w.calls) == 0 && w.stop != nil {
		w.stop()
		w.stop = nil
	}
}

func (w *waiting) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.calls)
}

// wake wakes those whose person is among people; all where it is nil.
func (w *waiting) wake(people map[string]bool) {
	for _, one := range w.calls {
		if people != nil && !people[one.person] {
			continue
		}
		select {
		case one.woken <- struct{}{}:
		default:
		}
	}
}

func (w *waiting) wakeAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wake(nil)
}

// EndWaits has every call that waits answer at once, and lets none wait from now on: before a server
// stops.
func (g *Gate) EndWaits() {
	w := &g.waiting
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		return
	}
	w.ended = true
	for _, one := range w.calls {
		close(one.over)
	}
}

// look reads what comes to the log, until ctx ends. While the database is away nothing changes.
func (g *Gate) look(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		g.waiting.mu.Lock()
		since := g.waiting.size
		g.waiting.mu.Unlock()
		size, people, err := g.news(ctx, since)
		if err != nil || size == since {
			continue
		}
		g.waiting.mu.Lock()
		if ctx.Err() == nil {
			g.waiting.size = size
			g.waiting.wake(people)
		}
		g.waiting.mu.Unlock()
	}
}

// news is how many entries the log has, and whom those after since may concern; nil is everybody.
func (g *Gate) news(ctx context.Context, since int64) (size int64, people map[string]bool, err error) {
	err = g.store.Read(ctx, func(tx *store.Tx) error {
		people = map[string]bool{}
		var err error
		if size, err = tx.Places(ctx); err != nil || size == since {
			return err
		}
		rows, err := tx.News(ctx, since)
		if err != nil {
			return err
		}
		everybody := len(rows) == newsMost
		for _, row := range rows {
			var some []string
			switch journal.Kind(row.Kind) {
			case journal.SystemChanged: // rights, places, revocations, orders: who has what changes with them
				everybody = true
			case journal.AttachmentTaken:
				some, err = tx.RecordAudience(ctx, row.RecordID)
			default:
				some, err = tx.AssignmentPeople(ctx, row.AssignmentID)
			}
			if err != nil {
				return err
			}
			for _, id := range some {
				people[id] = true
			}
		}
		if everybody {
			people = nil
		}
		return nil
	})
	return size, people, err
}

// await lets a call wait that has nothing to tell yet. Each time it looks, and when it answers, its caller
// is judged anew, in the transaction of what it tells.
func (d *Door) await(c *Call, r request, nothing Answer) (Answer, error) {
	device := c.device.ID
	one := d.g.join(device, c.user.ID, c.size)
	if one == nil {
		return nothing, nil
	}
	defer d.g.waiting.leave(device, one)
	over := time.NewTimer(nothing.Wait)
	defer over.Stop()
	c.waited = true
	unwoken := false
	for {
		select {
		case <-c.ctx.Done():
		case <-over.C:
			unwoken = true
		case <-one.over:
		case <-one.woken:
			still, err := d.glance(c, r)
			if err == nil && still {
				continue
			}
			if err != nil && c.ctx.Err() == nil {
				return Answer{}, err
			}
		}
		if c.ctx.Err() != nil { // nobody hears the answer
			return nothing, nil
		}
		c.Now = d.g.now()
		answer, err := d.act(c, r)
		if unwoken && (err != nil || answer.Wait == 0) {
			d.g.waiting.late.Add(1)
		}
		return answer, err
	}
}

// glance looks whether there is still nothing to tell.
func (d *Door) glance(c *Call, r request) (nothing bool, err error) {
	c.Now, c.looks = d.g.now(), true
	err = d.g.store.Read(c.ctx, func(tx *store.Tx) error {
		c.tx = tx
		if err := c.admit(r); err != nil {
			return err
		}
		answer, err := c.route.Handler(c)
		nothing = answer.Wait > 0
		return err
	})
	c.tx, c.looks = nil, false
	return nothing, err
}
