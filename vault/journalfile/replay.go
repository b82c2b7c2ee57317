package journalfile

import (
	"fmt"
	"iter"

	"handslag/identity/signed"
	"handslag/vault/journal"
)

// Stored is an entry as the file holds it.
type Stored struct {
	Entry    journal.Entry
	Raw      []byte // as signed
	Hash     journal.Hash
	Box      []byte // its payload, encrypted; nil without one
	Kept     []byte // what Draft.Keep made of the payload's key; nil where nothing may be opened here
	Received bool   // a receipt covers it
	Held     bool   // a receipt says that it is stored, beside what it covers: on another branch, or behind a gap
}

// Entries are the device's own entries in order, from entry seq of generation on, as they
// stood when the loop began. An entry that has become unreadable since Open is left out and
// told by Damage; a segment that can not be read at all is yielded as an error, and the loop
// may go on behind it.
func (f *File) Entries(generation, seq uint64) iter.Seq2[Stored, error] {
	return func(yield func(Stored, error) bool) {
		views, told, err := f.views()
		if err != nil {
			yield(Stored{}, fmt.Errorf("read entries: %w", err))
			return
		}
		for _, v := range views {
			begin := 0
			switch {
			case v.gen < generation:
				continue
			case v.gen == generation && seq > 0:
				begin = v.after(seq - 1)
			}
			if begin >= len(v.places) {
				continue
			}
			if !f.replay(v, v.places[begin:], told, yield) {
				return
			}
		}
	}
}

func (f *File) replay(v view, places []place, told *cover, yield func(Stored, error) bool) bool {
	data, err := f.data(v)
	if err != nil {
		return yield(Stored{}, fmt.Errorf("read entries: %w", err))
	}
	for _, p := range places {
		fr, ok := f.at(v, data, p)
		if !ok {
			continue
		}
		s := Stored{Raw: fr.Entry, Hash: p.hash, Box: fr.Box, Kept: fr.Local, Received: p.seq <= told.marks[v.gen].to, Held: told.holds(position{v.gen, p.seq})}
		if err := signed.Unverified(fr.Entry, journal.EntryLimit, &s.Entry); err != nil {
			return yield(Stored{}, fmt.Errorf("read entry %d: %w", p.seq, err)) // adopted or signed here, so it reads
		}
		if !yield(s, nil) {
			return false
		}
	}
	return true
}
