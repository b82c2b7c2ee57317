package journalfile

import (
	"bytes"
	"fmt"
	"maps"
	"path/filepath"
	"sort"

	"handslag/identity/signed"
	"handslag/vault/disk"
	"handslag/vault/journal"
)

// cursor is how far receipts cover the journal, in a file of its own, encrypted under the
// vault root: whoever can write to the folder can lose it, which sends entries twice, and
// can not move it, which would lose them.
type cursor struct {
	Version  uint64     `cbor:"1,keyasint"`
	Marks    []reached  `cbor:"2,keyasint,omitempty"`
	Segments []received `cbor:"3,keyasint,omitempty"`
}

type reached struct {
	_          struct{} `cbor:",toarray"`
	Generation uint64
	To         uint64
	Hash       []byte
}

type received struct {
	_    struct{} `cbor:",toarray"`
	ID   []byte
	Time signed.Time // of the receipt that covered the last of it
}

const (
	cursorName  = "received"
	cursorMagic = "HSRCPT"
	maxReached  = 256 // generations
	maxReceived = 512 // segments whose time is kept; the newest
)

func (f *File) cursorContext() []byte {
	return fmt.Appendf(nil, "handslag/1/receipt-cursor/%s", f.cfg.Device)
}

// Receipt believes what r, whose signature the caller has verified, says of this journal, and
// returns how many entries it newly covers. A range counts only if its hash is this
// journal's own at its end and nothing is left out before it. Where any range names
// another hash, or more than was ever said, nothing changes: ErrReceiptMismatch. It never
// goes backwards, and what it returns without error is durable.
func (f *File) Receipt(r journal.Receipt) (int, error) {
	f.receipts.Lock()
	defer f.receipts.Unlock()
	if !f.open.Load() {
		return 0, fmt.Errorf("apply receipt: %w", ErrClosed)
	}
	f.mu.RLock()
	marks, err := f.believe(r)
	times := maps.Clone(f.received)
	covered := f.waiting(f.marks) - f.waiting(marks)
	for _, s := range f.segments {
		_, timed := times[string(s.id)]
		if len(s.places) > 0 && s.last() <= marks[s.gen].to && (!timed || s.last() > f.marks[s.gen].to) {
			times[string(s.id)] = r.Time
		}
	}
	moved := !maps.Equal(marks, f.marks) || !maps.Equal(times, f.received)
	f.mu.RUnlock()
	if err != nil {
		return 0, fmt.Errorf("apply receipt: %w", err)
	}
	if moved {
		if err := f.saveCursor(marks, times); err != nil {
			return 0, fmt.Errorf("apply receipt: %w", failure(err))
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.marks, f.received = marks, times
	if covered == 0 && f.passed.before(f.handed) {
		f.passed = f.handed
	}
	return covered, nil
}

// believe is how far receipts cover the journal with r; f.mu is held.
func (f *File) believe(r journal.Receipt) (map[uint64]mark, error) {
	marks := maps.Clone(f.marks)
	if r.Device != f.cfg.Device {
		return marks, fmt.Errorf("another device's: %w", ErrReceiptMismatch)
	}
	for _, rng := range r.Ranges {
		m := marks[rng.Generation]
		own, ok := f.hashAt(rng.Generation, rng.To)
		switch {
		case !ok && rng.To <= m.to: // dropped since
		case !ok || !bytes.Equal(own[:], rng.Hash):
			return maps.Clone(f.marks), fmt.Errorf("entry %d of generation %d: %w", rng.To, rng.Generation, ErrReceiptMismatch)
		case rng.To > m.to && rng.From <= m.to+1:
			marks[rng.Generation] = mark{rng.To, own}
		}
	}
	return marks, nil
}

// hashAt is the hash of an entry of this journal, also of one that can not be read if the
// next one names it.
func (f *File) hashAt(generation, seq uint64) (journal.Hash, bool) {
	if m := f.marks[generation]; m.to == seq && seq > 0 {
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
	old := map[string]bool{}
	for _, s := range f.segments[:max(newest, 0)] {
		at, ok := f.received[string(s.id)]
		if ok && at < before && s.last() <= f.marks[s.gen].to {
			old[s.path] = true
		}
	}
	f.mu.RUnlock()
	gone := map[string]bool{}
	var err error
	for path := range old {
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

func (f *File) saveCursor(marks map[uint64]mark, times map[string]signed.Time) error {
	c := cursor{Version: formatVersion}
	for generation, m := range marks {
		c.Marks = append(c.Marks, reached{Generation: generation, To: m.to, Hash: m.hash[:]})
	}
	sort.Slice(c.Marks, func(i, j int) bool { return c.Marks[i].Generation < c.Marks[j].Generation })
	c.Marks = c.Marks[max(0, len(c.Marks)-maxReached):]
	f.mu.RLock()
	for _, s := range f.segments {
		if at, ok := times[string(s.id)]; ok {
			c.Segments = append(c.Segments, received{ID: s.id, Time: at})
		}
	}
	f.mu.RUnlock()
	c.Segments = c.Segments[max(0, len(c.Segments)-maxReceived):]
	plain, err := signed.Encode(c)
	if err != nil {
		return err
	}
	body := sealWith(f.cfg.Root, plain, f.cursorContext())
	return disk.Replace(f.disk, filepath.Join(f.cfg.Dir, cursorName), journal.WrapFile(cursorMagic, body))
}

// loadCursor reads the cursor. A damaged one is told and taken for none: then entries go up
// again, and their receipts come again.
func (f *File) loadCursor(path string) error {
	data, err := f.disk.Read(path, headerLimit)
	if err != nil {
		return fmt.Errorf("read cursor: %w", err)
	}
	body, _, err := journal.UnwrapFile(cursorMagic, data)
	if isFormat(err) {
		return err
	}
	var c cursor
	if err == nil {
		c, err = f.openCursor(body)
	}
	if err != nil {
		f.report(Damage{File: cursorName, Size: int64(len(data)), What: "the cursor of receipts can not be read"})
		return nil
	}
	if c.Version != formatVersion {
		return fmt.Errorf("read cursor of version %d: %w", c.Version, ErrFormat)
	}
	for _, m := range c.Marks {
		f.marks[m.Generation] = mark{m.To, journal.Hash(m.Hash)}
	}
	for _, s := range c.Segments {
		f.received[string(s.ID)] = s.Time
	}
	return nil
}

func (f *File) openCursor(body []byte) (cursor, error) {
	plain, err := openWith(f.cfg.Root, body, f.cursorContext())
	if err != nil {
		return cursor{}, fmt.Errorf("open cursor: %w", errDamaged)
	}
	var c cursor
	if err := signed.Decode(plain, journal.FileBodyLimit, &c); err != nil {
		return cursor{}, fmt.Errorf("open cursor: %w: %w", errDamaged, err)
	}
	for _, m := range c.Marks {
		if len(m.Hash) != len(journal.Hash{}) || m.Generation == 0 || m.To == 0 {
			return cursor{}, fmt.Errorf("open cursor: %w", errDamaged)
		}
	}
	return c, nil
}
