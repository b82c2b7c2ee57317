package peer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"handslag/sync/peer/internal/message"
	"handslag/sync/peer/internal/road"
	"handslag/vault/journal"
	"handslag/vault/record"
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

// tell says what the other end does not know yet: own operations, as many as may be under way, and where
// this person is.
func (b *bench) tell(ctx context.Context) error {
	if why := b.v.stillGood(); why != "" {
		return fmt.Errorf("%w: %s", ErrNotVerified, why)
	}
	places := b.places()
	for _, place := range places {
		if !b.v.bothMay(place.Value) {
			continue
		}
		for _, said := range place.Work {
			o, err := said.Read()
			if err != nil || o.Device != b.v.self.credential.Device() || !b.begin(o.Hash) {
				continue
			}
			if err := b.join(ctx, place.Value); err != nil {
				return err
			}
			m, err := b.v.packOperation(said)
			if err != nil {
				return err
			}
			if err := b.say(m); err != nil {
				return err
			}
		}
	}
	at := b.w.At()
	if !b.joint[at] {
		at = ""
	}
	if at == b.at {
		return nil
	}
	b.at = at
	return b.say(here{Assignment: at})
}

// begin marks an operation as under way, unless the other end has it or enough are.
func (b *bench) begin(hash journal.Hash) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.had[hash] || b.waits[hash] || len(b.waits) >= inFlight {
		return false
	}
	b.waits[hash] = true
	return true
}

// hear takes what comes until the stream ends.
func (b *bench) hear(ctx context.Context) error {
	for range togetherWords {
		body, err := b.next()
		if err != nil {
			return err
		}
		switch m := body.(type) {
		case *operationMessage:
			if err := b.take(ctx, *m); err != nil {
				return err
			}
		case *operationAck:
			if err := b.answered(*m); err != nil {
				return err
			}
		case *here:
			if m.Assignment != "" && !b.joint[m.Assignment] {
				return fmt.Errorf("somebody is where nothing is shared: %w", ErrShare)
			}
			b.w.Here(m.Assignment)
		}
	}
	return fmt.Errorf("there is no end: %w", ErrShare)
}

func (b *bench) next() (message.Body, error) {
	data, err := b.t.frame(operationLimit, 2*b.t.timing.verified) // the session ends before
	if err != nil {
		return nil, err
	}
	return readTogether(data)
}

// readTogether reads a message of two who work together: *operationMessage, *operationAck or *here.
func readTogether(data []byte) (message.Body, error) {
	m, err := message.Open(data, operationLimit)
	if err != nil {
		return nil, err
	}
	if m.Kind == kindOperation {
		return m.Into(operationLimit, new(operationMessage))
	}
	return m.Into(answerLimit, new(operationAck), new(here))
}

// take judges an operation, keeps it or refuses it, and says which.
func (b *bench) take(ctx context.Context, m operationMessage) error {
	places := b.places()
	one, refusal := b.v.judgeOperation(m, places)
	switch held := refusal == nil && holds(places[one.Joint.Assignment], one.Operation); {
	case held: // it was under way when the link was cut
		if b.repeated++; b.repeated > inFlight {
			return fmt.Errorf("what is held is said again and again: %w", ErrShare)
		}
	case refusal == nil:
		if err := b.join(ctx, places[one.Joint.Assignment].Value); err != nil {
			return err
		}
		if err := b.w.Received(ctx, one); err != nil && !errors.As(err, &refusal) {
			refusal = &RefusedWork{Operation: one.Operation.Hash, Joint: one.Joint, Why: NotStored, Err: err}
		}
	}
	hash := journal.HashOf(m.Entry)
	if refusal == nil {
		return b.say(operationAck{Operation: hash[:]})
	}
	if err := b.w.Refused(ctx, *refusal); err != nil {
		return fmt.Errorf("write the refusal: %w", err)
	}
	if err := b.say(operationAck{Operation: hash[:], Refused: refusal.Why}); err != nil {
		return err
	}
	if b.refused++; b.refused >= maxRefusals {
		return fmt.Errorf("too much was refused, lately %w", refusal)
	}
	return nil
}

func holds(place Shelved, o record.Operation) bool {
	for _, said := range place.Work {
		if journal.HashOf(said.Entry) == o.Hash {
			return true
		}
	}
	return false
}

// answered takes down what became of an own operation.
func (b *bench) answered(a operationAck) error {
	if len(a.Operation) != len(journal.Hash{}) || a.Refused != "" && !a.Refused.known() {
		return fmt.Errorf("read answer: %w", ErrShare)
	}
	hash := journal.Hash(a.Operation)
	b.mu.Lock()
	under := b.waits[hash]
	delete(b.waits, hash)
	b.had[hash] = true
	b.mu.Unlock()
	if !under {
		return fmt.Errorf("an answer to nothing: %w", ErrShare)
	}
	if a.Refused != "" {
		b.w.Answered(hash, a.Refused)
	}
	select {
	case b.again <- struct{}{}:
	default:
	}
	return nil
}

// Error says why an operation was not taken.
func (r *RefusedWork) Error() string {
	text := fmt.Sprintf("work on assignment %s: refused: %s", r.Joint.Assignment, r.Why)
	if r.Err != nil {
		text += ": " + r.Err.Error()
	}
	return text
}

// Unwrap is what did not verify.
func (r *RefusedWork) Unwrap() error { return r.Err }
