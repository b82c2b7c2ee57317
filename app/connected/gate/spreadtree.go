package gate

import (
	"slices"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
)

// Bounds of a tree that is given at once; what is beyond is folded, and asked for by who gave it.
const (
	spreadShown = 500 // copies
	spreadBelow = 100 // of one giver
	spreadDepth = 32
)

// spreadTree draws the copies that went on from a device, or from the connected system, behind one that was shown.
type spreadTree struct {
	*spread
	below map[string][]*given // by who gave
	whole map[string]*given   // the way on which a device stands with what went on from it: the first
	lost  []string            // who handed on, and nobody has told how they came to it
	room  int
}

// tree is the part of the spread that is asked for; false where there is no such device in it.
func (s *spread) tree(from, after string) (link.Spread, bool) {
	t := &spreadTree{spread: s, below: map[string][]*given{}, whole: map[string]*given{}, room: spreadShown}
	for _, v := range s.ways {
		t.below[v.from] = append(t.below[v.from], v)
		if w := t.whole[v.to]; w == nil || byFirst(v, w) < 0 {
			t.whole[v.to] = v
		}
	}
	for _, all := range t.below {
		slices.SortFunc(all, byFirst)
	}
	t.findLost()
	out := s.out
	if from != "" && s.holders[from] == nil {
		return out, false
	}
	start := 0
	if after != "" {
		start = 1 + slices.IndexFunc(t.children(from), func(v *given) bool { return v.to == after })
		if start == 0 {
			return out, false
		}
	}
	out.Copies, out.Folded = t.level(from, start)
	return out, true
}

// findLost finds who stands below nobody that the connected system gave a copy: by the beginning of what went on from them.
func (t *spreadTree) findLost() {
	seen := map[string]bool{}
	var visit func(from string)
	visit = func(from string) {
		for _, v := range t.below[from] {
			if !seen[v.to] {
				seen[v.to] = true
				visit(v.to)
			}
		}
	}
	visit("")
	var givers []string
	for from := range t.below {
		if from != "" {
			givers = append(givers, from)
		}
	}
	slices.SortFunc(givers, func(a, b string) int { return byFirst(t.below[a][0], t.below[b][0]) })
	for _, from := range givers {
		if !seen[from] {
			seen[from] = true
			t.lost = append(t.lost, from)
			visit(from)
		}
	}
	for _, from := range t.lost { // it stands at the top, not below whom it gave to
		t.whole[from] = nil
	}
}

// children are what a giver gave; below the connected system stand those too of whom nobody has told how
// they came to their copy.
func (t *spreadTree) children(from string) []*given {
	all := t.below[from]
	if from == "" {
		all = slices.Clone(all)
		for _, device := range t.lost {
			all = append(all, &given{way: way{"?", device}})
		}
	}
	return all
}

// level draws what a giver gave: first its own, then, as far as there is room, what went on from each.
func (t *spreadTree) level(from string, start int) (copies []link.SpreadCopy, folded int) {
	type at struct {
		copies []link.SpreadCopy
		depth  int
	}
	all := t.children(from)[start:]
	shown := all[:min(len(all), spreadBelow)]
	copies = []link.SpreadCopy{}
	for _, v := range shown {
		copies = append(copies, t.copy(v))
	}
	t.room -= len(copies)
	queue := []at{{copies, 1}}
	for len(queue) > 0 {
		now := queue[0]
		queue = queue[1:]
		for i := range now.copies {
			c := &now.copies[i]
			below := t.below[string(c.Device)]
			if c.Again || len(below) == 0 {
				continue
			}
			n := min(len(below), spreadBelow, max(t.room, 0))
			if now.depth >= spreadDepth {
				n = 0
			}
			t.room -= n
			for _, v := range below[:n] {
				c.Copies = append(c.Copies, t.copy(v))
			}
			c.Folded = len(below) - n
			queue = append(queue, at{c.Copies, now.depth + 1})
		}
	}
	return copies, len(all) - len(shown)
}

// copy is one copy as it is shown.
func (t *spreadTree) copy(v *given) link.SpreadCopy {
	h := t.holders[v.to]
	c := link.SpreadCopy{Device: identity.DeviceID(v.to), Label: h.row.Label, Person: h.person, Exported: h.exported, Promise: h.promise,
		Synced: signed.Time(h.row.SyncedAt), Revoked: signed.Time(h.row.RevokedAt)}
	c.State, c.Ended = t.state(h)
	if h.answer != nil && t.order.At != 0 {
		c.Answer = &link.SpreadAnswer{At: signed.Time(h.answer.first.ReceivedAt), Entry: h.answer.first.ID, Hash: h.answer.first.Hash}
	}
	if v.from == "?" {
		c.Way = link.WayUnknown
		return c
	}
	c.Way = link.WayHandOver
	if v.from == "" {
		c.Way = link.WaySync
	}
	newest, halves := v.newest()
	first := v.first()
	c.Halves, c.Entry, c.Times = halves, newest.last.ID, int(newest.times)
	c.First, c.Last, c.Until = signed.Time(first.first.ReceivedAt), signed.Time(newest.last.ReceivedAt), v.until()
	c.Record = max(newest.begin.RecordVersion, newest.end.RecordVersion)
	c.Unseen = c.Synced < c.Last && v.received == nil
	c.Again = t.whole[v.to] != v
	if v.wasRefused() {
		c.State, c.Ended = link.CopyRefused, signed.Time(v.refused.last.ReceivedAt)
	}
	return c
}
