package journalfile

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"testing"

	"handslag/identity/signed"
	"handslag/vault/journal"
)

// system is what a connected system makes of one device's journal, by the same rules: it stores all
// that it gets, and its receipts say what is in prefixes and what is held beside them.
type system struct {
	p      people
	now    signed.Time
	chains map[uint64]journal.Chain
	stored map[journal.Hash]journal.Entry
	in     map[journal.Hash]bool // a prefix
}

func newSystem(p people) *system {
	return &system{p, 1 << 40, map[uint64]journal.Chain{}, map[journal.Hash]journal.Entry{}, map[journal.Hash]bool{}}
}

// backup is the system as it is now; restored from, it goes on an hour later.
func (s *system) backup() *system {
	return &system{s.p, s.now, maps.Clone(s.chains), maps.Clone(s.stored), maps.Clone(s.in)}
}

func (s *system) take(t testing.TB, items []journal.Item) journal.Receipt {
	t.Helper()
	s.now = s.now.Add(2 * atOnce)
	type taken struct {
		e    journal.Entry
		hash journal.Hash
	}
	var all []taken
	for _, item := range items {
		e, err := journal.OpenEntry(item.Entry, s.p.signing.Public())
		if err != nil {
			t.Fatal(err)
		}
		s.stored[journal.HashOf(item.Entry)] = e
		all = append(all, taken{e, journal.HashOf(item.Entry)})
	}
	for moved := true; moved; {
		moved = false
		for hash, e := range s.stored {
			c, ok := s.chains[e.Generation]
			if !ok && e.Seq == 1 {
				c = journal.Chain{Generation: e.Generation, Head: journal.Hash(e.Prev)}
			}
			if c.Judge(e) == journal.Follows {
				s.chains[e.Generation] = journal.Chain{Generation: e.Generation, Last: e.Seq, Head: hash}
				s.in[hash], moved = true, true
			}
		}
	}
	r := journal.Receipt{Version: 1, Device: s.p.device(), Time: s.now}
	for g, c := range s.chains {
		r.Ranges = append(r.Ranges, journal.Range{Generation: g, From: 1, To: c.Last, Hash: c.Head[:]})
	}
	var before journal.Hash
	for _, one := range all {
		switch last := len(r.Held) - 1; {
		case s.in[one.hash]:
			r.Ranges = append(r.Ranges, journal.Range{Generation: one.e.Generation, From: 1, To: one.e.Seq, Hash: one.hash[:]})
		case last >= 0 && r.Held[last].Generation == one.e.Generation && r.Held[last].To+1 == one.e.Seq && journal.Hash(one.e.Prev) == before:
			r.Held[last].To, r.Held[last].Hash = one.e.Seq, one.hash[:]
		default:
			r.Held = append(r.Held, journal.Range{Generation: one.e.Generation, From: one.e.Seq, To: one.e.Seq, Hash: one.hash[:]})
		}
		before = one.hash
	}
	return r
}

// handIn is what an agent does: batch by batch, and a new generation where a receipt shows that
// the journal is behind.
func handIn(t testing.TB, f *File, s *system) (rejoined int) {
	t.Helper()
	for rounds := 0; ; rounds++ {
		b, more, err := f.Batch([]byte("c"))
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			return rejoined
		}
		if rounds > 40 {
			t.Fatal("handing in never ends")
		}
		r := s.take(t, b.Items)
		_, err = f.Receipt(r)
		if errors.Is(err, ErrReceiptMismatch) {
			ok, err := f.Rejoin(r)
			if err != nil || !ok {
				t.Fatalf("a receipt does not fit, and the journal is not behind: %v", err)
			}
			speakUp(t, f)
			rejoined++
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// speakUp says that a new generation was opened.
func speakUp(t testing.TB, f *File) journal.Entry {
	t.Helper()
	a, behind := f.Behind()
	if !behind {
		t.Fatal("it is not behind")
	}
	found := f.Chain()
	e := mustAppend(t, f, Draft{Entry: journal.Entry{Kind: journal.GenerationOpened, Ref: a.Hash}})[0].Entry()
	if e.Generation != found.Generation || e.Generation <= a.Generation || e.Seq != 1 || journal.Hash(e.Prev) != found.Head || !bytes.Equal(e.Ref, a.Hash) {
		t.Fatalf("the new generation begins with %+v", e)
	}
	if _, behind := f.Behind(); behind {
		t.Fatal("it has said so, and is still behind")
	}
	return e
}

// everythingIsThere holds the journal against the system: each entry of the one is stored by the
// other, nothing waits, and the system has no more of them than those it was given.
func everythingIsThere(t testing.TB, f *File, s *system, want int) {
	t.Helper()
	for _, st := range all(t, f, false) {
		if _, ok := s.stored[st.Hash]; !ok {
			t.Fatalf("entry %d of generation %d was never stored", st.Entry.Seq, st.Entry.Generation)
		}
		if st.Received != s.in[st.Hash] || st.Held == s.in[st.Hash] {
			t.Fatalf("entry %d of generation %d: received %v, held %v", st.Entry.Seq, st.Entry.Generation, st.Received, st.Held)
		}
	}
	if f.Waiting() != 0 || len(s.stored) != want {
		t.Fatalf("%d wait; %d are stored, want %d", f.Waiting(), len(s.stored), want)
	}
}

// numbered are n openings, said one by one.
func numbered(t testing.TB, p people, f *File, n int) {
	t.Helper()
	for i := range n {
		mustAppend(t, f, p.opening(i))
	}
}

func at(generation, seq uint64) string { return fmt.Sprintf("%d/%d", generation, seq) }
