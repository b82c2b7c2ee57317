package journalfile

import (
	"errors"
	"fmt"
	"testing"

	"handslag/vault/disk"
	"handslag/vault/disk/faulty"
	"handslag/vault/journal"
)

// morning is a working morning on a disk whose power may go; it returns the hashes that were
// acknowledged, by number, how many entries a receipt surely covers, and how many at most.
func morning(p people, disk disk.Disk) (acknowledged map[uint64]journal.Hash, received, tried uint64) {
	acknowledged = map[uint64]journal.Hash{}
	cfg := p.config("/outbox/d", disk)
	cfg.segmentSize = 6 << 10 // so that segments change on the way
	say := func(f *File, drafts ...Draft) bool {
		stamps, err := f.Append(drafts...)
		for _, s := range stamps {
			acknowledged[s.Entry().Seq] = s.Hash()
		}
		return err == nil
	}
	for day := range 2 {
		f, err := Open(cfg)
		if err != nil {
			return acknowledged, received, tried
		}
		say(f, p.opening(1))
		say(f, p.opening(2), p.opening(3), locked())
		if n := f.Chain().Last; n > 2 && day == 0 {
			tried = n - 1
			if _, err := f.Receipt(receiptTo(f, n-1, 10)); err == nil {
				received = n - 1
			}
		}
		say(f, p.opening(4), p.opening(5))
		say(f, p.opening(6))
		say(f, locked())
		if day == 1 {
			f.Drop(20)
		}
		f.Close()
	}
	return acknowledged, received, tried
}

func TestAnAcknowledgedEntrySurvivesAPowerCutAtEveryCall(t *testing.T) {
	p := cast()
	calm := faulty.New()
	said, _, _ := morning(p, calm)
	if len(said) != 16 || calm.Calls() < 40 {
		t.Fatalf("the calm morning said %d entries in %d calls", len(said), calm.Calls())
	}
	for at := 1; at <= calm.Calls()+1; at++ {
		for _, l := range lucks {
			t.Run(fmt.Sprintf("call %d, %s", at, l.what), func(t *testing.T) {
				disk := faulty.New()
				disk.CutAt = at
				acknowledged, received, tried := morning(p, disk)
				f := mustOpen(t, p.config("/outbox/d", disk.After(l.luck())))
				if damage := f.Damage(); len(damage) > 0 {
					t.Fatalf("damage: %+v", damage)
				}
				stored := map[uint64]journal.Hash{}
				for s, err := range f.Entries(0, 0) {
					if err != nil {
						t.Fatal(err)
					}
					stored[s.Entry.Seq] = s.Hash
				}
				for seq, hash := range acknowledged {
					if got, ok := stored[seq]; ok && got != hash || !ok && seq > received {
						t.Fatalf("entry %d was acknowledged and is not there", seq)
					}
				}
				chain := f.Chain()
				if chain.Generation != 1 || chain.Last < uint64(len(acknowledged)) {
					t.Fatalf("chain: %d acknowledged, goes to %d in generation %d", len(acknowledged), chain.Last, chain.Generation)
				}
				if f.Waiting() < len(acknowledged)-int(tried) {
					t.Fatalf("%d wait, %d were acknowledged, %d received", f.Waiting(), len(acknowledged), tried)
				}
				s := mustAppend(t, f, p.opening(9))[0]
				if s.Entry().Seq != chain.Last+1 || journal.Hash(s.Entry().Prev) != chain.Head {
					t.Fatal("the next entry does not follow")
				}
			})
		}
	}
}

func TestAFullDiskRefusesAndLosesNothing(t *testing.T) {
	p := cast()
	measure := faulty.New()
	f := mustOpen(t, p.config("/o", measure))
	mustAppend(t, f, p.opening(1))
	enough := measure.Used()
	mustAppend(t, f, p.opening(2))
	// The disk fills up at any byte: in the header, in the first frame, in the second.
	for room := 1; room < measure.Used(); room += 97 {
		disk := faulty.New()
		disk.Room = room
		f := mustOpen(t, p.config("/o", disk))
		acknowledged := 0
		for range 2 {
			stamps, err := f.Append(p.opening(1))
			if err == nil {
				acknowledged++
				continue
			}
			wants(t, err, ErrFull)
			if errors.Is(err, ErrBroken) || stamps != nil {
				t.Fatalf("room %d: %v, stamps %v", room, err, stamps)
			}
		}
		if acknowledged > 1 || room < enough && acknowledged > 0 {
			t.Fatalf("room %d: %d acknowledged", room, acknowledged)
		}
		disk.Room = 0 // somebody made room
		mustAppend(t, f, p.opening(3), p.opening(4))
		if got := all(t, f, true); len(got) != acknowledged+2 {
			t.Fatalf("room %d: %s", room, seqs(got))
		}
		again := mustOpen(t, p.config("/o", disk.After(faulty.None)))
		if got := all(t, again, true); len(got) != acknowledged+2 || len(again.Damage()) > 0 {
			t.Fatalf("room %d, opened again: %s, %v", room, seqs(got), again.Damage())
		}
	}
}

// Where there is room for a segment's reserve and not for the space beyond it, the last entries still
// have theirs.
func TestASegmentThatIsBegunOnAFullDiskHasItsReserve(t *testing.T) {
	p, disk := cast(), faulty.New()
	cfg := p.config("/o", disk)
	cfg.reserve, cfg.step = 8<<10, 64<<10
	f := mustOpen(t, cfg)
	disk.Room = disk.Used() + 16<<10
	fitted, err := 0, error(nil) // into what the last block has beyond the reserve
	for ; fitted < 16; fitted++ {
		if _, err = f.Append(p.opening(1)); err != nil {
			break
		}
	}
	wants(t, err, ErrFull)
	last := locked()
	last.Last = true
	for range 8 {
		mustAppend(t, f, last)
	}
	for err = nil; err == nil && fitted < 100; fitted++ { // and no more than fit: nothing is written beyond
		_, err = f.Append(last)
	}
	fitted--
	if wants(t, err, ErrFull); errors.Is(err, ErrBroken) {
		t.Fatal(err)
	}
	f.Close()
	again := mustOpen(t, p.config("/o", disk.After(faulty.None)))
	if got := all(t, again, true); len(got) != fitted+8 || len(again.Damage()) > 0 {
		t.Fatalf("found %s, %v", seqs(got), again.Damage())
	}
}

func TestAFailedSyncMintsNoStampAndForksNothing(t *testing.T) {
	p := cast()
	for fails := 1; fails <= 4; fails++ { // the first is the entry's own, the others hit the mending
		for cut := range 2 {
			disk := faulty.New()
			f := mustOpen(t, p.config("/o", disk))
			first := mustAppend(t, f, p.opening(1))[0]
			disk.FailSync, disk.FailTruncate = fails, cut
			refused := 0
			for disk.FailSync > 0 || disk.FailTruncate > 0 {
				stamps, err := f.Append(p.opening(2), p.opening(3))
				if err == nil {
					t.Fatalf("%d failing syncs: acknowledged with %d still to fail", fails, disk.FailSync)
				}
				wants(t, err, ErrBroken)
				if stamps != nil || f.Chain().Last != 1 || f.Waiting() != 1 {
					t.Fatalf("a refused entry stands in the chain: %d", f.Chain().Last)
				}
				if _, _, err := f.Batch([]byte("c")); err != nil {
					t.Fatal(err)
				}
				if refused++; refused > 9 {
					t.Fatal("it never heals")
				}
				// Whatever of it a power cut would leave is whole or absent, and no damage.
				for _, l := range lucks {
					found := mustOpen(t, p.config("/o", disk.After(l.luck())))
					if got := all(t, found, true); len(got) < 1 || got[0].Hash != first.Hash() || len(found.Damage()) > 0 {
						t.Fatalf("found %s, %v", seqs(got), found.Damage())
					}
				}
			}
			mustAppend(t, f, p.opening(4))
			if got := all(t, f, true); len(got) != 2 {
				t.Fatalf("after healing: %s", seqs(got))
			}
		}
	}
}

// The process dies between a write and its sync, another one builds upon what it reads, and
// then the power goes: nothing that was built upon may vanish.
func TestWhatIsReadBackIsMadeDurableBeforeItIsBuiltUpon(t *testing.T) {
	p := cast()
	disk, path, places := written(t, p, 3)
	whole := disk.Contents(path)
	disk.Put(path, whole[:places[2].offset])
	rest, err := disk.Extend(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rest.Write(whole[places[2].offset:]); err != nil {
		t.Fatal(err)
	}
	disk.Put("/o/half"+segmentSuffix+draftSuffix, []byte("half a header"))
	f := mustOpen(t, p.config("/o", disk))
	mustAppend(t, f, p.opening(4))
	f = mustOpen(t, p.config("/o", disk.After(faulty.None)))
	if got := seqs(all(t, f, true)); got != "1 2 3 4" || len(f.Damage()) > 0 {
		t.Fatalf("left: %s, %+v", got, f.Damage())
	}
	names, err := disk.List("/o")
	if err != nil || len(names) != 2 {
		t.Fatalf("a draft was left: %v, %v", names, err)
	}
}
