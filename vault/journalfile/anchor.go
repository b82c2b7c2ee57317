package journalfile

import (
	"bytes"
	"fmt"
	"slices"

	"handslag/vault/journal"
)

// Anchor is an entry that somebody outside the journal's folder knows to have been said: the
// vault's view, whose position is applied after an entry is durable and never before, the
// operating system's keyring, a receipt. Zero knows nothing.
type Anchor struct {
	Generation, Seq uint64
	Hash            []byte // of that entry, 32 bytes; nil where it is not known
}

func (a Anchor) position() position { return position{a.Generation, a.Seq} }

// generationLimit is what no journal ever reaches: a wild anchor is not followed there.
const generationLimit = 1 << 40

// nameReach is how many generations ahead the name of a segment is followed whose header can not be
// read: a name is no proof, and those in between may have been dropped.
const nameReach = 1 << 10

// Behind reports whether this journal has found itself behind an anchor, or without its own end,
// and has not said so yet: it has opened a new generation in memory, since going on in the old
// one would give a number a second entry. The next entry should be GenerationOpened, whose
// Prev names the head that was found and whose Ref the anchor's hash, where there is one.
func (f *File) Behind() (Anchor, bool) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.behind == nil {
		return Anchor{}, false
	}
	return *f.behind, true
}

// Rejoin takes a receipt, whose signature the caller has verified, for an anchor: where it covers
// more than this journal ever said, or names another entry at a number of its newest generation,
// this one is an older copy, or a branch of one, and the journal opens a new generation. It
// returns whether it did; the next Append writes. Entries of the branch that is left stay, are
// handed in like all others, and wait until a receipt says that they are held.
func (f *File) Rejoin(r journal.Receipt) (bool, error) {
	f.writer.Lock() // whoever writes follows the chain
	defer f.writer.Unlock()
	if !f.open.Load() {
		return false, fmt.Errorf("rejoin: %w", ErrClosed)
	}
	if r.Device != f.cfg.Device {
		return false, fmt.Errorf("rejoin: another device's: %w", ErrReceiptMismatch)
	}
	var anchors []Anchor
	for _, rng := range r.Ranges {
		anchors = append(anchors, Anchor{rng.Generation, rng.To, rng.Hash})
	}
	f.mu.Lock()
	a, behind := f.outrun(anchors)
	if behind {
		f.leave(a)
	}
	f.mu.Unlock()
	if behind {
		f.reportAhead(a)
	}
	return behind, nil
}

// outrun is the furthest of the anchors that this journal is behind, or on another branch than;
// f.mu is held.
func (f *File) outrun(anchors []Anchor) (furthest Anchor, behind bool) {
	head := position{f.chain.Generation, f.chain.Last}
	for _, a := range anchors {
		if a.Generation == 0 || a.Seq == 0 || a.Generation > generationLimit {
			continue
		}
		own, known := f.written(a.Generation, a.Seq)
		other := a.Generation == head.generation && known && len(a.Hash) > 0 && !bytes.Equal(own[:], a.Hash)
		if !other && !head.before(a.position()) {
			continue
		}
		at := a.position()
		if !behind || furthest.position().before(at) || at == furthest.position() && len(furthest.Hash) == 0 {
			furthest, behind = a, true
		}
	}
	return furthest, behind
}

// leave opens the generation after a's and this journal's; f.mu is held. Only memory changes.
func (f *File) leave(a Anchor) {
	f.chain = journal.Chain{Generation: max(f.chain.Generation, a.Generation) + 1, Head: f.chain.Head}
	f.behind = &a
}

// leaveLostHead leaves the generation whose newest entry is or may be gone: an anchor or a
// receipt knows more than can be read, or the newest segment has lost its header or its end, at
// lost.
func (f *File) leaveLostHead(lost []position) {
	anchors := f.cfg.Anchors
	for generation, m := range f.cover.marks {
		anchors = append(anchors[:len(anchors):len(anchors)], Anchor{generation, m.to, m.hash[:]})
	}
	for _, at := range lost {
		if at.generation <= f.chain.Generation+nameReach {
			anchors = append(anchors[:len(anchors):len(anchors)], Anchor{Generation: at.generation, Seq: at.seq})
		}
	}
	a, behind := f.outrun(anchors)
	if !behind {
		return
	}
	f.leave(a)
	if !slices.Contains(lost, a.position()) { // else it has been told
		f.reportAhead(a)
	}
}

func (f *File) reportAhead(a Anchor) {
	f.report(Damage{Generation: a.Generation, To: a.Seq, What: "an entry that others know of is not here"})
}
