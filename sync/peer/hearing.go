package peer

import (
	"context"
	"fmt"

	"handslag/sync/peer/internal/message"
	"handslag/vault/record"
)

// hearLines hears one message for each line, or stop.
func (r *reception) hearLines(ctx context.Context, said chan<- message.Body) error {
	defer close(said)
	item, file := r.manifest.first()
	for n := range r.lines {
		var body message.Body = new(taskMessage)
		limit := taskLimit
		switch {
		case n >= file:
			body, limit = new(fileMessage), fileLimit
		case n >= item:
			body, limit = new(itemMessage), itemLimit
		}
		body, err := r.talk.hearLine(limit, body)
		if err != nil {
			return err
		}
		if _, ok := body.(*stop); ok {
			r.halted.Do(func() { close(r.halt) })
			return nil
		}
		if lineOf(body) != uint64(n) {
			return fmt.Errorf("line %d where %d was to come: %w", lineOf(body), n, ErrShare)
		}
		if m, ok := body.(*itemMessage); ok && r.held[n] && len(m.Cipher) == 0 {
			m.held = r.receiver.Ciphertext(r.lines[n].Record, r.lines[n].Number)
		}
		for r.ahead.Load() > bytesAhead {
			select {
			case <-r.room:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		r.ahead.Add(sizeOf(body))
		select {
		case said <- body:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// sizeOf is about how much memory a message takes, in bytes.
func sizeOf(body message.Body) int64 {
	switch m := body.(type) {
	case *itemMessage:
		n := len(m.Cipher) + len(m.held) + len(m.Record)
		for _, hand := range m.Hands {
			n += len(hand.Loan) + len(hand.Credential)
		}
		return int64(n)
	case *fileMessage:
		return int64(len(m.Signed))
	}
	return record.AssignmentLimit
}

func lineOf(body message.Body) uint64 {
	switch m := body.(type) {
	case *taskMessage:
		return m.Line
	case *itemMessage:
		return m.Line
	case *fileMessage:
		return m.Line
	}
	return 0
}

// gather waits for a message and takes what has come with it, of the same kind.
func gather(said <-chan message.Body, ahead message.Body) (some []message.Body, next message.Body, more bool) {
	size := int64(0)
	if ahead == nil {
		if ahead, more = <-said; !more {
			return nil, nil, false
		}
	}
	for some = append(some, ahead); len(some) < atOnce && size < bytesAtOnce; {
		size += sizeOf(some[len(some)-1])
		select {
		case body, open := <-said:
			switch {
			case !open:
				return some, nil, false
			case body.Kind() != some[0].Kind():
				return some, body, true
			}
			some = append(some, body)
		default:
			return some, nil, true
		}
	}
	return some, nil, true
}
