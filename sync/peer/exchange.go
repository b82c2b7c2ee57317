package peer

import (
	"context"
	"errors"
	"fmt"

	"handslag/sync/peer/internal/message"
	"handslag/vault/journal"
	"handslag/vault/record"
)

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
