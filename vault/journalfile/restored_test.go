package journalfile

import (
	"slices"
	"testing"

	"handslag/identity/signed"
	"handslag/vault/disk/faulty"
	"handslag/vault/journal"
)

// A restored connected system has less than it had given receipts for. The next receipt says so, and
// all that is still here goes up again.
func TestARestoredSystemGetsAgainWhatItLacks(t *testing.T) {
	for _, generations := range []int{1, 2} {
		p := cast()
		s, disk := newSystem(p), faulty.New()
		cfg := p.config("/o", disk)
		cfg.segmentSize = 4 << 10
		f := mustOpen(t, cfg)
		numbered(t, p, f, 20)
		handIn(t, f, s)
		backup := s.backup()
		numbered(t, p, f, 20)
		handIn(t, f, s)
		total := 41
		if generations == 2 { // which the backup knows nothing of
			f.Close()
			cfg.Anchors = []Anchor{{1, 41, nil}}
			f = mustOpen(t, cfg)
			speakUp(t, f)
			handIn(t, f, s)
			total++
		}
		late := s.take(t, nil) // somebody keeps this one
		if f.Waiting() != 0 || f.Restored() {
			t.Fatalf("%d wait, restored %v", f.Waiting(), f.Restored())
		}
		backup.now = s.now.Add(60 * atOnce)
		mustAppend(t, f, locked())
		handIn(t, f, backup)
		everythingIsThere(t, f, backup, total)
		if !f.Restored() || len(backup.chains) != generations || backup.chains[1].Last < 40 {
			t.Fatalf("restored %v, %+v", f.Restored(), backup.chains)
		}
		// A receipt of the time before the restoration takes nothing for received.
		mustAppend(t, f, locked())
		late.Ranges = append(late.Ranges, journal.Range{Generation: uint64(generations), From: 1, To: f.Chain().Last, Hash: slices.Clone(f.headHash())})
		if n, err := f.Receipt(late); n != 0 || err != nil || f.Waiting() != 1 {
			t.Fatalf("%d newly, %v, %d wait", n, err, f.Waiting())
		}
		f.Close()
		f = mustOpen(t, cfg)
		if n, err := f.Receipt(late); n != 0 || err != nil || f.Waiting() != 1 || f.Restored() {
			t.Fatalf("opened again: %d newly, %v, %d wait", n, err, f.Waiting())
		}
		handIn(t, f, backup)
		everythingIsThere(t, f, backup, total+1)
	}
}

func (f *File) headHash() []byte { return f.chain.Head[:] }

// Two calls at once may be answered in another order than they were stamped, and an old receipt
// may come late: neither takes anything back.
func TestAReceiptThatIsNotNewerTakesNothingBack(t *testing.T) {
	p := cast()
	f := mustOpen(t, p.config("/o", faulty.New()))
	numbered(t, p, f, 6)
	newest := signed.Time(1 << 40)
	if _, err := f.Receipt(receiptTo(f, 5, newest)); err != nil {
		t.Fatal(err)
	}
	for _, when := range []signed.Time{5, newest.Add(-atOnce), newest, newest.Add(atOnce)} {
		if n, err := f.Receipt(receiptTo(f, 2, when)); n != 0 || err != nil || f.Waiting() != 1 || f.Restored() {
			t.Fatalf("at %d: %d newly, %v, %d wait", when, n, err, f.Waiting())
		}
	}
	if n, err := f.Receipt(receiptTo(f, 2, newest.Add(3*atOnce))); n != 0 || err != nil || f.Waiting() != 4 || !f.Restored() {
		t.Fatalf("%d newly, %v, %d wait", n, err, f.Waiting())
	}
}

// A receipt lists the newest generations; of those before them it says nothing.
func TestGenerationsThatAReceiptNoLongerListsStayReceived(t *testing.T) {
	p := cast()
	cfg, s := p.config("/o", faulty.New()), newSystem(p)
	f := mustOpen(t, cfg)
	numbered(t, p, f, 2)
	handIn(t, f, s)
	f.Close()
	cfg.Anchors = []Anchor{{1, 3, nil}}
	f = mustOpen(t, cfg)
	speakUp(t, f)
	handIn(t, f, s)
	r := s.take(t, nil)
	r.Ranges = slices.DeleteFunc(r.Ranges, func(rng journal.Range) bool { return rng.Generation == 1 })
	if _, err := f.Receipt(r); err != nil || f.Waiting() != 0 || f.Restored() {
		t.Fatalf("%v, %d wait, restored %v", err, f.Waiting(), f.Restored())
	}
}
