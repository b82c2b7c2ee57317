package journalfile

import (
	"slices"
	"testing"

	"handslag/vault/disk/faulty"
	"handslag/vault/journal"
)

// anOlderCopy is a device that has said 50 entries, 40 of them by the time at which its whole folder
// was copied; all are handed in. The copy is put back.
func anOlderCopy(t testing.TB) (p people, s *system, older Config, head journal.Chain) {
	t.Helper()
	p = cast()
	s = newSystem(p)
	disk := faulty.New()
	cfg := p.config("/o", disk)
	cfg.segmentSize = 6 << 10
	f := mustOpen(t, cfg)
	numbered(t, p, f, 30)
	handIn(t, f, s)
	numbered(t, p, f, 10)
	copied := disk.After(faulty.All)
	handIn(t, f, s)
	numbered(t, p, f, 10)
	handIn(t, f, s)
	everythingIsThere(t, f, s, 50)
	head = f.Chain()
	f.Close()
	older = cfg
	older.Disk = copied
	return p, s, older, head
}

func TestAnOlderCopyLearnsFromAnAnchorBeforeItSpeaks(t *testing.T) {
	_, s, cfg, head := anOlderCopy(t)
	for what, anchors := range map[string][]Anchor{
		"the keyring's, with its hash":     {{1, 12, nil}, {1, 50, head.Head[:]}},
		"the keyring's before the view's":  {{1, 50, head.Head[:]}, {1, 50, nil}},
		"the view's, which knows no hash":  {{1, 50, nil}},
		"one of another branch":            {{1, 33, make([]byte, 32)}},
		"all of them, with one of nothing": {{}, {1, 33, nil}, {1, 45, make([]byte, 32)}, {1, 50, head.Head[:]}},
	} {
		t.Run(what, func(t *testing.T) {
			cfg, s := cfg, s.backup()
			cfg.Disk = cfg.Disk.(*faulty.Disk).After(faulty.None)
			cfg.Anchors = anchors
			f := mustOpen(t, cfg)
			a, behind := f.Behind()
			want := slices.MaxFunc(anchors, func(a, b Anchor) int { return int(a.Seq) - int(b.Seq) })
			if !behind || a.Seq != want.Seq || string(a.Hash) != string(want.Hash) || len(f.Damage()) == 0 {
				t.Fatalf("behind %v: %+v, damage %v", behind, a, f.Damage())
			}
			if _, at40 := f.hashAt(1, 40); !at40 || f.Chain() != (journal.Chain{Generation: 2, Head: f.headOf(t, 1, 40)}) {
				t.Fatalf("goes on from %+v", f.Chain())
			}
			speakUp(t, f)
			numbered(t, cast(), f, 3)
			if got := handIn(t, f, s); got != 0 {
				t.Fatalf("a receipt showed what the anchor had told: %d", got)
			}
			everythingIsThere(t, f, s, 54)
			f.Close()
			f = mustOpen(t, cfg)
			if _, behind := f.Behind(); behind || f.Chain().Generation != 2 || f.Chain().Last != 4 || f.Waiting() != 0 {
				t.Fatalf("opened again: %+v, behind %v, %d wait", f.Chain(), behind, f.Waiting())
			}
		})
	}
}

func (f *File) headOf(t testing.TB, generation, seq uint64) journal.Hash {
	t.Helper()
	h, ok := f.written(generation, seq)
	if !ok {
		t.Fatalf("there is no entry %s", at(generation, seq))
	}
	return h
}

func TestAnOlderCopyThatSpokeLearnsFromTheReceiptAndLosesNothing(t *testing.T) {
	p, s, cfg, _ := anOlderCopy(t)
	f := mustOpen(t, cfg)
	if _, behind := f.Behind(); behind || f.Waiting() != 10 {
		t.Fatalf("nobody can have told it: %v, %d wait", behind, f.Waiting())
	}
	numbered(t, p, f, 5) // a fork: 41 to 45 have been said before
	if got := handIn(t, f, s); got != 1 {
		t.Fatalf("it opened %d generations", got)
	}
	if c := s.chains[1]; c.Last != 50 || s.chains[2].Last != 1 {
		t.Fatalf("the system's chain was moved by the branch: %+v", s.chains)
	}
	everythingIsThere(t, f, s, 56)
	numbered(t, p, f, 2)
	if got := handIn(t, f, s); got != 0 {
		t.Fatalf("it opened yet another generation")
	}
	everythingIsThere(t, f, s, 58)
	f.Close()

	f = mustOpen(t, cfg)
	everythingIsThere(t, f, s, 58)
	if got, want := len(f.segments), 3; got < want {
		t.Fatalf("%d segments", got)
	}
	// What is held is kept as long as what is covered, and no longer.
	if n, err := f.Drop(1 << 40); n != 0 || err != nil {
		t.Fatalf("dropped %d, %v", n, err)
	}
	before := len(f.segments)
	if n, err := f.Drop(s.now.Add(atOnce)); n != before-1 || err != nil {
		t.Fatalf("dropped %d of %d, %v", n, before, err)
	}
	f.Close()
	f = mustOpen(t, cfg)
	if f.Waiting() != 0 || f.Chain().Generation != 2 || len(f.Damage()) > 1 {
		t.Fatalf("%d wait, %+v, %v", f.Waiting(), f.Chain(), f.Damage())
	}
}

// A clone and its original both go on: each opens one generation after the other, and all that
// both ever said is stored.
func TestTwoBranchesThatBothGrowAreStoredBoth(t *testing.T) {
	p := cast()
	s, disk := newSystem(p), faulty.New()
	cfg := p.config("/o", disk)
	f := mustOpen(t, cfg)
	numbered(t, p, f, 4)
	handIn(t, f, s)
	other := cfg
	other.Disk = disk.After(faulty.All)
	g := mustOpen(t, other)
	total := 4
	for range 3 {
		for _, branch := range []*File{f, g} {
			numbered(t, p, branch, 3)
			total += 3 + handIn(t, branch, s)
		}
	}
	everythingIsThere(t, f, s, total)
	everythingIsThere(t, g, s, total)
	if len(s.chains) < 4 {
		t.Fatalf("it was not seen: %v", s.chains)
	}
}

// What stands behind a damaged place can not be covered, since nobody can show that it follows.
// It is held, and no longer waits.
func TestWhatIsBehindADamagedPlaceIsHeld(t *testing.T) {
	p := cast()
	disk, path, places := written(t, p, 9)
	disk = spoil(disk, path, flip(places[3].offset+40))
	cfg, s := p.config("/o", disk), newSystem(p)
	f := mustOpen(t, cfg)
	handIn(t, f, s)
	if len(s.chains) != 1 || s.chains[1].Last != 3 {
		t.Fatalf("%+v", s.chains)
	}
	everythingIsThere(t, f, s, 8)
	mustAppend(t, f, locked())
	handIn(t, f, s)
	everythingIsThere(t, f, s, 9)
	f.Close()
	if f = mustOpen(t, cfg); f.Waiting() != 0 || len(f.cover.held) != 1 {
		t.Fatalf("%d wait, held %v", f.Waiting(), f.cover.held)
	}
}

func TestAHeldRangeCountsOnlyForWhatIsOurs(t *testing.T) {
	p, disk := cast(), faulty.New()
	f := mustOpen(t, p.config("/o", disk))
	numbered(t, p, f, 8)
	hash := func(seq uint64) []byte { h := f.headOf(t, 1, seq); return h[:] }
	for _, c := range []struct {
		what    string
		held    journal.Range
		waiting int
	}{
		{"another branch's", journal.Range{Generation: 1, From: 2, To: 3, Hash: hash(4)}, 8},
		{"more than there is", journal.Range{Generation: 1, From: 2, To: 9, Hash: hash(8)}, 8},
		{"another generation's", journal.Range{Generation: 2, From: 2, To: 3, Hash: hash(3)}, 8},
		{"two of the middle", journal.Range{Generation: 1, From: 3, To: 4, Hash: hash(4)}, 6},
		{"the same again", journal.Range{Generation: 1, From: 3, To: 4, Hash: hash(4)}, 6},
		{"one that overlaps", journal.Range{Generation: 1, From: 4, To: 5, Hash: hash(5)}, 5},
		{"one that lies within", journal.Range{Generation: 1, From: 4, To: 4, Hash: hash(4)}, 5},
		{"the last but one", journal.Range{Generation: 1, From: 7, To: 7, Hash: hash(7)}, 4},
	} {
		n := f.Waiting()
		got, err := f.Receipt(journal.Receipt{Version: 1, Device: p.device(), Time: 5, Held: []journal.Range{c.held}})
		if err != nil || f.Waiting() != c.waiting || got != n-c.waiting {
			t.Errorf("%s: %d newly, %d wait, %v", c.what, got, f.Waiting(), err)
		}
	}
	if b, _, err := f.Batch([]byte("c")); err != nil || len(b.Items) != 4 {
		t.Fatalf("%d go up, %v", len(b.Items), err)
	}
	f.Close()
	if f = mustOpen(t, p.config("/o", disk)); f.Waiting() != 4 {
		t.Fatalf("opened again: %d wait", f.Waiting())
	}
	if n, err := f.Receipt(receiptTo(f, 4, 6)); n != 2 || err != nil || f.Waiting() != 2 || len(f.cover.held) != 2 {
		t.Fatalf("%d newly, %v, %d wait, held %v", n, err, f.Waiting(), f.cover.held)
	}
}

func TestWhatRejoinRefuses(t *testing.T) {
	p := cast()
	f := mustOpen(t, p.config("/o", faulty.New()))
	numbered(t, p, f, 6)
	own := receiptTo(f, 6, 5)
	for what, r := range map[string]journal.Receipt{
		"one that fits":          own,
		"one that covers less":   receiptTo(f, 2, 5),
		"one of nothing":         {Version: 1, Device: p.device(), Time: 5},
		"a generation of dreams": {Version: 1, Device: p.device(), Time: 5, Ranges: []journal.Range{{Generation: 1 << 62, From: 1, To: 1, Hash: make([]byte, 32)}}},
	} {
		if ok, err := f.Rejoin(r); ok || err != nil || f.Chain().Generation != 1 {
			t.Errorf("%s: %v, %v, %+v", what, ok, err, f.Chain())
		}
	}
	own.Device = "other"
	_, err := f.Rejoin(own)
	wants(t, err, ErrReceiptMismatch)
	f.Close()
	_, err = f.Rejoin(own)
	wants(t, err, ErrClosed)
}
