package journalfile

import (
	"fmt"
	"testing"

	"handslag/identity"
	"handslag/vault/disk/faulty"
	"handslag/vault/journal"
)

// The newest entry has nothing behind it that would show where it ended: whatever bit of it
// turns, it is read, or told and its number never given to another entry, since it may be up
// already or stand in a colleague's journal.
func TestNoBitOfTheNewestEntryMakesItVanish(t *testing.T) {
	p := cast()
	disk, path, places := written(t, p, 3)
	last := places[2]
	var bits []int
	for bit := range 8 * journal.FrameHead {
		bits = append(bits, bit)
	}
	for bit := 8 * journal.FrameHead; bit < 8*last.size; bit += 89 {
		bits = append(bits, bit)
	}
	for _, bit := range bits {
		turned := spoil(disk, path, func(b []byte) []byte {
			b[last.offset+bit/8] ^= 1 << (bit % 8)
			return b
		})
		f := mustOpen(t, p.config("/o", turned))
		read := all(t, f, false)
		if len(read) < 3 && len(f.Damage()) == 0 {
			t.Fatalf("bit %d: entry 3 is gone and nobody tells", bit)
		}
		if got := len(trimmed(turned.Contents(path))); got < last.offset+last.size-3 {
			t.Fatalf("bit %d: the file has %d bytes", bit, got)
		}
		e := mustAppend(t, f, locked())[0].Entry()
		if len(read) < 3 && e.Generation == 1 {
			t.Fatalf("bit %d: number %d has two entries", bit, e.Seq)
		}
		f.Close()
		again := mustOpen(t, p.config("/o", turned))
		if got := len(all(t, again, false)); got != len(read)+1 || again.Chain().Head != journal.HashOf(all(t, again, false)[got-1].Raw) {
			t.Fatalf("bit %d: opened again: %d entries, then %d", bit, len(read), got)
		}
		again.Close()
	}
}

// Whoever brings back an older outbox, or loses it, gets no number twice while the view knows
// better.
func TestWhatTheViewHasSeenIsNotSaidAgain(t *testing.T) {
	p := cast()
	for _, c := range []struct {
		known Anchor
		want  string
	}{
		{Anchor{}, "1/4"},
		{Anchor{1, 2, nil}, "1/4"},
		{Anchor{1, 3, nil}, "1/4"},
		{Anchor{1, 4, nil}, "2/1"},
		{Anchor{3, 7, nil}, "4/1"},
		{Anchor{1, 3, make([]byte, 32)}, "2/1"},
		{Anchor{0, 7, nil}, "1/4"},
		{Anchor{1 << 63, 7, nil}, "1/4"},
	} {
		disk, _, _ := written(t, p, 3)
		cfg := p.config("/o", disk)
		cfg.Anchors = []Anchor{c.known, {}, {1, 1, nil}}
		f := mustOpen(t, cfg)
		e := mustAppend(t, f, locked())[0].Entry()
		if got := fmt.Sprintf("%d/%d", e.Generation, e.Seq); got != c.want {
			t.Errorf("the view knows %v: goes on as %s, want %s", c.known, got, c.want)
		}
		if told := len(f.Damage()) > 0; told != (c.want != "1/4") {
			t.Errorf("the view knows %v: %+v", c.known, f.Damage())
		}
		f.Close()
		cfg.Anchors = []Anchor{{e.Generation, e.Seq, nil}}
		if got := mustOpen(t, cfg).Chain(); got.Generation != e.Generation || got.Last != e.Seq {
			t.Errorf("opened again: %+v", got)
		}
	}
}

// A copied vault opens beside its original, each under its own lock: the outbox that both would
// write to is what keeps one number from being given twice.
func TestOneWritesToAFolderAtATime(t *testing.T) {
	p := cast()
	cfg := p.config(t.TempDir(), nil)
	first := mustOpen(t, cfg)
	mustAppend(t, first, locked())
	_, err := Open(cfg)
	wants(t, err, ErrOpenElsewhere)
	mustAppend(t, first, locked())
	first.Close()
	wrong := cfg
	if wrong.Root, err = identity.NewAEAD(make([]byte, identity.AEADKeySize)); err != nil {
		t.Fatal(err)
	}
	_, err = Open(wrong)
	wants(t, err, ErrKey)
	if got := seqs(all(t, mustOpen(t, cfg), true)); got != "1 2" { // a refused one holds nothing
		t.Fatalf("after both: %s", got)
	}
}

// A cursor of another branch of the same journal, put back beside this one, would pass for the
// receipt of entries that never went up.
func TestAnotherBranchesCursorCoversNothing(t *testing.T) {
	p := cast()
	branch := func(first int) *faulty.Disk {
		disk := faulty.New()
		f := mustOpen(t, p.config("/o", disk))
		for i := range 3 {
			mustAppend(t, f, p.opening(first+i))
		}
		third := f.Chain().Head
		r := receiptTo(f, 1, 5)
		r.Held = []journal.Range{{Generation: 1, From: 3, To: 3, Hash: third[:]}}
		if n, err := f.Receipt(r); n != 2 || err != nil {
			t.Fatal(n, err)
		}
		f.Close()
		return disk.After(faulty.None)
	}
	here, there := branch(0), branch(10)
	here.Put("/o/"+cursorName, there.Contents("/o/"+cursorName))
	f := mustOpen(t, p.config("/o", here))
	if f.Waiting() != 3 || len(f.Damage()) != 2 {
		t.Fatalf("%d wait, %+v", f.Waiting(), f.Damage())
	}
	if b, _, err := f.Batch([]byte("c")); err != nil || len(b.Items) != 3 {
		t.Fatalf("%d go up, %v", len(b.Items), err)
	}
	if n, err := f.Receipt(receiptTo(f, 3, 6)); n != 3 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
}
