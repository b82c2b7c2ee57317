package journalfile

import (
	"bytes"
	"path/filepath"
	"slices"
	"testing"

	"handslag/identity"
	"handslag/vault/disk/faulty"
	"handslag/vault/journal"
)

func mustWalk(t testing.TB, data []byte, start int, key, id []byte) walked {
	t.Helper()
	aead, err := identity.NewAEAD(key)
	if err != nil {
		t.Fatal(err)
	}
	w, err := journal.WalkFrames(data, start, aead, id)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// written is a disk with one segment of n entries, and where they lie.
func written(t testing.TB, p people, n int) (disk *faulty.Disk, path string, places []place) {
	t.Helper()
	disk = faulty.New()
	f := mustOpen(t, p.config("/o", disk))
	for i := range n {
		mustAppend(t, f, p.opening(i))
	}
	path, places = f.segments[0].path, f.segments[0].places
	f.Close()
	return disk, path, places
}

// spoil changes a file as it lies on the disk.
func spoil(d *faulty.Disk, path string, change func([]byte) []byte) *faulty.Disk {
	out := d.After(faulty.None)
	out.Put(path, change(out.Contents(path)))
	return out
}

// trimmed is a file without the zeroes behind what is in it.
func trimmed(data []byte) []byte { return bytes.TrimRight(data, "\x00") }

func TestADamagedPlaceHidesNothingBehindIt(t *testing.T) {
	p := cast()
	disk, path, places := written(t, p, 6)
	third := places[2]
	for _, c := range []struct {
		what   string
		change func([]byte) []byte
		left   string
		from   uint64
		to     uint64
	}{
		{"a flipped bit in the third", flip(third.offset + journal.FrameHead + 40), "1 2 4 5 6", 3, 3},
		{"a flipped bit in its length", flip(third.offset + 3), "1 2 3 4 5 6", 3, 2},
		{"a wild length", flip(third.offset), "1 2 3 4 5 6", 3, 2},
		{"a flipped bit in its index", flip(third.offset + 7), "1 2 3 4 5 6", 3, 2},
		{"a flipped bit in its checksum", flip(third.offset + 9), "1 2 3 4 5 6", 3, 2},
		{"the third and fourth zeroed", func(b []byte) []byte {
			clear(b[third.offset : third.offset+third.size+places[3].size])
			return b
		}, "1 2 5 6", 3, 4},
		{"the third cut out", func(b []byte) []byte {
			return slices.Delete(b, third.offset, third.offset+third.size)
		}, "1 2 4 5 6", 3, 3},
		{"ten bytes put in before the third", func(b []byte) []byte {
			return slices.Insert(b, third.offset, make([]byte, 10)...)
		}, "1 2 3 4 5 6", 3, 2},
		{"the third twice", func(b []byte) []byte {
			return slices.Insert(b, third.offset, slices.Clone(b[third.offset:third.offset+third.size])...)
		}, "1 2 3 4 5 6", 4, 3},
		{"the last flipped", flip(places[5].offset + 30), "1 2 3 4 5", 0, 0},
	} {
		t.Run(c.what, func(t *testing.T) {
			spoilt := spoil(disk, path, c.change)
			before := spoilt.Contents(path)
			f := mustOpen(t, p.config("/o", spoilt))
			if got := seqs(all(t, f, false)); got != c.left {
				t.Fatalf("left: %s", got)
			}
			damage := f.Damage()
			if len(damage) != 1 || damage[0].File != filepath.Base(path) || damage[0].From != c.from || damage[0].To != c.to {
				t.Fatalf("damage: %+v", damage)
			}
			if !bytes.Equal(trimmed(before), trimmed(spoilt.Contents(path))) {
				t.Fatal("the damaged place was not left as it is")
			}
			chain := f.Chain()
			s := mustAppend(t, f, p.opening(7))[0]
			if s.Entry().Seq != chain.Last+1 {
				t.Fatalf("goes on at %d", s.Entry().Seq)
			}
			again := mustOpen(t, p.config("/o", spoilt.After(faulty.None)))
			if got := again.Damage(); !slices.Equal(got, damage) {
				t.Fatalf("opened again: %+v", got)
			}
		})
	}
}

func flip(at int) func([]byte) []byte {
	return func(b []byte) []byte {
		b[at] ^= 1 << 6
		return b
	}
}

func TestATornTailIsCut(t *testing.T) {
	p := cast()
	disk, path, places := written(t, p, 3)
	last := places[2]
	for _, c := range []struct {
		what   string
		change func([]byte) []byte
		left   string
		size   int
	}{
		{"the last without its end", func(b []byte) []byte { return b[:last.offset+last.size-1] }, "1 2", last.offset},
		{"half of its head", func(b []byte) []byte { return b[:last.offset+5] }, "1 2", last.offset},
		{"a page of zeroes behind it", func(b []byte) []byte { return append(b, make([]byte, 4096)...) }, "1 2 3", last.offset + last.size},
	} {
		t.Run(c.what, func(t *testing.T) {
			torn := spoil(disk, path, c.change)
			f := mustOpen(t, p.config("/o", torn))
			if got := seqs(all(t, f, true)); got != c.left || len(f.Damage()) > 0 {
				t.Fatalf("left: %s, %+v", got, f.Damage())
			}
			if got := len(torn.After(faulty.None).Contents(path)); got != c.size {
				t.Fatalf("the file has %d bytes, want %d", got, c.size)
			}
			mustAppend(t, f, p.opening(9))
			all(t, f, true)
		})
	}
}

func TestAnEntryThatSpoilsWhileItIsOpenIsTold(t *testing.T) {
	p := cast()
	disk := faulty.New()
	f := mustOpen(t, p.config("/o", disk))
	for i := range 4 {
		mustAppend(t, f, p.opening(i))
	}
	s := f.segments[0]
	disk.Put(s.path, flip(s.places[1].offset+50)(disk.Contents(s.path)))
	if got := seqs(all(t, f, false)); got != "1 3 4" {
		t.Fatalf("left: %s", got)
	}
	b, ok, err := f.Batch([]byte("c"))
	if err != nil || !ok || len(b.Items) != 3 {
		t.Fatalf("%d items, %v", len(b.Items), err)
	}
	if got := f.Damage(); len(got) != 1 || got[0].From != 2 || got[0].To != 2 {
		t.Fatalf("%+v", got)
	}
}

// What stands behind a hole goes up all the same, though its receipt must wait.
func TestEverythingBehindAHoleGoesUp(t *testing.T) {
	p := cast()
	disk := faulty.New()
	f := mustOpen(t, p.config("/o", disk))
	for range 20 {
		mustAppend(t, f, slices.Repeat([]Draft{locked()}, 60)...)
	}
	s := f.segments[0]
	f.Close()
	disk = spoil(disk, s.path, flip(s.places[9].offset+40))
	f = mustOpen(t, p.config("/o", disk))
	sent := map[uint64]bool{}
	for rounds := 0; ; rounds++ {
		b, more, err := f.Batch([]byte("c"))
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			break
		}
		for _, item := range b.Items {
			e, err := journal.OpenEntry(item.Entry, p.signing.Public())
			if err != nil {
				t.Fatal(err)
			}
			sent[e.Seq] = true
		}
		if _, err := f.Receipt(receiptTo(f, 9, 5)); err != nil { // all that is contiguous
			t.Fatal(err)
		}
		if rounds > 10 {
			t.Fatal("it never ends")
		}
	}
	if len(sent) != 1199 || f.Waiting() != 1190 {
		t.Fatalf("%d sent, %d wait", len(sent), f.Waiting())
	}
	if _, more, err := f.Batch([]byte("c")); !more || err != nil {
		t.Fatal("the next sync does not try again")
	}
	// The connected system got entry 10 another time: the one behind it tells its hash.
	if n, err := f.Receipt(receiptTo(f, 10, 6)); n != 0 || err != nil || f.cover.marks[1].to != 10 {
		t.Fatalf("%d, %v", n, err)
	}
}

func TestALostHeadOpensANewGeneration(t *testing.T) {
	p := cast()
	cfg := p.config("/o", faulty.New())
	cfg.segmentSize = 1
	build := func() (*faulty.Disk, []string, journal.Chain) {
		disk := faulty.New()
		c := cfg
		c.Disk = disk
		f := mustOpen(t, c)
		for i := range 4 {
			mustAppend(t, f, p.opening(i))
		}
		if _, err := f.Receipt(receiptTo(f, 4, 5)); err != nil {
			t.Fatal(err)
		}
		chain := f.Chain()
		f.Close()
		names := disk.Names()
		return disk.After(faulty.None), names[:4], chain // the cursor's name sorts last
	}
	for _, c := range []struct {
		what   string
		cursor bool // is there, and names the head
		do     func(*faulty.Disk, []string) *faulty.Disk
	}{
		{"the newest segment is gone", true, func(d *faulty.Disk, names []string) *faulty.Disk {
			d.Put(names[3], nil)
			return d
		}},
		{"all segments are gone", true, func(d *faulty.Disk, names []string) *faulty.Disk {
			for _, name := range names {
				d.Put(name, nil)
			}
			return d
		}},
		{"the newest header is flipped, without a cursor", false, func(d *faulty.Disk, names []string) *faulty.Disk {
			d.Put("/o/"+cursorName, nil)
			return spoil(d, names[3], flip(40))
		}},
	} {
		t.Run(c.what, func(t *testing.T) {
			disk, names, old := build()
			con := cfg
			con.Disk = c.do(disk, names)
			f := mustOpen(t, con)
			if f.Chain().Generation != 2 || f.Chain().Last != 0 || len(f.Damage()) == 0 {
				t.Fatalf("chain %+v, damage %+v", f.Chain(), f.Damage())
			}
			anchor, behind := f.Behind()
			if !behind || anchor.Generation != 1 || anchor.Seq != 4 || c.cursor != bytes.Equal(anchor.Hash, old.Head[:]) {
				t.Fatalf("behind %v: %+v", behind, anchor)
			}
			found := f.Chain().Head // of what is left
			e := mustAppend(t, f, locked())[0].Entry()
			if e.Generation != 2 || e.Seq != 1 || journal.Hash(e.Prev) != found {
				t.Fatalf("goes on as %d/%d", e.Generation, e.Seq)
			}
			if _, behind = f.Behind(); behind {
				t.Fatal("it has said so, and is still behind")
			}
			f.Close()
			f = mustOpen(t, con)
			if got := f.Chain(); got.Generation != 2 || got.Last != 1 {
				t.Fatalf("opened again: %+v", got)
			}
			if b, more, err := f.Batch([]byte("c")); err != nil || !more || len(b.Items) == 0 {
				t.Fatalf("%v, %v", more, err)
			}
		})
	}
}

func TestForeignFilesInTheFolderAreLeftAlone(t *testing.T) {
	p := cast()
	disk, path, _ := written(t, p, 3)
	data := disk.Contents(path)
	for name, content := range map[string][]byte{
		"notes.txt": []byte("hello"),
		"0000000001-00000000000000000001-ff.segment": data, // a copy of the segment
		"9999999999-00000000000000000001-ff.segment": []byte("rubbish with a distant generation"),
		"x.segment": {},
		cursorName:  []byte("rubbish"),
	} {
		other := disk.After(faulty.None)
		other.Put("/o/"+name, content)
		f := mustOpen(t, p.config("/o", other))
		if got := seqs(all(t, f, true)); got != "1 2 3" || f.Chain().Generation != 1 {
			t.Fatalf("%s: %s in generation %d", name, got, f.Chain().Generation)
		}
		if other.Contents("/o/"+name) == nil {
			t.Fatalf("%s is gone", name)
		}
		mustAppend(t, f, locked())
	}
}
