package journalfile

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"

	"handslag/identity/signed"
	"handslag/vault/journal"
)

// Receipt believes what r, whose signature the caller has verified, says of this journal, and
// returns how many entries it newly covers. A range counts only if its hash is this
// journal's own at its end and nothing is left out before it; a held one if its hash is. What
// Receipt returns without error is durable.
//
// Where a range of the generation that is being written names another hash, or more than was
// ever said, nothing changes: ErrReceiptMismatch, and Rejoin finds out whether this journal
// is behind. Ranges of the generations before say what the connected system has of other
// branches or of what is lost here, and count for nothing where they do not fit.
//
// The newest word counts: a receipt that says less than older ones takes back what they said, and
// what is still here goes up again (Restored).
func (f *File) Receipt(r journal.Receipt) (int, error) {
	f.receipts.Lock()
	defer f.receipts.Unlock()
	if !f.open.Load() {
		return 0, fmt.Errorf("apply receipt: %w", ErrClosed)
	}
	f.mu.RLock()
	before := f.cover
	next, back, err := f.believe(r)
	newly := f.waiting(before) - f.waiting(next)
	f.mu.RUnlock()
	if err != nil {
		return 0, fmt.Errorf("apply receipt: %w", err)
	}
	if !maps.Equal(next.marks, before.marks) || !maps.Equal(next.times, before.times) || !slices.Equal(next.held, before.held) {
		if err := f.saveCursor(next); err != nil {
			return 0, fmt.Errorf("apply receipt: %w", failure(err))
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cover, f.restored = next, f.restored || back
	switch {
	case back:
		f.handed, f.passed = position{}, position{}
	case newly <= 0 && f.passed.before(f.handed):
		f.passed = f.handed
	}
	return max(newly, 0), nil
}

// Restored reports whether a receipt since Open took back what others had said, as after the
// connected system was restored from a backup. What was handed in for other devices may be
// lost there too: see ForgetHanded.
func (f *File) Restored() bool {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.restored
}

// LogRestored is told that the connected system was restored from a backup, by who has its root key's word: the
// next receipt counts alone, however soon it comes after the one before, and none from before that.
func (f *File) LogRestored() error {
	f.receipts.Lock()
	defer f.receipts.Unlock()
	if !f.open.Load() {
		return fmt.Errorf("void receipts: %w", ErrClosed)
	}
	f.mu.RLock()
	next := f.cover.clone()
	f.mu.RUnlock()
	if next.newest == 0 {
		return nil
	}
	next.since, next.newest = max(next.since, next.newest+1), 0
	if err := f.saveCursor(next); err != nil {
		return fmt.Errorf("void receipts: %w", failure(err))
	}
	f.mu.Lock()
	f.cover = next
	f.mu.Unlock()
	return nil
}

// believe is what receipts say with r, and whether r took anything back; f.mu is held.
func (f *File) believe(r journal.Receipt) (next *cover, back bool, err error) {
	next = f.cover.clone()
	if r.Device != f.cfg.Device {
		return next, false, fmt.Errorf("another device's: %w", ErrReceiptMismatch)
	}
	if r.Time < next.since {
		return next, false, nil
	}
	for _, rng := range r.Ranges {
		if f.contradicts(rng) {
			return next, false, fmt.Errorf("entry %d of generation %d: %w", rng.To, rng.Generation, ErrReceiptMismatch)
		}
	}
	back = next.takeBack(r, f.hashAt)
	next.newest = max(next.newest, r.Time)
	ranges := slices.Clone(r.Ranges)
	slices.SortStableFunc(ranges, func(a, b journal.Range) int { return cmp.Compare(a.To, b.To) })
	for _, rng := range ranges {
		m := next.marks[rng.Generation]
		if own, ok := f.hashAt(rng.Generation, rng.To); ok && bytes.Equal(own[:], rng.Hash) && rng.To > m.to && rng.From <= m.to+1 {
			next.marks[rng.Generation] = mark{rng.To, own}
		}
	}
	for _, rng := range r.Held {
		if own, ok := f.written(rng.Generation, rng.To); ok && bytes.Equal(own[:], rng.Hash) {
			next.hold(span{rng.Generation, rng.From, rng.To, own})
		}
	}
	next.held = slices.DeleteFunc(next.held, func(s span) bool { return s.to <= next.marks[s.generation].to })
	for _, s := range f.segments {
		id := string(s.id)
		_, timed := next.times[id]
		switch complete := len(s.places) > 0 && next.waiting(s) == 0; {
		case complete && (!timed || f.cover.waiting(s) > 0):
			next.times[id] = r.Time
		case !complete:
			delete(next.times, id)
		}
	}
	return next, back, nil
}

// contradicts reports whether a range is about this journal's newest generation, or a later
// one, and can not be true of it; f.mu is held.
func (f *File) contradicts(rng journal.Range) bool {
	if rng.Generation != f.chain.Generation {
		return rng.Generation > f.chain.Generation
	}
	own, known := f.hashAt(rng.Generation, rng.To)
	return rng.To > f.chain.Last || known && !bytes.Equal(own[:], rng.Hash)
}

// hashAt is the hash of an entry of this journal, also of one that can not be read if the
// next one names it.
func (f *File) hashAt(generation, seq uint64) (journal.Hash, bool) {
	if m := f.cover.marks[generation]; m.to == seq && seq > 0 {
		return m.hash, true
	}
	return f.written(generation, seq)
}

// written is hashAt of the segments alone.
func (f *File) written(generation, seq uint64) (journal.Hash, bool) {
	for _, s := range f.segments {
		if s.gen != generation || seq+1 < s.first || seq > s.last() || seq == 0 {
			continue
		}
		i := s.after(seq - 1)
		switch {
		case i == len(s.places):
		case s.places[i].seq == seq:
			return s.places[i].hash, true
		case s.places[i].seq == seq+1:
			return s.places[i].prev, true
		}
	}
	return journal.Hash{}, false
}

// Drop removes segments whose every entry a receipt older than before covers. It never
// removes the newest segment that holds an entry. It returns how many went.
func (f *File) Drop(before signed.Time) (int, error) {
	f.receipts.Lock()
	defer f.receipts.Unlock()
	if !f.open.Load() {
		return 0, fmt.Errorf("drop segments: %w", ErrClosed)
	}
	f.mu.RLock()
	newest := len(f.segments) - 1 // the one that says where the chain goes on
	for newest > 0 && len(f.segments[newest].places) == 0 {
		newest--
	}
	var old []string // the oldest first, so that what is left has no gap
	for _, s := range f.segments[:max(newest, 0)] {
		at, ok := f.cover.times[string(s.id)]
		if ok && at < before && f.cover.waiting(s) == 0 {
			old = append(old, s.path)
		}
	}
	f.mu.RUnlock()
	gone := map[string]bool{}
	var err error
	for _, path := range old {
		if err = f.disk.Remove(path); err != nil {
			break
		}
		gone[path] = true
		_ = f.disk.Remove(path + handedSuffix) // worth nothing without its segment
	}
	f.forget(gone)
	if err == nil && len(gone) > 0 {
		err = f.disk.SyncDir(f.cfg.Dir)
	}
	if err != nil {
		return len(gone), fmt.Errorf("drop segments: %w", err)
	}
	return len(gone), nil
}
