package journalfile

import (
	"bytes"
	"cmp"
	"maps"
	"math"
	"slices"
	"time"

	"handslag/identity/signed"
	"handslag/vault/journal"
)

// cover is what receipts have said of a journal, up to one of them. It never changes: the next
// receipt makes another.
type cover struct {
	marks  map[uint64]mark        // by generation: how far its prefix is received
	held   []span                 // received outside the prefixes; in order, none overlaps
	times  map[string]signed.Time // by segment ID: when a receipt covered the whole of it
	newest signed.Time            // of the receipts
	since  signed.Time            // receipts before it are void: the connected system was restored
}

// mark is how far a generation's prefix is received.
type mark struct {
	to   uint64
	hash journal.Hash
}

// span is entries from to to of a generation, and the hash of the last.
type span struct {
	generation, from, to uint64
	hash                 journal.Hash
}

// atOnce is how far apart receipts of calls at the same time may be stamped, in whatever order
// they were answered.
const atOnce = time.Minute

func newCover() *cover {
	return &cover{marks: map[uint64]mark{}, times: map[string]signed.Time{}}
}

func (c *cover) clone() *cover {
	next := *c
	next.marks, next.times, next.held = maps.Clone(c.marks), maps.Clone(c.times), slices.Clone(c.held)
	return &next
}

// holds reports whether it is received outside its generation's prefix.
func (c *cover) holds(p position) bool {
	i, found := slices.BinarySearchFunc(c.held, p, func(s span, p position) int {
		return cmp.Or(cmp.Compare(s.generation, p.generation), cmp.Compare(s.from, p.seq))
	})
	if found {
		return true
	}
	return i > 0 && c.held[i-1].generation == p.generation && p.seq <= c.held[i-1].to
}

// waiting counts the entries of s that are not received.
func (c *cover) waiting(s *segment) int {
	begin := s.after(c.marks[s.gen].to)
	n := len(s.places) - begin
	for _, h := range c.held {
		if h.generation == s.gen {
			n -= max(0, s.after(h.to)-max(begin, s.after(h.from-1)))
		}
	}
	return n
}

// hold adds a span. One that overlaps others takes their place with all that they had.
func (c *cover) hold(s span) {
	var held []span
	for _, h := range c.held {
		switch {
		case h.generation != s.generation || h.to+1 < s.from || s.to+1 < h.from:
			held = append(held, h)
			continue
		case h.to > s.to:
			s.to, s.hash = h.to, h.hash
		}
		s.from = min(s.from, h.from)
	}
	c.held = append(held, s)
	slices.SortFunc(c.held, func(a, b span) int {
		return cmp.Or(cmp.Compare(a.generation, b.generation), cmp.Compare(a.from, b.from))
	})
}

// takeBack makes c what r says where r is newer than all before it and has less: then the
// connected system was restored from a backup, and what it no longer has must go up again. It
// returns whether that is so. An old receipt never does this, so nobody is served by
// keeping one.
func (c *cover) takeBack(r journal.Receipt, hashAt func(generation, seq uint64) (journal.Hash, bool)) bool {
	if r.Time <= c.newest.Add(atOnce) {
		return false
	}
	ends, least := map[uint64]journal.Range{}, uint64(math.MaxUint64)
	for _, rng := range r.Ranges {
		if rng.To > ends[rng.Generation].To {
			ends[rng.Generation] = rng
		}
		least = min(least, rng.Generation)
	}
	back := false
	for generation, m := range c.marks {
		end, listed := ends[generation]
		own, known := hashAt(generation, end.To)
		switch {
		case !listed && len(ends) > 0 && generation < least: // a receipt lists the newest ones
		case listed && end.To >= m.to:
		case !listed, known && !bytes.Equal(own[:], end.Hash): // nothing of it, or another branch
			delete(c.marks, generation)
			back = true
		default:
			c.marks[generation] = mark{end.To, journal.Hash(end.Hash)}
			back = true
		}
	}
	if back {
		c.held, c.since = nil, r.Time
	}
	return back
}
