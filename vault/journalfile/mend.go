package journalfile

import (
	"fmt"

	"handslag/vault/disk"
)

// ready sees to it that there is a sound segment with room. Where there is no room for the next
// segment, the one before still takes last entries.
func (f *File) ready() error {
	if f.active != nil && f.active.broken {
		if err := f.mend(); err != nil {
			return fmt.Errorf("mend: %w", err)
		}
	}
	goesOn := f.active != nil && f.active.gen == f.chain.Generation
	if goesOn && f.active.synced < f.cfg.segmentSize {
		f.active.full = false // until it turns out to be
		return nil
	}
	a, err := f.newSegment(f.chain)
	if err != nil {
		if goesOn && disk.IsFull(err) {
			f.active.full = true
			return nil
		}
		return err
	}
	if f.active != nil {
		_ = f.active.end() // all of it is durable
	}
	f.active = a
	f.mu.Lock()
	f.segments = append(f.segments[:len(f.segments):len(f.segments)], a.segment)
	f.mu.Unlock()
	return nil
}

// mend cuts away what was written and not synced, durably, and ends the segment: nothing of
// it was ever shown to anyone, so its numbers may be given again. A segment in which
// nothing is durable goes altogether.
func (f *File) mend() error {
	a := f.active
	if a.file != nil {
		if err := a.file.Truncate(int64(a.synced)); err != nil {
			return fmt.Errorf("cut: %w", err)
		}
		if err := a.file.Sync(); err != nil {
			return fmt.Errorf("sync: %w", err)
		}
		_ = a.file.Close() // all of it is durable
		a.file = nil
	}
	if len(a.places) == 0 {
		if err := f.disk.Remove(a.path); err != nil {
			return fmt.Errorf("remove empty segment: %w", err)
		}
		if err := f.disk.SyncDir(f.cfg.Dir); err != nil {
			return fmt.Errorf("remove empty segment: %w", err)
		}
		f.forget(map[string]bool{a.path: true})
	}
	a.destroy()
	f.active = nil
	return nil
}

// forget takes segments, and their keys, out of memory.
func (f *File) forget(paths map[string]bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var kept []*segment
	for _, s := range f.segments {
		if paths[s.path] {
			clear(s.key)
			continue
		}
		kept = append(kept, s)
	}
	f.segments = kept
}
