package journalfile

import (
	"fmt"
	"slices"

	"handslag/vault/journal"
)

// Room that a batch's own words need, in bytes: more than they take.
const (
	batchWords    = 1 << 10
	segmentWords  = 64
	itemWords     = 64
	batchSegments = 64 // what a batch may name
)

// Batch is the next entries of which no receipt says that they are covered or held, in order, with their payloads and the keys
// of their segments, as many as a batch may hold; false when there are none. credential is
// the device's newest.
//
// After a receipt that covers nothing new, as behind a damaged place, Batch goes on behind what
// it gave out last, so that everything goes up in the end; having said false it begins
// again at the first entry without a receipt.
func (f *File) Batch(credential []byte) (journal.Batch, bool, error) {
	views, told, err := f.views()
	if err != nil {
		return journal.Batch{}, false, fmt.Errorf("make batch: %w", err)
	}
	f.mu.RLock()
	passed := f.passed
	f.mu.RUnlock()
	b := journal.Batch{Version: 1, Device: f.cfg.Device, Credential: credential}
	room := journal.BatchLimit - batchWords - len(credential)
	var last position
	for _, v := range views {
		from := told.marks[v.gen].to
		if v.gen < passed.generation {
			continue
		}
		if v.gen == passed.generation {
			from = max(from, passed.seq)
		}
		places := v.places[min(v.after(from), len(v.places)):]
		places = slices.DeleteFunc(slices.Clone(places), func(p place) bool { return told.holds(position{v.gen, p.seq}) })
		if len(places) == 0 {
			continue
		}
		if len(b.Segments) == batchSegments {
			break
		}
		more, err := f.fill(&b, v, places, &room, &last)
		if err != nil {
			return journal.Batch{}, false, fmt.Errorf("make batch: %w", err)
		}
		if !more {
			break
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(b.Items) == 0 {
		f.handed, f.passed = position{}, position{}
		return journal.Batch{}, false, nil
	}
	f.handed = last
	return b, true, nil
}

// fill puts entries of one segment into b; false when b is full.
func (f *File) fill(b *journal.Batch, v view, places []place, room *int, last *position) (bool, error) {
	data, err := f.data(v)
	if err != nil {
		return false, err
	}
	named := -1 // the segment's index in b, once an item needs it
	for _, p := range places {
		fr, ok := f.at(v, data, p)
		if !ok {
			continue
		}
		item := journal.Item{Entry: fr.Entry, Box: fr.Box, Key: fr.Server}
		need := len(fr.Entry) + len(fr.Box) + len(fr.Server) + itemWords
		names := len(fr.Box) > 0 && named < 0
		if names {
			need += len(v.id) + len(v.segment.payload) + segmentWords
		}
		if len(b.Items) == journal.BatchItems || need > *room {
			return false, nil
		}
		if names {
			named = len(b.Segments)
			b.Segments = append(b.Segments, journal.SegmentKey{ID: v.id, Sealed: v.segment.payload})
		}
		if len(fr.Box) > 0 {
			item.Segment = uint64(named)
		}
		b.Items = append(b.Items, item)
		*room -= need
		*last = position{v.gen, p.seq}
	}
	return true, nil
}
