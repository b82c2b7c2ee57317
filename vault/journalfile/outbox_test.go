package journalfile

import (
	"testing"

	"handslag/identity/signed"
	"handslag/vault/disk/faulty"
	"handslag/vault/journal"
)

func TestWhatGoesUpIsReadThereAndReceived(t *testing.T) {
	p := cast()
	cfg := p.config("/o", faulty.New())
	cfg.segmentSize = 20 << 10
	f := mustOpen(t, cfg)
	const n = 1200
	for i := 0; i < n; i += 40 {
		drafts := make([]Draft, 40)
		for j := range drafts {
			if drafts[j] = p.opening(i + j); j%3 == 0 {
				drafts[j] = locked()
			}
		}
		mustAppend(t, f, drafts...)
	}
	chain, received := journal.Chain{Generation: 1}, 0
	for rounds := 0; ; rounds++ {
		b, more, err := f.Batch([]byte("credential"))
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			break
		}
		data, err := b.Encode()
		if err != nil || len(data) > journal.BatchLimit {
			t.Fatalf("%d bytes, %v", len(data), err)
		}
		if b, err = journal.DecodeBatch(data); err != nil {
			t.Fatal(err)
		}
		for _, item := range b.Items {
			e, err := journal.OpenEntry(item.Entry, p.signing.Public())
			if err != nil || chain.Judge(e) != journal.Follows {
				t.Fatalf("%v, %v", chain.Judge(e), err)
			}
			chain = chain.Extend(e, item.Entry)
			if len(e.Payload) == 0 {
				continue
			}
			segment := b.Segments[item.Segment]
			segmentKey, err := p.server.Open(journal.SegmentKeyInfo(p.device(), segment.ID), segment.Sealed)
			if err != nil {
				t.Fatal(err)
			}
			key, err := journal.UnwrapPayloadKey(segmentKey, item.Key, e.Payload)
			if err != nil {
				t.Fatal(err)
			}
			payload, err := journal.OpenPayload(item.Box, key, e.Payload)
			if err != nil || payload.Details.Reason != plantedReason {
				t.Fatal(err)
			}
		}
		receipt := receiptTo(f, chain.Last, 5)
		got, err := f.Receipt(receipt)
		if err != nil || got != len(b.Items) {
			t.Fatalf("newly received %d of %d: %v", got, len(b.Items), err)
		}
		received += got
		if again, err := f.Receipt(receipt); err != nil || again != 0 {
			t.Fatalf("the same receipt again: %d, %v", again, err)
		}
		if f.Waiting() != n-received {
			t.Fatalf("%d wait", f.Waiting())
		}
		if rounds > 50 {
			t.Fatal("it never ends")
		}
	}
	if received != n || f.Waiting() != 0 {
		t.Fatalf("received %d", received)
	}
	f.Close()
	if f = mustOpen(t, cfg); f.Waiting() != 0 || !all(t, f, true)[n-1].Received {
		t.Fatal("opened again, it has forgotten its receipts")
	}
}

func TestWhoeverCarriesASegmentHomeTheConnectedSystemReadsIt(t *testing.T) {
	p := cast()
	disk := faulty.New()
	f := mustOpen(t, p.config("/o", disk))
	mustAppend(t, f, p.opening(1))
	data, err := disk.Read(f.segments[0].path, segmentLimit)
	if err != nil {
		t.Fatal(err)
	}
	h, start, err := journal.OpenSegment(data, p.device(), p.signing.Public())
	if err != nil {
		t.Fatal(err)
	}
	keys, err := p.server.Open(journal.WholeInfo(p.device(), h.ID), h.Whole)
	if err != nil || len(keys) != 64 {
		t.Fatalf("%d bytes, %v", len(keys), err)
	}
	w := mustWalk(t, data, start, keys[:32], h.ID)
	e, err := journal.OpenEntry(w.Frames[0].Entry, p.signing.Public())
	if err != nil {
		t.Fatal(err)
	}
	key, err := journal.UnwrapPayloadKey(keys[32:], w.Frames[0].Server, e.Payload)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := journal.OpenPayload(w.Frames[0].Box, key, e.Payload); err != nil {
		t.Fatal(err)
	}
}

func TestAReceiptIsBelievedOnlyWhereItMatches(t *testing.T) {
	p := cast()
	disk := faulty.New()
	f := mustOpen(t, p.config("/o", disk))
	for range 10 {
		mustAppend(t, f, locked())
	}
	hash := func(seq uint64) []byte {
		h, _ := f.hashAt(1, seq)
		return h[:]
	}
	for _, c := range []struct {
		what    string
		device  string
		ranges  []journal.Range
		newly   int
		refused bool
		waiting int
	}{
		{"nothing at all", "", nil, 0, false, 10},
		{"another hash", "", []journal.Range{{Generation: 1, From: 1, To: 4, Hash: hash(5)}}, 0, true, 10},
		{"a true range and a false one", "", []journal.Range{{Generation: 1, From: 1, To: 4, Hash: hash(4)}, {Generation: 1, From: 5, To: 6, Hash: hash(4)}}, 0, true, 10},
		{"more than was ever said", "", []journal.Range{{Generation: 1, From: 1, To: 11, Hash: hash(10)}}, 0, true, 10},
		{"a generation that never was", "", []journal.Range{{Generation: 2, From: 1, To: 4, Hash: hash(4)}}, 0, true, 10},
		{"another device's", "other", []journal.Range{{Generation: 1, From: 1, To: 4, Hash: hash(4)}}, 0, true, 10},
		{"a range with entries left out before it", "", []journal.Range{{Generation: 1, From: 3, To: 4, Hash: hash(4)}}, 0, false, 10},
		{"the first four", "", []journal.Range{{Generation: 1, From: 1, To: 4, Hash: hash(4)}}, 4, false, 6},
		{"the first two again", "", []journal.Range{{Generation: 1, From: 1, To: 2, Hash: hash(2)}}, 0, false, 6},
		{"the first two with another hash", "", []journal.Range{{Generation: 1, From: 1, To: 2, Hash: hash(3)}}, 0, true, 6},
		{"in pieces", "", []journal.Range{{Generation: 1, From: 5, To: 6, Hash: hash(6)}, {Generation: 1, From: 7, To: 8, Hash: hash(8)}}, 4, false, 2},
	} {
		r := journal.Receipt{Version: 1, Device: p.device(), Ranges: c.ranges, Time: 5}
		if c.device != "" {
			r.Device = "other"
		}
		newly, err := f.Receipt(r)
		if newly != c.newly || c.refused != (err != nil) || f.Waiting() != c.waiting {
			t.Errorf("%s: %d newly, %v, %d wait", c.what, newly, err, f.Waiting())
		}
		if err != nil {
			wants(t, err, ErrReceiptMismatch)
		}
	}
	// A receipt that can not be kept is not believed.
	disk.Room = disk.Used() + 1
	_, err := f.Receipt(receiptTo(f, 10, 6))
	wants(t, err, ErrFull)
	if f.Waiting() != 2 {
		t.Fatal("it was believed all the same")
	}
	f = mustOpen(t, p.config("/o", disk.After(faulty.None)))
	if f.Waiting() != 2 {
		t.Fatalf("opened again: %d wait", f.Waiting())
	}
}

func TestReceivedSegmentsAreDroppedAfterTheirTime(t *testing.T) {
	p := cast()
	disk := faulty.New()
	cfg := p.config("/o", disk)
	cfg.segmentSize = 1 // a segment for each Append
	f := mustOpen(t, cfg)
	drops := func(before signed.Time, want int) {
		t.Helper()
		if n, err := f.Drop(before); err != nil || n != want {
			t.Fatalf("dropped %d, %v; want %d", n, err, want)
		}
	}
	for range 4 {
		mustAppend(t, f, p.opening(1))
	}
	drops(1000, 0)
	if _, err := f.Receipt(receiptTo(f, 2, 100)); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Receipt(receiptTo(f, 4, 200)); err != nil {
		t.Fatal(err)
	}
	f.Close()
	f = mustOpen(t, cfg)
	drops(100, 0)
	drops(101, 2)
	if got := seqs(all(t, f, false)); got != "3 4" {
		t.Fatalf("left: %s", got)
	}
	drops(1000, 1) // never the newest, which says where the chain goes on
	f.Close()
	f = mustOpen(t, cfg)
	if len(f.Damage()) > 0 || f.Waiting() != 0 || f.Chain().Last != 4 || f.Chain().Generation != 1 {
		t.Fatalf("%+v, %+v", f.Damage(), f.Chain())
	}
	if _, err := f.Receipt(receiptTo(f, 4, 300)); err != nil {
		t.Fatal(err)
	}
	old := journal.Receipt{Version: 1, Device: p.device(), Time: 1, Ranges: []journal.Range{{Generation: 1, From: 1, To: 1, Hash: make([]byte, 32)}}}
	if n, err := f.Receipt(old); n != 0 || err != nil {
		t.Fatalf("an old receipt about what is gone: %d, %v", n, err)
	}
	if e := mustAppend(t, f, locked())[0].Entry(); e.Seq != 5 {
		t.Fatalf("goes on at %d", e.Seq)
	}
}
