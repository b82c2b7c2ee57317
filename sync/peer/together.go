package peer

import (
	"context"
	"fmt"

	"handslag/sync/peer/internal/road"
	"handslag/vault/journal"
)

// Workshop is what this device's journal, store and screen do while two devices work on what both hold.
// All but Wake are called from the session's goroutines.
type Workshop struct {
	// Shelf is what this device holds of what its person may work on, the most urgent first.
	Shelf func() []Shelved
	// Joined writes assignment.joined, once a meeting, and returns when it is durable. No operation on the
	// assignment has left, or been kept, when it is called.
	Joined func(ctx context.Context, one Joint) error
	// Received writes assignment.received and keeps the operation; a *RefusedWork says why it does not.
	Received func(ctx context.Context, one Worked) error
	// Refused writes assignment.refused with the code.
	Refused func(ctx context.Context, one RefusedWork) error
	// Answered is told that the other device refused an operation of this one.
	Answered func(operation journal.Hash, why Why)
	// Joint is told on which assignments both may work, once both ends have said what they hold.
	Joint func(ids []journal.AssignmentID)
	// Here is told which joint assignment the other person has before them, "" for none.
	Here func(id journal.AssignmentID)
	// At is the assignment that this person has before them, "" for none.
	At func() journal.AssignmentID
	// Wake says that Shelf or At may have changed.
	Wake <-chan struct{}
}

// Bounds of one stream of working together.
const (
	inFlight      = 16     // operations not yet answered
	maxRefusals   = 16     // of the other's operations, before this end hears no more
	togetherWords = 20_000 // messages from the other end
)

// Together tells the other device what this one holds of what both persons may work on, exchanges
// the operations that each lacks of the other's, and goes on with those that are made meanwhile,
// until the stream, ctx or the session ends. Each device passes on its own operations only. Call it
// again after the link was cut; it is called at both ends, and S opens the stream.
func (v *Verified) Together(ctx context.Context, w Workshop) error {
	if err := v.live(); err != nil {
		return err
	}
	ctx, cancel := v.within(ctx)
	defer cancel()
	stream, err := v.arranged(ctx, road.Together, v.session.mates)
	if err != nil {
		return fmt.Errorf("work together: %w", err)
	}
	t := newTalk(ctx, stream, v.session.timing)
	b := &bench{v: v, w: w, t: t, joint: map[journal.AssignmentID]bool{}, joined: map[journal.AssignmentID]bool{},
		had: map[journal.Hash]bool{}, waits: map[journal.Hash]bool{}, again: make(chan struct{}, 1)}
	defer b.w.Joint(nil)
	defer t.fail()
	if err := b.run(ctx); err != nil {
		return fmt.Errorf("work together: %w", err)
	}
	return nil
}
