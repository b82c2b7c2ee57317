package journalfile

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/disk"
	"handslag/vault/journal"
)

const lockName = "lock"

// load reads the folder: headers first, to know the order, then frames in that order.
func (f *File) load() error {
	if err := f.disk.MakeDir(f.cfg.Dir); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	var err error
	f.lock, err = f.disk.Lock(filepath.Join(f.cfg.Dir, lockName))
	if errors.Is(err, disk.ErrLocked) {
		err = ErrOpenElsewhere
	}
	if err != nil {
		return fmt.Errorf("lock folder: %w", err)
	}
	names, err := f.disk.List(f.cfg.Dir)
	if err != nil {
		return fmt.Errorf("list folder: %w", err)
	}
	var lost []position // what can not be read and has nothing behind it, as far as its file goes
	for _, name := range names {
		path := filepath.Join(f.cfg.Dir, name)
		switch {
		case strings.HasSuffix(name, draftSuffix): // never got its name, so nothing in it was said
			if err := f.disk.Remove(path); err != nil {
				return fmt.Errorf("clear draft: %w", err)
			}
		case name == cursorName:
			if err := f.loadCursor(path); err != nil {
				return err
			}
		case strings.HasSuffix(name, segmentSuffix):
			err := f.loadHeader(path)
			if errors.Is(err, errDamaged) {
				generation, first, _ := placeOfName(name)
				lost = append(lost, position{generation, first})
				f.report(Damage{File: name, Generation: generation, From: first, What: "a segment's header can not be read"})
			} else if err != nil {
				return err
			}
		}
	}
	slices.SortFunc(f.segments, func(a, b *segment) int {
		return cmp.Or(position{a.gen, a.first}.compare(position{b.gen, b.first}), bytes.Compare(a.id, b.id))
	})
	for _, s := range f.segments {
		newest := f.segments[len(f.segments)-1]
		w, err := f.loadFrames(s, s.gen == newest.gen && s.first == newest.first)
		if err != nil {
			return err
		}
		if w.Spoilt { // its numbers may be known to others
			lost = append(lost, position{s.gen, s.first + uint64(w.Next)})
		}
	}
	f.leaveOtherBranch()
	if err := f.discardEmpty(); err != nil {
		return err
	}
	f.leaveLostHead(lost)
	return nil
}

// loadHeader reads a segment's header and unwraps its key.
func (f *File) loadHeader(path string) error {
	data, err := f.disk.Read(path, headerLimit)
	if err != nil {
		return fmt.Errorf("read segment: %w", err)
	}
	h, _, err := journal.OpenSegment(data, f.cfg.Device, f.cfg.Verify)
	if err != nil {
		return err
	}
	key, err := openWith(f.cfg.Root, h.Root, h.RootContext())
	if err != nil || len(key) != identity.AEADKeySize {
		return ErrKey // the header is signed, so it is not damage
	}
	f.segments = append(f.segments, &segment{path: path, id: h.ID, gen: h.Generation, first: h.First, key: key, payload: h.Payload})
	return nil
}

// loadFrames reads a segment's entries into the chain. The newest segment is synced before it
// is believed: the process may have died between a write and its sync, and what is built
// upon must not vanish with the power.
func (f *File) loadFrames(s *segment, newest bool) (walked, error) {
	data, err := f.disk.Read(s.path, segmentLimit)
	if err != nil {
		return walked{}, fmt.Errorf("read segment: %w", err)
	}
	_, start, err := journal.OpenSegment(data, f.cfg.Device, f.cfg.Verify)
	if err != nil {
		return walked{}, err
	}
	aead, err := identity.NewAEAD(s.key)
	if err != nil {
		return walked{}, err
	}
	w, err := journal.WalkFrames(data, start, aead, s.id)
	if err != nil {
		return walked{}, err
	}
	if len(data) == segmentLimit && w.Torn { // there is more, which was never written here
		w.Torn, w.Spoilt = false, true
	}
	s.frames = len(w.Frames)
	if newest || w.Torn {
		if err := f.settle(s.path, w); err != nil {
			return walked{}, err
		}
	}
	for _, g := range w.Lost {
		f.report(Damage{
			File: filepath.Base(s.path), Offset: int64(g.Offset), Size: int64(g.Size), Generation: s.gen,
			From: s.first + uint64(g.From), To: s.first + uint64(g.To) - 1, What: "entries can not be read",
		})
	}
	for _, fr := range w.Frames {
		f.adopt(s, fr)
		f.mark = max(f.mark, fr.Mark)
	}
	if w.Spoilt {
		f.report(Damage{
			File: filepath.Base(s.path), Offset: int64(w.End), Size: int64(len(data) - w.End), Generation: s.gen,
			What: "the end of a segment can not be read",
		})
	}
	return w, nil
}

// settle cuts what is torn and makes the rest durable.
func (f *File) settle(path string, w walked) error {
	file, err := f.disk.Extend(path)
	if err != nil {
		return fmt.Errorf("settle segment: %w", err)
	}
	if w.Torn {
		err = file.Truncate(int64(w.End))
	}
	if err == nil {
		err = file.Sync()
	}
	if closing := file.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = f.disk.SyncDir(f.cfg.Dir)
	}
	if err != nil {
		return fmt.Errorf("settle segment: %w", err)
	}
	return nil
}

// adopt puts an entry that was read behind the chain. It came out of an AEAD that only this
// vault can seal with, so it is kept whatever the chain says of it.
func (f *File) adopt(s *segment, fr found) {
	damage := Damage{File: filepath.Base(s.path), Offset: int64(fr.Offset), Size: int64(fr.Size), Generation: s.gen}
	var e journal.Entry
	if err := signed.Unverified(fr.Entry, journal.EntryLimit, &e); err != nil || e.Check() != nil ||
		e.Device != f.cfg.Device || e.Generation != s.gen || e.Seq != s.first+uint64(fr.Index) {
		damage.What = "an entry does not belong to its place"
		f.report(damage)
		return
	}
	damage.From, damage.To = e.Seq, e.Seq
	if e.Generation > f.chain.Generation {
		f.chain = journal.Chain{Generation: e.Generation, Head: journal.Hash(e.Prev)}
	}
	switch f.chain.Judge(e) {
	case journal.Known, journal.Elsewhere:
		if got, ok := f.hashAt(e.Generation, e.Seq); ok && got != journal.HashOf(fr.Entry) {
			damage.What = "two entries have one number"
			f.report(damage)
		}
		return
	case journal.Fork:
		damage.What = "an entry follows another than the one before it"
		f.report(damage)
	case journal.Gap:
		f.reportMissing(s, f.chain.Last+1, e.Seq-1)
	}
	s.places = append(s.places, place{
		seq: e.Seq, index: fr.Index, offset: fr.Offset, size: fr.Size,
		hash: journal.HashOf(fr.Entry), prev: journal.Hash(e.Prev),
	})
	f.chain = f.chain.Extend(e, fr.Entry)
}

// reportMissing tells of entries between two segments, unless a receipt covers them, in which
// case Drop removed them, or a damaged place has told of them.
func (f *File) reportMissing(s *segment, from, to uint64) {
	told := slices.ContainsFunc(f.damage, func(d Damage) bool {
		return d.Generation == s.gen && d.From > 0 && d.From <= from && to <= d.To
	})
	if !told && to > f.cover.marks[s.gen].to {
		f.report(Damage{File: filepath.Base(s.path), Generation: s.gen, From: from, To: to, What: "entries are missing"})
	}
}

// discardEmpty removes segments in which nothing was said: their payload keys died with their
// process. One that is damaged, or that holds what another one holds too, stays.
func (f *File) discardEmpty() error {
	empty := map[string]bool{}
	for _, s := range f.segments {
		name := filepath.Base(s.path)
		if s.frames > 0 || slices.ContainsFunc(f.damage, func(d Damage) bool { return d.File == name }) {
			continue
		}
		if err := f.disk.Remove(s.path); err != nil {
			return fmt.Errorf("remove empty segment: %w", err)
		}
		empty[s.path] = true
	}
	if len(empty) == 0 {
		return nil
	}
	f.forget(empty)
	if err := f.disk.SyncDir(f.cfg.Dir); err != nil {
		return fmt.Errorf("remove empty segment: %w", err)
	}
	return nil
}

// leaveOtherBranch leaves out what the cursor says of another branch of this journal, whose
// cursor somebody put back beside this one.
func (f *File) leaveOtherBranch() {
	other := func(generation, to uint64, hash journal.Hash) bool {
		own, ok := f.written(generation, to)
		if ok = ok && own != hash; ok {
			f.report(Damage{File: cursorName, Generation: generation, To: to, What: "a receipt names another entry"})
		}
		return ok
	}
	maps.DeleteFunc(f.cover.marks, func(generation uint64, m mark) bool { return other(generation, m.to, m.hash) })
	f.cover.held = slices.DeleteFunc(f.cover.held, func(s span) bool { return other(s.generation, s.to, s.hash) })
}
