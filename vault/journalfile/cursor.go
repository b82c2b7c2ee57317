package journalfile

import (
	"fmt"
	"path/filepath"
	"sort"

	"handslag/identity/signed"
	"handslag/vault/disk"
	"handslag/vault/journal"
)

// cursor is what receipts have said, in a file of its own, encrypted under the vault root:
// whoever can write to the folder can lose it, which sends entries twice, and can not move
// it, which would lose them.
type cursor struct {
	Version  uint64      `cbor:"1,keyasint"`
	Marks    []reached   `cbor:"2,keyasint,omitempty"`
	Segments []received  `cbor:"3,keyasint,omitempty"`
	Held     []heldSpan  `cbor:"4,keyasint,omitempty"`
	Newest   signed.Time `cbor:"5,keyasint,omitempty"` // of the receipts
	Since    signed.Time `cbor:"6,keyasint,omitempty"` // older receipts are void
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

type heldSpan struct {
	_          struct{} `cbor:",toarray"`
	Generation uint64
	From, To   uint64
	Hash       []byte
}

const (
	cursorName  = "received"
	cursorMagic = "HSRCPT"
	maxReached  = 256 // generations, and spans that are held; the newest
	maxReceived = 512 // segments whose time is kept; the newest
)

func (f *File) cursorContext() []byte {
	return fmt.Appendf(nil, "handslag/1/receipt-cursor/%s", f.cfg.Device)
}

func (f *File) saveCursor(told *cover) error {
	c := cursor{Version: formatVersion, Newest: told.newest, Since: told.since}
	for generation, m := range told.marks {
		c.Marks = append(c.Marks, reached{Generation: generation, To: m.to, Hash: m.hash[:]})
	}
	sort.Slice(c.Marks, func(i, j int) bool { return c.Marks[i].Generation < c.Marks[j].Generation })
	for _, s := range told.held {
		c.Held = append(c.Held, heldSpan{Generation: s.generation, From: s.from, To: s.to, Hash: s.hash[:]})
	}
	f.mu.RLock()
	for _, s := range f.segments {
		if at, ok := told.times[string(s.id)]; ok {
			c.Segments = append(c.Segments, received{ID: s.id, Time: at})
		}
	}
	f.mu.RUnlock()
	c.Marks, c.Held, c.Segments = newest(c.Marks, maxReached), newest(c.Held, maxReached), newest(c.Segments, maxReceived)
	plain, err := signed.Encode(c)
	if err != nil {
		return err
	}
	body := sealWith(f.cfg.Root, plain, f.cursorContext())
	return disk.Replace(f.disk, filepath.Join(f.cfg.Dir, cursorName), journal.WrapFile(cursorMagic, body))
}

// newest are the last n of all.
func newest[T any](all []T, n int) []T { return all[max(0, len(all)-n):] }

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
		f.cover.marks[m.Generation] = mark{m.To, journal.Hash(m.Hash)}
	}
	for _, s := range c.Held {
		f.cover.hold(span{s.Generation, s.From, s.To, journal.Hash(s.Hash)})
	}
	for _, s := range c.Segments {
		f.cover.times[string(s.ID)] = s.Time
	}
	f.cover.newest, f.cover.since = c.Newest, c.Since
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
	for _, s := range c.Held {
		if len(s.Hash) != len(journal.Hash{}) || s.Generation == 0 || s.From == 0 || s.To < s.From {
			return cursor{}, fmt.Errorf("open cursor: %w", errDamaged)
		}
	}
	return c, nil
}
