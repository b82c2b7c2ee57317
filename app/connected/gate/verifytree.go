package gate

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
)

const verifyRows = 512 // entries read at a time

// remade is the tree as the rows say it should be, in memory: 64 bytes an entry.
type remade []tlog.Hash

// ReadHashes is tlog.HashReader.
func (r remade) ReadHashes(at []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(at))
	for i, id := range at {
		if id >= int64(len(r)) {
			return nil, errTree
		}
		out[i] = r[id]
	}
	return out, nil
}

// verifyTree makes the tree anew from hash and time of each row, in their order, and compares it with
// the stored one, hash by hash. A row that is gone, moved or changed makes another tree; who changed
// the stored tree as well has another root, which the checkpoints that devices hold contradict.
func (g *Gate) verifyTree(ctx context.Context, tx *store.Tx, v *Verification) error {
	var made remade
	leaves := int64(0)
	for {
		rows, err := tx.EntriesFrom(ctx, sqlc.EntriesFromParams{After: leaves, Rows: verifyRows})
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			break
		}
		stored, err := tx.HashesFrom(ctx, sqlc.HashesFromParams{First: int64(len(made)), Until: tlog.StoredHashIndex(0, leaves+int64(len(rows)))})
		if err != nil {
			return err
		}
		for _, r := range rows {
			if r.ID != leaves+1 {
				v.problem("log %d: entries are missing before it", r.ID)
				return nil
			}
			h, err := leafOf(r).Hash()
			if err != nil {
				return err
			}
			more, err := tlog.StoredHashesForRecordHash(leaves, h, made)
			if err != nil {
				return fmt.Errorf("make the tree anew: %w", err)
			}
			for _, want := range more {
				if len(stored) == 0 || stored[0].ID != int64(len(made)) || string(stored[0].Hash) != string(want[:]) {
					v.problem("log %d: the tree over the entries is another than the one that is kept", r.ID)
					return nil
				}
				made, stored = append(made, want), stored[1:]
			}
			leaves++
		}
	}
	if n, err := tx.LogHashes(ctx); err != nil {
		return err
	} else if n != int64(len(made)) {
		v.problem("the tree has %d hashes, the entries make %d", n, len(made))
		return nil
	}
	root, err := tlog.TreeHash(leaves, made)
	if err != nil {
		return fmt.Errorf("make the root anew: %w", err)
	}
	v.Leaves, v.Root = leaves, root.String()
	return g.verifyVouched(ctx, tx, v, made)
}
