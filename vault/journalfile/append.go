package journalfile

import (
	"crypto/rand"
	"errors"
	"fmt"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/disk"
	"handslag/vault/journal"
)

// Draft is an entry to be said. The file fills in version, device, generation, number,
// predecessor, time and the payload's commitment.
type Draft struct {
	Entry   journal.Entry
	Details *journal.Details // nil: the entry has no payload
	Payload *journal.Payload // instead of Details, where a signature in Entry covers its commitment

	// Keep wraps the payload's key, 32 bytes, under the subject's; Stored.Kept is what it
	// returned, at most 256 bytes. It must not hold on to the key. With nil the payload can be
	// opened by the connected system only.
	Keep func(payloadKey, commitment []byte) ([]byte, error)

	// Last entries are those that have to be said when the disk is full: they may use the
	// reserve. They tell of what ends, and no stamp of theirs opens anything.
	Last bool
}

// Bounds of what is written at once.
const (
	DraftLimit = 256 // drafts in one Append
	groupLimit = 256 // drafts in one sync
)

// request is one Append on its way; its fields are the leader's once it is queued.
type request struct {
	drafts []prepared
	last   bool // all of them are
	stamps []*Stamp
	err    error
	turn   chan bool // true: it is to lead now; false: its work is done. nil for one that leads at once
}

// prepared is a draft whose payload is encrypted.
type prepared struct {
	entry journal.Entry
	box   []byte
	key   []byte
	kept  []byte
}

// Append gives the drafts their places in order, each following the one before, signs and writes
// them and returns their stamps once they are durable. Many callers share one sync. On an error nothing was
// said and there is no stamp: ErrFull when the disk is full, so that the reserve can not be kept,
// or, where all drafts are last ones, when it is used up; ErrBroken when the disk can not be
// written to otherwise. The next Append mends what can be mended and goes on.
func (f *File) Append(drafts ...Draft) ([]*Stamp, error) {
	if len(drafts) == 0 || len(drafts) > DraftLimit {
		return nil, fmt.Errorf("append %d entries: at least 1, at most %d", len(drafts), DraftLimit)
	}
	r := &request{last: true}
	defer func() {
		for _, p := range r.drafts {
			clear(p.key)
		}
	}()
	for _, d := range drafts {
		p, err := prepare(d)
		if err != nil {
			return nil, fmt.Errorf("append: %w", err)
		}
		r.drafts, r.last = append(r.drafts, p), r.last && d.Last
	}
	// Whoever finds nobody writing leads: it writes for all who wait then, itself the first, and
	// hands on to the first of those who have come meanwhile.
	if f.enqueue(r) || <-r.turn {
		f.lead()
	}
	return r.stamps, r.err
}

// enqueue reports whether r leads.
func (f *File) enqueue(r *request) bool {
	f.queue.Lock()
	defer f.queue.Unlock()
	f.queue.waiting = append(f.queue.waiting, r)
	if !f.queue.led {
		f.queue.led = true
		return true
	}
	r.turn = make(chan bool, 1)
	return false
}

// lead writes one group, whose first is the caller's, and hands on.
func (f *File) lead() {
	f.writer.Lock()
	group := f.take()
	defer func() {
		f.writer.Unlock()
		f.queue.Lock()
		if f.queue.led = len(f.queue.waiting) > 0; f.queue.led {
			f.queue.waiting[0].turn <- true
		}
		f.queue.Unlock()
		for _, r := range group[1:] {
			r.turn <- false
		}
	}()
	f.commit(group)
}

func prepare(d Draft) (prepared, error) {
	p := prepared{entry: d.Entry}
	payload, err := d.payload()
	if payload == nil || err != nil {
		return p, err
	}
	p.key = make([]byte, identity.AEADKeySize)
	rand.Read(p.key)
	if p.box, p.entry.Payload, err = payload.Seal(p.key); err != nil {
		return prepared{}, err
	}
	if d.Keep == nil {
		return p, nil
	}
	if p.kept, err = d.Keep(p.key, p.entry.Payload); err != nil {
		return prepared{}, fmt.Errorf("wrap payload key: %w", err)
	}
	if len(p.kept) > maxWrapped {
		return prepared{}, fmt.Errorf("wrap payload key: %w", signed.ErrTooLarge)
	}
	return p, nil
}

// payload is what the entry commits to, nil where it commits to nothing.
func (d Draft) payload() (*journal.Payload, error) {
	switch {
	case d.Payload != nil && d.Details != nil:
		return nil, fmt.Errorf("%w: two payloads", journal.ErrPayload)
	case d.Payload != nil:
		return d.Payload, nil
	case d.Details != nil:
		p, err := journal.NewPayload(*d.Details)
		return &p, err
	case len(d.Entry.Payload) != 0:
		return nil, fmt.Errorf("%w: a commitment without its payload", journal.ErrEntry)
	}
	return nil, nil
}

// take is the next group: whole requests, at least one.
func (f *File) take() []*request {
	f.queue.Lock()
	defer f.queue.Unlock()
	n, drafts := 0, 0
	for n < len(f.queue.waiting) && (n == 0 || drafts+len(f.queue.waiting[n].drafts) <= groupLimit) {
		drafts += len(f.queue.waiting[n].drafts)
		n++
	}
	group := append([]*request(nil), f.queue.waiting[:n]...)
	f.queue.waiting = append([]*request(nil), f.queue.waiting[n:]...)
	return group
}

// commit writes a group with one sync. The writer lock is held.
func (f *File) commit(group []*request) {
	defer func() {
		for _, r := range group {
			if r.err == nil && len(r.stamps) == 0 { // signing panicked: nobody takes that for success
				r.err = fmt.Errorf("append: %w", ErrBroken)
			}
		}
	}()
	refuse := func(err error) {
		for _, r := range group {
			if r.err == nil {
				r.err = fmt.Errorf("append: %w", err)
			}
		}
	}
	if !f.open.Load() {
		refuse(ErrClosed)
		return
	}
	if err := f.ready(); err != nil {
		refuse(refusal(err))
		return
	}
	var (
		chain journal.Chain
		out   staged
		ends  []int
		err   error
	)
	if !f.active.full {
		if chain, out, ends, err = f.stageAll(group); err != nil {
			refuse(err)
			return
		}
		err = f.makeReady(len(out.data))
		f.active.full = disk.IsFull(err)
		if err != nil && !f.active.full {
			_ = f.mend()
			refuse(refusal(err))
			return
		}
	}
	if f.active.full {
		for _, r := range group {
			if !r.last && r.err == nil {
				r.err = fmt.Errorf("append: %w", ErrFull)
			}
		}
		if chain, out, ends, err = f.stageAll(group); err != nil {
			refuse(err)
			return
		}
	}
	if len(out.places) == 0 {
		return
	}
	if err := f.active.write(out.data); err != nil {
		f.active.broken = true
		_ = f.mend() // while there is a chance; the next Append tries again
		refuse(refusal(err))
		return
	}

	f.mu.Lock()
	f.active.places = append(f.active.places, out.places...)
	f.chain, f.behind = chain, nil
	f.mu.Unlock()
	begin := 0
	for i, r := range group {
		for j := begin; j < ends[i]; j++ {
			r.stamps = append(r.stamps, f.mint(out.entries[j], out.places[j].hash))
		}
		begin = ends[i]
	}
}

// refusal is a failure of the disk in this package's words.
func refusal(err error) error {
	switch {
	case disk.IsFull(err):
		return fmt.Errorf("%w: %w", ErrFull, err)
	case errors.Is(err, ErrBroken):
		return err
	}
	return fmt.Errorf("%w: %w", ErrBroken, err)
}

var zeroBlock [disk.Block]byte

// write is the one road to the disk: the data behind what is durable, in whole blocks, the first of
// which begins with what stands there already and the last of which ends with zeroes, as
// before. It returns when they are durable.
func (a *active) write(data []byte) error {
	begin, end := a.synced-len(a.tail), len(a.tail)+len(data)
	blocks := append(append(a.tail, data...), zeroBlock[:wholeBlocks(end)-end]...)
	if err := a.file.WriteBlocks(blocks, int64(begin)); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	a.synced += len(data)
	a.tail = append(blocks[:0], blocks[end-end%disk.Block:end]...)
	return nil
}
