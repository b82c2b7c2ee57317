package journalfile

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"handslag/identity/signed"
	"handslag/vault/disk/faulty"
	"handslag/vault/journal"
)

// machine holds a journal against what must be true of it, whatever happens to it and in
// whatever order. It is a simple model: what was acknowledged, and of what the system has said
// that it is received.
type machine struct {
	testing.TB
	rt     *rapid.T
	p      people
	cfg    Config
	disk   *faulty.Disk
	f      *File
	system *system

	said     map[position]journal.Hash // acknowledged, and neither dropped nor told as damaged
	numbers  map[position]journal.Hash // every number that was ever given, and to whom
	received map[journal.Hash]bool
	kept     []journal.Receipt // for later
	copied   *faulty.Disk      // the whole folder as it was some time
	head     Anchor            // of the newest entry that was acknowledged, or found
}

// What of testing.TB the fixtures use ends the walk, so that rapid can look for a shorter one.
func (m *machine) Helper()                           { m.rt.Helper() }
func (m *machine) Fatal(args ...any)                 { m.rt.Fatal(args...) }
func (m *machine) Fatalf(format string, args ...any) { m.rt.Fatalf(format, args...) }
func (m *machine) Cleanup(func())                    {} // nothing outlives a disk in memory

func newMachine(t testing.TB, rt *rapid.T) *machine {
	m := &machine{
		TB: t, rt: rt, p: cast(), disk: faulty.New(),
		said: map[position]journal.Hash{}, numbers: map[position]journal.Hash{}, received: map[journal.Hash]bool{},
	}
	m.system = newSystem(m.p)
	m.cfg = m.p.config("/o", m.disk)
	m.cfg.segmentSize = 5 << 10
	m.open(false)
	return m
}

// open opens the journal as it lies on the disk, and holds it against the model. Where a deed was
// under way, or a file is damaged, what is received is taken from the journal, and must
// at least be true; and what was not acknowledged may be there.
func (m *machine) open(underWay bool) {
	m.cfg.Disk = m.disk
	m.f = mustOpen(m, m.cfg)
	for s := range m.f.Entries(0, 0) {
		if !underWay {
			break
		}
		m.numbers[position{s.Entry.Generation, s.Entry.Seq}] = s.Hash
		m.received[s.Hash] = s.Received || s.Held
		if _, there := m.system.stored[s.Hash]; m.received[s.Hash] && !there {
			m.Fatalf("entry %d counts as received, and the system has not got it", s.Entry.Seq)
		}
	}
	m.check()
	if c := m.f.Chain(); c.Last > 0 {
		m.head = Anchor{c.Generation, c.Last, c.Head[:]}
	}
	if _, behind := m.f.Behind(); behind {
		m.append(Draft{Entry: journal.Entry{Kind: journal.GenerationOpened}})
	}
}

// check is what must be true at any time.
func (m *machine) check() {
	stored, waiting, damage := map[position]journal.Hash{}, 0, m.f.Damage()
	for s, err := range m.f.Entries(0, 0) {
		if err != nil {
			m.Fatal(err)
		}
		at := position{s.Entry.Generation, s.Entry.Seq}
		if _, twice := stored[at]; twice {
			m.Fatalf("%v is there twice", at)
		}
		before, ok := stored[position{at.generation, at.seq - 1}]
		if ok && before != journal.Hash(s.Entry.Prev) {
			m.Fatalf("%v does not follow the one before it", at)
		}
		stored[at] = s.Hash
		if s.Received != s.Held != m.received[s.Hash] {
			m.Fatalf("%v: received %v, held %v; the system has said %v", at, s.Received, s.Held, m.received[s.Hash])
		}
		if !s.Received && !s.Held {
			waiting++
		}
	}
	if got := m.f.Waiting(); got != waiting {
		m.Fatalf("%d wait, it says %d", waiting, got)
	}
	for at, hash := range m.said {
		switch got, ok := stored[at]; {
		case ok && got != hash:
			m.Fatalf("%v is another entry than was acknowledged", at)
		case !ok && len(damage) == 0:
			m.Fatalf("%v was acknowledged, is gone, and nobody tells", at)
		case !ok:
			delete(m.said, at) // told
		}
	}
}

// append says drafts, as far as the disk lets it.
func (m *machine) append(drafts ...Draft) []*Stamp {
	stamps, err := m.f.Append(drafts...)
	if err != nil {
		if stamps != nil || !errors.Is(err, ErrFull) && !errors.Is(err, ErrBroken) {
			m.Fatalf("refused with %v", err)
		}
		return nil
	}
	for _, s := range stamps {
		at := position{s.Entry().Generation, s.Entry().Seq}
		if before, given := m.numbers[at]; given && before != s.Hash() {
			m.Fatalf("%v was given to another entry before", at)
		}
		m.said[at], m.numbers[at] = s.Hash(), s.Hash()
		hash := s.Hash()
		m.head = Anchor{at.generation, at.seq, hash[:]}
	}
	return stamps
}

func (m *machine) drafts(last bool) []Draft {
	drafts := make([]Draft, rapid.SampledFrom([]int{1, 1, 1, 2, 5}).Draw(m.rt, "entries"))
	for i := range drafts {
		if drafts[i] = m.p.opening(i); i%2 == 1 {
			drafts[i] = locked()
		}
		drafts[i].Last = last
	}
	return drafts
}

func (m *machine) sayOrdinary() {
	if m.append(m.drafts(false)...) == nil && m.disk.Room == 0 {
		m.Fatal("refused on a sound disk")
	}
}

// sayLast says last entries. A disk that was full before the segment began has no reserve.
func (m *machine) sayLast() {
	a := m.f.active
	drafts := m.drafts(true)
	fits := a != nil && a.gen == m.f.chain.Generation && a.space-a.synced > 700*len(drafts)
	if m.append(drafts...) == nil && (m.disk.Room == 0 || fits) {
		m.Fatal("last entries are refused while there is a reserve")
	}
}

// handIn sends one batch and believes the answer.
func (m *machine) handIn() {
	b, more, err := m.f.Batch([]byte("c"))
	if err != nil {
		m.Fatal(err)
	}
	if !more {
		if m.f.Waiting() > 0 && len(m.f.Damage()) == 0 {
			if _, more, _ = m.f.Batch([]byte("c")); !more {
				m.Fatalf("%d wait, and nothing goes up", m.f.Waiting())
			}
		}
		return
	}
	r := m.system.take(m, b.Items)
	before := m.f.Waiting()
	n, err := m.f.Receipt(r)
	if err != nil {
		if !errors.Is(err, ErrFull) {
			m.Fatal(err)
		}
		return
	}
	m.kept = append(m.kept, r)
	for _, item := range b.Items {
		m.received[journal.HashOf(item.Entry)] = true
	}
	for s := range m.f.Entries(0, 0) { // it may have been sent before, and the receipt was lost with the power
		m.received[s.Hash] = m.received[s.Hash] || s.Received && m.system.in[s.Hash]
	}
	if n < len(b.Items) || m.f.Waiting() != before-n {
		m.Fatalf("of %d handed in, %d are received; %d waited, %d wait", len(b.Items), n, before, m.f.Waiting())
	}
}

// An older receipt, and one that nobody can have signed for this journal, change nothing.
func (m *machine) replay() {
	if len(m.kept) > 0 {
		before := m.f.Waiting()
		_, err := m.f.Receipt(rapid.SampledFrom(m.kept).Draw(m.rt, "older receipt"))
		if err != nil && !errors.Is(err, ErrFull) || m.f.Waiting() != before {
			m.Fatalf("an older receipt: %v, %d waited, %d wait", err, before, m.f.Waiting())
		}
	}
}

func (m *machine) forge() {
	chain := m.f.Chain()
	to := rapid.Uint64Range(1, chain.Last+2).Draw(m.rt, "forged to")
	before := m.f.Waiting()
	n, err := m.f.Receipt(journal.Receipt{Version: 1, Device: m.p.device(), Time: m.f.cover.newest,
		Ranges: []journal.Range{{Generation: chain.Generation, From: 1, To: to, Hash: make([]byte, 32)}},
		Held:   []journal.Range{{Generation: chain.Generation, From: 1, To: to, Hash: make([]byte, 32)}}})
	_, known := m.f.hashAt(chain.Generation, to)
	if n != 0 || m.f.Waiting() != before || (known || to > chain.Last) != errors.Is(err, ErrReceiptMismatch) {
		m.Fatalf("a forged receipt to %d of %d: %d newly, %v", to, chain.Last, n, err)
	}
}

func (m *machine) drop() {
	before := m.system.now.Add(atOnce * 2)
	if rapid.Bool().Draw(m.rt, "not the newest") {
		before = signed.Time(1 << 40).Add(3 * atOnce)
	}
	if _, err := m.f.Drop(before); err != nil {
		m.Fatal(err)
	}
	left := map[position]bool{}
	for s := range m.f.Entries(0, 0) {
		left[position{s.Entry.Generation, s.Entry.Seq}] = true
	}
	for at, hash := range m.said {
		if !left[at] && m.received[hash] {
			delete(m.said, at)
		}
	}
}

func (m *machine) reopen() {
	damage := len(m.f.Damage())
	m.f.Close()
	m.open(false)
	if damage == 0 && len(m.f.Damage()) > 0 {
		m.Fatalf("damage out of nowhere: %+v", m.f.Damage())
	}
}

// cutPower lets the power go within the next deed or after it, and of what was not synced any part
// survive. What was not acknowledged may be there, whole.
func (m *machine) cutPower() {
	damage := len(m.f.Damage())
	m.disk.CutAt = m.disk.Calls() + rapid.IntRange(1, 8).Draw(m.rt, "calls until the power goes")
	if rapid.Bool().Draw(m.rt, "while a receipt is kept") {
		if b, more, _ := m.f.Batch([]byte("c")); more {
			r := m.system.take(m, b.Items)
			if _, err := m.f.Receipt(r); err == nil {
				m.kept = append(m.kept, r)
			}
		}
	} else {
		m.append(m.drafts(false)...)
	}
	m.disk = m.disk.After(faulty.Seeded(rapid.Uint64().Draw(m.rt, "what survives")))
	m.open(true)
	if damage == 0 && len(m.f.Damage()) > 0 {
		m.Fatalf("a power cut is taken for damage: %+v", m.f.Damage())
	}
}

// flip turns a bit of a file at rest. What does not read any more is told.
func (m *machine) flip() {
	m.f.Close()
	names := slices.DeleteFunc(m.disk.Names(), func(name string) bool { return len(trimmed(m.disk.Contents(name))) == 0 })
	if len(names) > 0 {
		name := rapid.SampledFrom(names).Draw(m.rt, "file")
		data := m.disk.Contents(name)
		bit := rapid.IntRange(0, 8*len(trimmed(data))-1).Draw(m.rt, "bit")
		data[bit/8] ^= 1 << (bit % 8)
		m.disk.Put(name, data)
		if strings.HasSuffix(name, cursorName) {
			m.kept = nil
		}
	}
	m.open(true) // a second flip may undo the first
}

// putBack puts an older copy of the whole folder back. Somebody outside knows the head, as the
// keyring does; without that no number could be kept from being given twice.
func (m *machine) putBack() {
	m.f.Close()
	if m.copied == nil || rapid.Bool().Draw(m.rt, "a newer copy") {
		m.copied = m.disk.After(faulty.All)
	} else {
		m.disk, m.kept = m.copied.After(faulty.All), nil
	}
	m.cfg.Anchors = []Anchor{m.head}
	m.open(true)
}

func (m *machine) fillDisk() {
	m.disk.Room = m.disk.Used() + rapid.IntRange(1, 6<<10).Draw(m.rt, "bytes of room")
}

func (m *machine) makeRoom() { m.disk.Room = 0 }

// TestWhateverHappensNothingAcknowledgedIsLost walks at random. A failed run prints the seed, and
// the shortest walk that rapid finds; -rapid.checks=10000 walks longer.
func TestWhateverHappensNothingAcknowledgedIsLost(t *testing.T) {
	seen := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		m := newMachine(t, rt)
		deeds := map[string]func(){
			"say": m.sayOrdinary, "say more": m.sayOrdinary, "say last": m.sayLast, "hand in": m.handIn, "hand in more": m.handIn,
			"replay": m.replay, "forge": m.forge, "drop": m.drop, "reopen": m.reopen, "cut power": m.cutPower,
			"flip": m.flip, "put back": m.putBack, "fill disk": m.fillDisk, "make room": m.makeRoom,
		}
		names := slices.Sorted(maps.Keys(deeds))
		for i := range rapid.IntRange(1, 30).Draw(rt, "deeds") {
			deed := rapid.SampledFrom(names).Draw(rt, fmt.Sprint("deed ", i))
			deeds[deed]()
			m.check()
			seen[deed]++
			if m.f.Chain().Generation > 1 {
				seen["a new generation"]++
			}
			if len(m.f.cover.held) > 0 {
				seen["held"]++
			}
			if m.disk.Room > 0 && m.f.active != nil && m.f.active.full {
				seen["full"]++
			}
		}
		m.makeRoom()
		m.f.Close()
		m.open(false)
		for range 2 * (m.f.Waiting() + 1) {
			m.handIn()
		}
		if m.f.Waiting() > 0 {
			m.Fatalf("in the end %d wait", m.f.Waiting())
		}
		all(m, m.f, false)
	})
	t.Log("what the walks came by: ", seen)
}
