package gate

import (
	"bytes"
	"context"

	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/vault/journal"
)

// answered is an entry of the batch that is stored.
type answered struct {
	generation, seq uint64
	hash, prev      []byte
}

// answer notes that an entry of the batch is stored. One whose words a carrier may have left out
// is not told as held: with a receipt its device may drop them.
func (t *taking) answer(e journal.Entry, r sqlc.Entry) {
	if t.own || !lacksWords(r) || t.covered[string(r.Hash)] {
		t.answers = append(t.answers, answered{e.Generation, e.Seq, r.Hash, e.Prev})
	}
}

// receipt is the system's word on what it has of this device: all prefixes, how far the
// batch's own entries lie in them, and which of these are held outside.
func (t *taking) receipt(ctx context.Context) ([]byte, error) {
	chains, err := t.tx.Chains(ctx, string(t.batch.Device))
	if err != nil {
		return nil, err
	}
	r := journal.Receipt{Version: 1, Org: t.g.org, Device: t.batch.Device, Time: t.now}
	ends := map[uint64]uint64{}
	for i := len(chains) - 1; i >= 0; i-- {
		if c := chains[i]; c.LastSeq > 0 {
			r.Ranges = append(r.Ranges, journal.Range{Generation: uint64(c.Generation), From: 1, To: uint64(c.LastSeq), Hash: c.Head})
			ends[uint64(c.Generation)] = uint64(c.LastSeq)
		}
	}
	reached := map[uint64]answered{}
	for _, a := range t.answers {
		if t.covered[string(a.hash)] && a.seq > reached[a.generation].seq {
			reached[a.generation] = a
		}
	}
	for generation, a := range reached {
		if a.seq != ends[generation] && len(r.Ranges) < journal.ReceiptRanges {
			r.Ranges = append(r.Ranges, journal.Range{Generation: generation, From: 1, To: a.seq, Hash: a.hash})
		}
	}
	r.Held = t.held()
	return r.Sign(t.g.keys().Log)
}

// held are the batch's entries that no prefix covers, in runs of which each follows the one
// before it. Where there are more runs than a receipt tells, their device sends the rest once more.
func (t *taking) held() []journal.Range {
	var runs []journal.Range
	var before answered
	for _, a := range t.answers {
		switch last := len(runs) - 1; {
		case t.covered[string(a.hash)]:
			before = answered{}
			continue
		case a.generation == before.generation && a.seq == before.seq+1 && bytes.Equal(a.prev, before.hash):
			runs[last].To, runs[last].Hash = a.seq, a.hash
		case len(runs) == journal.ReceiptRanges:
			return runs
		default:
			runs = append(runs, journal.Range{Generation: a.generation, From: a.seq, To: a.seq, Hash: a.hash})
		}
		before = a
	}
	return runs
}
