package gate

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"handslag/app/connected/gate/internal/store"
	"handslag/sync/link"
)

// What makes a journal durable is a commit, which takes as long for many as for one. So journals that come at the same
// time are stored in one transaction, one behind the other, each as it would be alone. Nobody is answered
// before it has ended well. Who is refused before anything of theirs was written is told so, and the others go on: after an
// outage each device's first call bears a time that is long past. Where anything else in it fails, nothing of it is kept, and
// each of them is stored alone: nobody's journal hangs on another's.

// Of one such transaction. Whoever else has something to write ends it: people do not wait for thousands
// of journals, but for the one that is being stored.
const (
	mostTogether    = 16
	longestTogether = 200 * time.Millisecond
	togetherTime    = time.Minute // after which it is given up, whoever has hung up meanwhile
)

// together stores journals that wait at the same time.
type together struct {
	store   *store.Store
	longest time.Duration // of a transaction that others' journals may still join

	mu      sync.Mutex
	waiting []*joining
	led     bool // somebody stores what waits
}

// joining is one of them.
type joining struct {
	ctx  context.Context
	act  func(*store.Tx) error
	err  error
	done chan struct{}
}

// errFault is what act did not survive.
var errFault = errors.New("fault in the program")

// do runs act in a transaction, together with others' or alone; it may run more than once, and what it left of a run
// that was in vain is not kept. It returns when that is durable, or has failed.
func (t *together) do(ctx context.Context, act func(*store.Tx) error) error {
	j := &joining{ctx: ctx, act: act, done: make(chan struct{})}
	t.mu.Lock()
	t.waiting = append(t.waiting, j)
	leads := !t.led
	t.led = true
	t.mu.Unlock()
	if leads {
		go t.lead()
	}
	<-j.done
	return j.err
}

// lead stores what waits until nothing does.
func (t *together) lead() {
	for {
		t.mu.Lock()
		if len(t.waiting) == 0 {
			t.led = false
			t.mu.Unlock()
			return
		}
		t.mu.Unlock()
		t.round()
	}
}

// next is who is next in turn; nil where nobody waits any more. Who has hung up is not stored.
func (t *together) next() *joining {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.waiting) > 0 {
		j := t.waiting[0]
		t.waiting = t.waiting[1:]
		if j.err = j.ctx.Err(); j.err == nil {
			return j
		}
		close(j.done)
	}
	return nil
}

// round is one transaction, and what comes of it.
func (t *together) round() {
	var all []*joining
	began := false
	err := t.try(func(tx *store.Tx) error {
		began = true
		again := all
		all = nil
		for i, j := range again { // the database gave the transaction up, and it begins anew
			if err := t.add(tx, &all, j); err != nil {
				all = append(all, again[i+1:]...)
				return err
			}
		}
		heard, begun := len(all), time.Now()
		for ; len(all) < mostTogether && (heard == 0 || time.Since(begun) < t.longest && !t.store.Awaited()); heard++ {
			j := t.next()
			if j == nil {
				return nil
			}
			if err := t.add(tx, &all, j); err != nil {
				return err
			}
		}
		return nil
	})
	if !began { // and none will: who is next in turn is told so
		if j := t.next(); j != nil {
			all = append(all, j)
		}
	}
	for _, j := range all {
		if j.err = err; err != nil && len(all) > 1 && !errors.Is(err, store.ErrAway) {
			j.err = t.try(j.run)
		}
		close(j.done)
	}
}

// add runs j as one of all. Who is refused and has changed nothing is none of them.
func (t *together) add(tx *store.Tx, all *[]*joining, j *joining) error {
	before := tx.Changes()
	err := j.run(tx)
	var refused *link.Problem
	if errors.As(err, &refused) && tx.Changes() == before {
		j.err = err
		close(j.done)
		return nil
	}
	*all = append(*all, j)
	return err
}

// try runs act in a transaction that does not end because one of many hangs up.
func (t *together) try(act func(*store.Tx) error) error {
	ctx, stop := context.WithTimeout(context.Background(), togetherTime)
	defer stop()
	return t.store.Do(ctx, act)
}

// run is act, whose fault is not everybody's.
func (j *joining) run(tx *store.Tx) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("%w: %s", errFault, debug.Stack())
		}
	}()
	return j.act(tx)
}
