package peer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"handslag/sync/peer/internal/message"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// bench is one stream of working together.
type bench struct {
	v *Verified
	w Workshop
	t *talk

	joining  sync.Mutex
	joined   map[journal.AssignmentID]bool // the entry is durable
	speaking sync.Mutex
	again    chan struct{} // an answer made room for more

	mu      sync.Mutex
	joint   map[journal.AssignmentID]bool // both hold it; fixed once both shelves are known
	had     map[journal.Hash]bool         // own operations that the other has, or has refused
	waits   map[journal.Hash]bool         // own operations that are under way
	at      journal.AssignmentID          // as last told
	refused int

	repeated int // operations that came and were here; the hearer's alone
}

func (b *bench) say(body message.Body) error {
	b.speaking.Lock()
	defer b.speaking.Unlock()
	return b.t.say(body)
}

// shelves lets each tell what it holds; S speaks first.
func (b *bench) shelves() error {
	own, places := b.v.shelfOf(b.w.Shelf())
	var theirs shelf
	var err error
	if b.v.meeting.Role == Scanner {
		err = b.say(own)
	}
	if err == nil {
		err = b.t.hear(shelfLimit, b.t.timing.item, &theirs)
	}
	if err == nil && b.v.meeting.Role == Displayer {
		err = b.say(own)
	}
	if err == nil {
		err = theirs.check()
	}
	if err != nil {
		return err
	}
	for _, item := range theirs.Items {
		if _, both := places[item.Assignment]; !both {
			continue
		}
		b.joint[item.Assignment] = true
		for _, hash := range item.Had {
			b.had[journal.Hash(hash)] = true
		}
	}
	return nil
}

// join has the entry be durable that this device and the other work on an assignment.
func (b *bench) join(ctx context.Context, a record.Assignment) error {
	b.joining.Lock()
	defer b.joining.Unlock()
	if b.joined[a.ID] {
		return nil
	}
	if err := b.w.Joined(ctx, b.v.joint(a)); err != nil {
		return fmt.Errorf("write it in the journal first: %w", err)
	}
	b.joined[a.ID] = true
	return nil
}

// run is the stream from its first byte to its last.
func (b *bench) run(ctx context.Context) error {
	if err := b.shelves(); err != nil {
		return err
	}
	b.w.Joint(slices.Sorted(maps.Keys(b.joint)))
	heard := make(chan error, 1)
	go func() { heard <- b.hear(ctx) }()
	ended := func(err error) error {
		b.t.fail()
		return errors.Join(err, <-heard)
	}
	for {
		if err := b.tell(ctx); err != nil {
			return ended(err)
		}
		select {
		case <-b.w.Wake:
		case <-b.again:
		case err := <-heard:
			return err
		case <-ctx.Done():
			return ended(ctx.Err())
		}
	}
}

// places are the joint assignments as this device holds them now.
func (b *bench) places() map[journal.AssignmentID]Shelved {
	places := map[journal.AssignmentID]Shelved{}
	for _, one := range b.w.Shelf() {
		if b.joint[one.Value.ID] {
			places[one.Value.ID] = one
		}
	}
	return places
}
