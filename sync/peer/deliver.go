package peer

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"handslag/vault/journal"
)

// delivery is a parcel on a stream: one goroutine says what is to be said, another hears the answers
// and has them written, so that neither waits for the other's disk.
type delivery struct {
	*parcel
	talk    *talk
	lacks   chan lacks      // once
	stopped <-chan struct{} // closed when this person wants to end
	halt    chan struct{}   // closed when the other does
	halted  sync.Once
	open    map[int]bool // lines without an answer
	wanted  map[int]bool

	bytes, ofBytes atomic.Uint64
	answered       atomic.Int64
	now            atomic.Int64 // line of the attachment on its way, -1: none
}

// deliver sends the manifest and each line, and has each answer written as it comes. stopped ends it at a
// good place.
func (p *parcel) deliver(ctx context.Context, stopped <-chan struct{}) error {
	stream, err := p.v.stream(ctx)
	if err != nil {
		return fmt.Errorf("share: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	d := &delivery{parcel: p, talk: newTalk(ctx, stream, p.v.session.timing), lacks: make(chan lacks, 1), stopped: stopped, halt: make(chan struct{}),
		open: map[int]bool{}, wanted: map[int]bool{}}
	d.now.Store(-1)
	defer d.talk.fail()
	for i := range p.going {
		d.open[i] = true
	}
	if err := d.begin(); err != nil {
		return fmt.Errorf("share: %w", err)
	}
	go func() {
		select {
		case <-stopped:
			d.talk.hurry()
		case <-ctx.Done():
		}
	}()
	said := make(chan error, 1)
	go func() {
		err := d.say(ctx)
		if err != nil {
			d.talk.fail() // whoever hears ends too
		}
		said <- err
	}()
	if err = d.hear(ctx); err == nil {
		d.talk.end()
	}
	cancel()
	d.talk.fail()
	if sayErr := <-said; err != nil {
		return fmt.Errorf("share: %w", errors.Join(err, sayErr))
	}
	return nil
}

func (d *delivery) stop() { d.halted.Do(func() { close(d.halt) }) }

func (d *delivery) stopping() bool {
	select {
	case <-d.halt:
		return true
	case <-d.stopped:
		return true
	default:
		return false
	}
}

// begin says the manifest and hears what is wanted of it.
func (d *delivery) begin() error {
	if err := d.talk.say(manifestMessage{Manifest: d.signed}); err != nil {
		return err
	}
	var w want
	if err := d.talk.hear(wantLimit, d.talk.timing.answer, &w); err != nil {
		return err
	}
	_, files := d.manifest.first()
	if err := w.check(files); err != nil {
		return err
	}
	for _, line := range w.Lines {
		d.wanted[int(line)] = true
	}
	for i := range files {
		d.sent[d.going[i]].Had = !d.wanted[i]
	}
	return nil
}

// say says every line, and then the chunks that the receiver lacks.
func (d *delivery) say(ctx context.Context) error {
	for i, line := range d.messages {
		if d.stopping() {
			return d.talk.say(stop{Stop: true})
		}
		switch m := line.(type) {
		case taskMessage:
			if !d.wanted[i] {
				m.Signed = nil
			}
			line = m
		case itemMessage:
			if !d.wanted[i] {
				m.Cipher = nil // the loan and the key go, the ciphertext is there
			}
			line = m
		}
		if err := d.talk.say(line); err != nil {
			return err
		}
		d.talk.alive()
	}
	if len(d.manifest.Files) == 0 {
		return nil
	}
	select {
	case l := <-d.lacks:
		return d.sayChunks(ctx, l)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// hear takes answers until every line has one.
func (d *delivery) hear(ctx context.Context) error {
	lacked, ended := false, false
	for len(d.open) > 0 {
		body, err := d.talk.hearAnswer()
		if err != nil {
			return err
		}
		switch m := body.(type) {
		case *stop:
			if ended { // each would have its time anew
				return fmt.Errorf("stop twice: %w", ErrShare)
			}
			ended = true
			d.stop()
			d.moved(Thing{})
		case *lacks:
			if lacked {
				return fmt.Errorf("lacks twice: %w", ErrShare)
			}
			lacked = true
			if err := d.count(*m); err != nil {
				return err
			}
			d.lacks <- *m
		case *acks:
			if err := d.note(ctx, m.Acks); err != nil {
				return err
			}
		}
	}
	return nil
}

// note has answers written.
func (d *delivery) note(ctx context.Context, acks []ack) error {
	if len(acks) == 0 || len(acks) > maxAcks {
		return fmt.Errorf("read answers: %w", ErrShare)
	}
	var answered []Sent
	for _, a := range acks {
		if !d.open[int(a.Line)] || len(a.Entry) == 0 && !a.Refused.known() || len(a.Entry) != 0 && (len(a.Entry) != 32 || a.Refused != "") {
			return fmt.Errorf("read answer: %w", ErrShare)
		}
		delete(d.open, int(a.Line))
		d.answered.Add(1)
		one := &d.sent[d.going[a.Line]]
		if one.Refused = a.Refused; a.Refused == "" {
			one.Ref = journal.Hash(a.Entry)
		}
		answered = append(answered, *one)
	}
	if err := d.sharer.Answered(ctx, answered); err != nil {
		return fmt.Errorf("write the answers: %w", err)
	}
	d.moved(answered[len(answered)-1].Thing)
	return nil
}

// moved tells how far it has come; thing is what was answered, zero where it was bytes that went.
func (d *delivery) moved(thing Thing) {
	if d.sharer.Moved == nil {
		return
	}
	p := Progress{Ending: d.stopping(), Things: int(d.answered.Load()), Of: len(d.going), Bytes: d.bytes.Load(), OfBytes: d.ofBytes.Load(), Thing: thing}
	if now := d.now.Load(); now >= 0 {
		p.Attachment = d.sent[d.going[now]].Thing
	}
	d.sharer.Moved(p)
}
