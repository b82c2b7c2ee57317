package gate

import (
	"bytes"
	"context"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// chain is how far the entry's generation is known. A new generation begins after a head
// that its first entry names.
func (t *taking) chain(ctx context.Context, e journal.Entry) (*journal.Chain, error) {
	if c, ok := t.chains[e.Generation]; ok && (c.Last > 0 || e.Seq != 1) {
		return c, nil
	}
	c := &journal.Chain{Generation: e.Generation}
	row, err := t.tx.Chain(ctx, sqlc.ChainParams{DeviceID: string(e.Device), Generation: int64(e.Generation)})
	switch {
	case err == nil:
		c.Last = uint64(row.LastSeq)
		copy(c.Head[:], row.Head)
	case !store.Missing(err):
		return nil, err
	case e.Generation > 1 && e.Seq == 1:
		copy(c.Head[:], e.Prev)
		known, err := t.knowsHeads(ctx, e)
		if err != nil {
			return nil, err
		}
		err = find(ctx, t.tx, sqlc.PutFindingParams{Code: foundGeneration, DeviceID: string(e.Device), PersonID: string(t.credential.Person.ID),
			Generation: int64(e.Generation), Seq: 1, At: int64(t.now), ClosedAt: closed(int64(t.now), known)})
		if err != nil {
			return nil, err
		}
	}
	t.chains[e.Generation] = c
	return c, nil
}

// knowsHeads reports whether all that the first entry of a generation names is here: the head that
// its device found, and the one that somebody outside the device's journal knew of. Otherwise
// entries are lost for good.
func (t *taking) knowsHeads(ctx context.Context, e journal.Entry) (bool, error) {
	var named [][]byte
	if !bytes.Equal(e.Prev, make([]byte, len(e.Prev))) {
		named = append(named, e.Prev)
	}
	if e.Kind == journal.GenerationOpened && len(e.Ref) > 0 {
		named = append(named, e.Ref)
	}
	for _, hash := range named {
		rows, err := t.tx.EntryByHash(ctx, sqlc.EntryByHashParams{DeviceID: string(e.Device), Hash: hash})
		if err != nil || len(rows) == 0 {
			return false, err
		}
	}
	return len(named) > 0, nil
}

// cover extends the contiguous prefix by an entry that follows, which is to act on what the system holds. said is what it
// says about an assignment, where that has been read.
func (t *taking) cover(chain *journal.Chain, e journal.Entry, r sqlc.Entry, said *record.Operation) {
	*chain = chain.After(e, journal.Hash(r.Hash))
	t.covered[string(r.Hash)] = true
	t.touched[e.Generation] = true
	if e.Kind.IsWork() || e.Kind == journal.RecordFound || e.Kind == journal.SubjectErased {
		t.due = append(t.due, due{entry: e, row: r, acts: true, said: said})
	}
}

// due is what has to be done about an entry once the rows of its batch are stored: they are written together.
type due struct {
	entry journal.Entry
	row   sqlc.Entry
	acts  bool // it is covered now, and acts on what the system holds; otherwise its other half is looked for
	said  *record.Operation
}

// act does what is due, in order.
func (t *taking) act(ctx context.Context) error {
	all := t.due
	t.due = nil
	var rows []sqlc.Entry
	for _, d := range all {
		if !d.acts {
			rows = append(rows, d.row)
		} else if err := t.apply(ctx, d); err != nil {
			return err
		}
	}
	return join(ctx, t.tx, rows, t.now)
}

// settle lets held entries follow that now can, closes gaps that are filled, and stores the
// chain.
func (t *taking) settle(ctx context.Context, generation uint64) error {
	chain := t.chains[generation]
	for {
		rows, err := t.tx.HeldUpTo(ctx, sqlc.HeldUpToParams{DeviceID: string(t.batch.Device), Generation: int64(generation), Seq: int64(chain.Last) + 1})
		if err != nil {
			return err
		}
		moved := false
		for _, r := range rows {
			if uint64(r.Seq) > chain.Last {
				if lacksWords(r) && !t.own {
					continue
				}
				e, _, err := journal.ReadEntry(r.Raw, t.credential.Keys.Signing) // vouched for when it was stored
				if err != nil {
					return err
				}
				if chain.Judge(e) == journal.Follows {
					if err := t.tx.Cover(ctx, r.ID); err != nil {
						return err
					}
					t.cover(chain, e, r, nil)
					moved = true
					continue
				}
			}
			// It was ahead, and the chain has taken another way than its own.
			if err := t.tx.SetVerdict(ctx, sqlc.SetVerdictParams{ID: r.ID, Verdict: journal.Fork.String()}); err != nil {
				return err
			}
			if err := findAt(ctx, t.tx, foundFork, r); err != nil {
				return err
			}
		}
		if !moved {
			break
		}
	}
	if err := t.act(ctx); err != nil {
		return err
	}
	if chain.Last == 0 {
		return nil
	}
	ahead, err := t.tx.HeldBeyond(ctx, sqlc.HeldBeyondParams{DeviceID: string(t.batch.Device), Generation: int64(generation), Seq: int64(chain.Last)})
	if err != nil {
		return err
	}
	if ahead == 0 {
		if err := t.tx.Settle(t.tx.CloseGaps(ctx, sqlc.CloseGapsParams{DeviceID: string(t.batch.Device), Generation: int64(generation), ClosedAt: int64(t.now)})); err != nil {
			return err
		}
	}
	return putChain(ctx, t.tx, t.batch.Device, *chain)
}
