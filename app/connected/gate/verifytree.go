package gate

import (
	"bytes"
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/vault/journal/audit"
)

// Read at a time.
const (
	verifyRows        = 512 // entries
	verifyTilesAtOnce = 64
)

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
	days, hours := lateness{}, hourly{}
	leaves := int64(0)
	for {
		rows, err := tx.EntriesFrom(ctx, sqlc.EntriesFromParams{After: leaves, Rows: verifyRows})
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			break
		}
		for _, r := range rows {
			if r.ID != leaves+1 {
				v.problem("log %d: entries are missing before it", r.ID)
				return nil
			}
			if err := days.verify(ctx, tx, v, r); err != nil {
				return err
			}
			hours.note(r)
			h, err := leafOf(r).Hash()
			if err != nil {
				return err
			}
			more, err := tlog.StoredHashesForRecordHash(leaves, h, made)
			if err != nil {
				return fmt.Errorf("make the tree anew: %w", err)
			}
			made = append(made, more...)
			leaves++
		}
	}
	if err := hours.verify(ctx, tx, v); err != nil {
		return err
	}
	if same, err := verifyTiles(ctx, tx, v, leaves, made); err != nil || !same {
		return err
	}
	root, err := tlog.TreeHash(leaves, made)
	if err != nil {
		return fmt.Errorf("make the root anew: %w", err)
	}
	v.Leaves, v.Root = leaves, root.String()
	return g.verifyVouched(ctx, tx, v, made)
}

// verifyTiles holds what the entries make against the tiles that are kept, byte by byte, and reports whether all is the
// same.
func verifyTiles(ctx context.Context, tx *store.Tx, v *Verification, leaves int64, made remade) (same bool, err error) {
	var all []audit.Tile
	err = audit.Tiles(leaves, func(t audit.Tile) error { all = append(all, t); return nil })
	if err != nil {
		return false, err
	}
	var kept []sqlc.LogTile
	for _, t := range all {
		if len(kept) == 0 {
			kept, err = tx.TilesFrom(ctx, sqlc.TilesFromParams{Level: int64(t.Level), Number: t.Index, Rows: verifyTilesAtOnce})
			if err != nil {
				return false, fmt.Errorf("read tiles: %w", err)
			}
		}
		want, err := t.Read(made)
		if err != nil {
			return false, err
		}
		if len(kept) == 0 || kept[0].Level != int64(t.Level) || kept[0].Number != t.Index || !bytes.Equal(kept[0].Hashes, want) {
			v.problem("log %d: the tree over the entries is another than the one that is kept, in tile %d of level %d", t.Index*audit.TileWidth<<(8*t.Level)+1, t.Index, t.Level)
			return false, nil
		}
		kept = kept[1:]
	}
	n, err := tx.TileCount(ctx)
	if err == nil && n != int64(len(all)) {
		v.problem("the tree has %d tiles, the entries make %d", n, len(all))
	}
	return err == nil, err
}
