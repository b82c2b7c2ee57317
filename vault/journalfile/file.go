package journalfile

import (
	"cmp"
	"crypto/cipher"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/disk"
	"handslag/vault/journal"
)

// Errors of this package; callers match them with errors.Is.
var (
	ErrFull            = errors.New("the disk is full")
	ErrBroken          = errors.New("the journal can not be written")
	ErrClosed          = errors.New("the journal is closed")
	ErrFormat          = journal.ErrFileFormat
	ErrKey             = errors.New("the journal belongs to another vault")
	ErrReceiptMismatch = errors.New("the receipt is not about this journal")
	ErrOpenElsewhere   = errors.New("the journal is open elsewhere")
)

// errDamaged is what Damage tells about; it leaves the package only inside texts.
var errDamaged = journal.ErrFileDamaged

func isFormat(err error) bool { return errors.Is(err, ErrFormat) }

// Config is what a File needs; everything must be given but what is optional.
type Config struct {
	Dir     string                                                      // this device's folder in the machine-wide outbox
	Device  identity.DeviceID                                           // the device that speaks
	Sign    func(signed.Content) ([]byte, error)                        // a KeySet's SignContent; many at once
	Verify  signed.Key                                                  // the key that Sign signs with
	Root    cipher.AEAD                                                 // a subkey of the vault root, for segment keys
	Seal    identity.SealKey                                            // the connected system's
	Clock   func() (after signed.Time, elapsed int64, wall signed.Time) // newest signed server time, µs since, wall clock
	Anchors []Anchor                                                    // optional: how far others know this journal to have gone
	Mark    func() uint64                                               // optional; must not block: see File.Mark
	Disk    disk.Disk                                                   // nil is the real one

	segmentSize int // bytes; 0 is segmentSize
	reserve     int // bytes; 0 is Reserve
	step        int // bytes; 0 is spaceStep
}

func (c Config) check() error {
	switch {
	case c.Dir == "", c.Sign == nil, c.Root == nil, c.Clock == nil:
		return errors.New("a field is missing")
	case c.Verify.Check() != nil, c.Device != identity.DeviceIDOf(c.Verify):
		return errors.New("the device is not the signing key's")
	case c.Seal.Suite != identity.SuiteHybrid:
		return errors.New("the connected system's sealing key is of an unknown suite")
	}
	return nil
}

// File is one device's journal. Its methods may be called from many goroutines; there is one
// File a folder, since two would give one number to two entries.
type File struct {
	cfg  Config
	disk disk.Disk
	lock io.Closer
	open *atomic.Bool

	queue struct {
		sync.Mutex
		waiting []*request
		led     bool // somebody writes, and hands on
	}
	writer sync.Mutex // held by whoever writes or changes the chain
	active *active    // nil until the first Append, and after a failure was mended

	receipts sync.Mutex // one receipt or drop at a time; taken before mu

	mu       sync.RWMutex // what follows; never held over a disk call that writes
	chain    journal.Chain
	segments []*segment // in order; their places only grow
	damage   []Damage
	behind   *Anchor  // until an entry is written in the generation that it made this one open
	cover    *cover   // what receipts have said
	restored bool     // one of them took back what others had said
	handed   position // the last entry that Batch gave out
	passed   position // Batch goes on after it, though nothing there has a receipt
	mark     uint64   // the greatest that Open has read
}

// position names an entry of this journal.
type position struct{ generation, seq uint64 }

func (p position) compare(q position) int {
	return cmp.Or(cmp.Compare(p.generation, q.generation), cmp.Compare(p.seq, q.seq))
}

func (p position) before(q position) bool { return p.compare(q) < 0 }

// Damage is a place that can not be read; what stands after it can.
type Damage struct {
	File       string // base name
	Offset     int64  // bytes from the beginning
	Size       int64  // bytes; 0 where whole frames are gone
	Generation uint64 // 0 where nobody can tell
	From, To   uint64 // numbers of the entries that are missing; 0 where nobody can tell
	What       string // for a log, English, without content
}

// Open reads the journal in cfg.Dir, which it makes when it is missing: every frame is
// decrypted and its place in the chain checked. What a power cut left of an unfinished write
// is cut away; anything else that does not read is left as it is, walked around and told by
// Damage. It returns ErrFormat for another version of the format, ErrKey for another vault
// root, ErrOpenElsewhere where another File holds the folder (of a copied vault, say), and
// writes no segment before the first Append.
func Open(cfg Config) (*File, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	if cfg.Disk == nil {
		cfg.Disk = disk.OS{}
	}
	if cfg.segmentSize == 0 {
		cfg.segmentSize = segmentSize
	}
	if cfg.reserve == 0 {
		cfg.reserve = Reserve
	}
	if cfg.step == 0 {
		cfg.step = spaceStep
	}
	f := &File{
		cfg: cfg, disk: cfg.Disk, open: new(atomic.Bool),
		chain: journal.Chain{Generation: 1}, cover: newCover(),
	}
	if err := f.load(); err != nil {
		for _, s := range f.segments {
			clear(s.key)
		}
		f.unlock()
		return nil, fmt.Errorf("open journal: %w", failure(err))
	}
	f.open.Store(true)
	return f, nil
}

func (f *File) unlock() {
	if f.lock != nil {
		f.lock.Close()
		f.lock = nil
	}
}

// failure names a full disk as such.
func failure(err error) error {
	if disk.IsFull(err) {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}

// Chain is how far the journal goes: its generation, and number and hash of the newest
// durable entry.
func (f *File) Chain() journal.Chain {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.chain
}

// Mark is the greatest of the marks among the frames that Open read, zero where there was none.
// Config.Mark is asked once for each sync, and each frame carries its answer: so the journal,
// which is signed, anchored and handed in, bears witness of how far the vault's catalogue had
// come, and a vault that has come less far is an older copy.
func (f *File) Mark() uint64 { return f.mark }

// Waiting counts the entries of which no receipt says that they are covered or held.
func (f *File) Waiting() int {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.waiting(f.cover)
}

func (f *File) waiting(told *cover) int {
	n := 0
	for _, s := range f.segments {
		n += told.waiting(s)
	}
	return n
}

// Damage lists what could not be read, at Open and since.
func (f *File) Damage() []Damage {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return slices.Clone(f.damage)
}

// report adds d unless it is known; f.mu must not be held.
func (f *File) report(d Damage) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !slices.Contains(f.damage, d) {
		f.damage = append(f.damage, d)
	}
}

// Close waits for what is being written, zeroes the keys and voids the stamps that have not
// been used. A second Close does nothing.
func (f *File) Close() error {
	f.writer.Lock()
	defer f.writer.Unlock()
	f.receipts.Lock()
	defer f.receipts.Unlock()
	f.open.Store(false)
	var err error
	if f.active != nil && f.active.broken {
		_ = f.mend() // else the next Open cuts what is torn and reads back what is whole
	}
	if f.active != nil {
		err = f.active.end()
		f.active = nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.segments {
		clear(s.key)
		s.key = nil
	}
	f.unlock()
	if err != nil {
		return fmt.Errorf("close journal: %w", err)
	}
	return nil
}

// view is a segment as it stood at one moment, with the means to read it.
type view struct {
	*segment
	places []place
	aead   cipher.AEAD
}

// views are the segments now, and what receipts have said of them. A key that Close has zeroed
// can not be asked for afterwards.
func (f *File) views() ([]view, *cover, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if !f.open.Load() {
		return nil, nil, ErrClosed
	}
	out := make([]view, 0, len(f.segments))
	for _, s := range f.segments {
		aead, err := identity.NewAEAD(s.key)
		if err != nil {
			return nil, nil, err
		}
		out = append(out, view{s, s.places, aead})
	}
	return out, f.cover, nil
}

// data is the segment's file, which holds at least all places.
func (f *File) data(v view) ([]byte, error) {
	data, err := f.disk.Read(v.path, segmentLimit)
	if err != nil {
		return nil, fmt.Errorf("read segment: %w", err)
	}
	return data, nil
}

// at is the frame of place p; what has been damaged since Open is reported.
func (f *File) at(v view, data []byte, p place) (frame, bool) {
	if end := p.offset + p.size; end <= len(data) {
		fr, err := journal.OpenFrame(data[p.offset+journal.FrameHead:end], v.aead, v.id, p.index)
		if err == nil && journal.HashOf(fr.Entry) == p.hash {
			return fr, true
		}
	}
	f.report(Damage{
		File: filepath.Base(v.path), Offset: int64(p.offset), Size: int64(p.size),
		Generation: v.gen, From: p.seq, To: p.seq, What: "an entry can no longer be read",
	})
	return frame{}, false
}
