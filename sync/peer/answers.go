package peer

import (
	"context"
	"fmt"
)

// refuse has refusals written, and answers with them.
func (r *reception) refuse(ctx context.Context, lines []int, why func(n int) *Refusal) error {
	if len(lines) == 0 {
		return nil
	}
	if err := r.decline(ctx, lines, why); err != nil {
		return err
	}
	return r.answer(lines, func(n int) ack { return ack{Refused: why(n).Why} }, why)
}

func (r *reception) decline(ctx context.Context, lines []int, why func(n int) *Refusal) error {
	var all []Declined
	for _, n := range lines {
		refusal := why(n)
		refusal.Thing, refusal.Number = r.lines[n].Thing, r.lines[n].Number
		all = append(all, Declined{Handing: r.lines[n], Refusal: refusal})
	}
	if err := r.receiver.Refused(ctx, all); err != nil {
		return fmt.Errorf("write the refusals: %w", err)
	}
	return nil
}

// answer says what became of lines.
func (r *reception) answer(lines []int, ackOf func(n int) ack, why func(n int) *Refusal) error {
	for len(lines) > 0 {
		some := lines[:min(len(lines), maxAcks)]
		lines = lines[len(some):]
		var said acks
		for _, n := range some {
			a := ackOf(n)
			a.Line = uint64(n)
			said.Acks = append(said.Acks, a)
			r.answered[n] = true
			r.got = append(r.got, Got{Handing: r.lines[n], Refused: why(n)})
		}
		r.tell(r.lines[some[len(some)-1]].Thing, len(some))
		if err := r.talk.say(said); err != nil {
			return err
		}
	}
	return nil
}

func (r *reception) tell(thing Thing, things int) {
	r.moved.Things += things
	if r.moved.Thing = thing; r.receiver.Moved != nil {
		r.receiver.Moved(r.moved)
	}
}

// unanswered are the lines without an answer.
func (r *reception) unanswered() (lines []int) {
	for n := range r.lines {
		if !r.answered[n] {
			lines = append(lines, n)
		}
	}
	return lines
}

// breakOff writes that what has no answer did not arrive, so that the sharer's half is not left alone.
func (r *reception) breakOff(ctx context.Context) error {
	lines := r.unanswered()
	if len(lines) == 0 {
		return nil
	}
	err := r.decline(ctx, lines, func(int) *Refusal { return &Refusal{Why: BrokenOff} })
	for _, n := range lines {
		r.got = append(r.got, Got{Handing: r.lines[n], Refused: &Refusal{Thing: r.lines[n].Thing, Why: BrokenOff}})
	}
	r.tell(r.lines[lines[0]].Thing, len(lines))
	return err
}
