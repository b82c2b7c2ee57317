package peer

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"

	"handslag/sync/peer/internal/message"
	"handslag/vault/journal"
)

// reception is one share on its way in.
type reception struct {
	v        *Verified
	receiver Receiver
	talk     *talk
	halt     chan struct{} // closed when this person wants to end
	halted   sync.Once

	manifest Manifest
	key      shareKey
	lines    []Handing
	answered []bool
	got      []Got
	landed   map[journal.RecordID]journal.SubjectID // records of this share, with whom they are about
	files    []*incomingFile
	held     map[int]bool // lines that this device has
	moved    Progress
	ahead    atomic.Int64  // bytes of messages that wait
	room     chan struct{} // they have become fewer
}

// What is verified and stored at a time: more lines share a sync of the disk, and are in memory.
const (
	atOnce      = 128       // lines
	bytesAhead  = 4 << 20   // of what has come and is not stored yet
	bytesAtOnce = 512 << 10 // that the last line may exceed: what the vault takes in one transaction
)

// take takes a share to its end, or to where stopped ends it.
func (r *reception) take(ctx context.Context, stopped <-chan struct{}) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var first manifestMessage
	if err := r.talk.hear(manifestLimit+64, r.talk.timing.item, &first); err != nil {
		if late := net.Error(nil); errors.As(err, &late) && late.Timeout() { // of what breaks off later each line has an entry
			err = errors.Join(errSlow, err)
		}
		return err
	}
	m, err := r.v.openManifest(first.Manifest)
	if err != nil {
		return err
	}
	r.manifest, r.lines = m, m.handings()
	r.answered = make([]bool, len(r.lines))
	r.landed = map[journal.RecordID]journal.SubjectID{}
	r.moved.Of = len(r.lines)
	for i := range r.lines {
		r.lines[i].Peer = m.Sharer
	}
	if r.key, err = r.v.openKey(m); err != nil {
		return err
	}
	go func() {
		select {
		case <-stopped:
			r.halted.Do(func() { close(r.halt) })
			_ = r.talk.say(stop{Stop: true})
			r.talk.hurry()
		case <-ctx.Done():
		}
	}()
	if err := r.talk.say(r.want()); err != nil {
		return err
	}
	if err := r.takeLines(ctx); err != nil {
		return err
	}
	return r.takeFiles(ctx)
}

func (r *reception) stopping() bool {
	select {
	case <-r.halt:
		return true
	default:
		return false
	}
}

// want is what this device does not hold.
func (r *reception) want() want {
	w := want{Lines: []uint64{}}
	item, file := r.manifest.first()
	r.held = map[int]bool{}
	for n, l := range r.lines[:file] {
		switch {
		case n < item && r.receiver.HasTask != nil && r.receiver.HasTask(l.Assignment, l.Number),
			n >= item && r.receiver.Has != nil && r.receiver.Ciphertext != nil && r.receiver.Has(l.Record, l.Number):
			r.held[n] = true
		default:
			w.Lines = append(w.Lines, uint64(n))
		}
	}
	return w
}

// takeLines takes assignments, records, and what attachments say of themselves, as many at once as
// have come.
func (r *reception) takeLines(ctx context.Context) error {
	said := make(chan message.Body, atOnce)
	heard := make(chan error, 1)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { heard <- r.hearLines(ctx, said) }()
	var ahead message.Body
	for more := true; more; {
		var some []message.Body
		if some, ahead, more = gather(said, ahead); len(some) == 0 {
			break
		}
		for _, body := range some {
			r.ahead.Add(-sizeOf(body))
		}
		select {
		case r.room <- struct{}{}:
		default:
		}
		if r.stopping() {
			continue // what is left is answered at the end
		}
		if err := r.takeSome(ctx, some); err != nil {
			return err
		}
	}
	return <-heard
}

// takeSome judges messages of one kind side by side, and has what is right stored and what is not written.
func (r *reception) takeSome(ctx context.Context, some []message.Body) error {
	in, refused := make([]Incoming, len(some)), make([]*Refusal, len(some))
	side(len(some), func(i int) {
		switch m := some[i].(type) {
		case *taskMessage:
			in[i], refused[i] = r.judgeTask(*m)
		case *itemMessage:
			in[i], refused[i] = r.judgeRecord(*m)
		case *fileMessage:
			in[i], refused[i] = r.judgeFile(*m)
		}
	})
	var good []Incoming
	var goodLines []int
	var bad []int
	for i := range some {
		n := int(lineOf(some[i]))
		if refused[i] != nil {
			bad = append(bad, n)
			continue
		}
		good, goodLines = append(good, in[i]), append(goodLines, n)
	}
	why := map[int]*Refusal{}
	for i := range some {
		why[int(lineOf(some[i]))] = refused[i]
	}
	if err := r.refuse(ctx, bad, func(n int) *Refusal { return why[n] }); err != nil {
		return err
	}
	if len(good) == 0 {
		return nil
	}
	if good[0].Attachment != "" {
		return r.begin(ctx, good, goodLines)
	}
	return r.store(ctx, good, goodLines)
}

// store has things stored, and answers for them.
func (r *reception) store(ctx context.Context, all []Incoming, lines []int) error {
	hashes, err := r.receiver.Received(ctx, all)
	if err == nil && len(hashes) != len(all) {
		err = fmt.Errorf("%d entries for %d things: %w", len(hashes), len(all), ErrShare)
	}
	if err != nil {
		refused := r.answer(lines, func(n int) ack { return ack{Refused: NotStored} }, func(int) *Refusal { return &Refusal{Why: NotStored, Err: err} })
		r.talk.end() // the answer that says so still arrives
		return errors.Join(fmt.Errorf("store what was received: %w", err), refused)
	}
	for i, in := range all {
		r.lines[lines[i]].Subject = in.Subject
		if in.Attachment == "" && in.Assignment == "" {
			r.landed[in.Record] = in.Subject
		}
	}
	at := 0
	return r.answer(lines, func(int) ack { at++; return ack{Entry: hashes[at-1][:]} }, func(int) *Refusal { return nil })
}
