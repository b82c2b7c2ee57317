package gate

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal/audit"
)

// The audit log is a Merkle tree over all entries, which grows in the transaction of each row: what
// has a receipt is under the next checkpoint, or the receipt was never given.

// tree reads the stored hashes of one transaction.
type tree struct {
	ctx context.Context
	tx  *store.Tx
}

// ReadHashes is tlog.HashReader.
func (t tree) ReadHashes(at []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(at))
	hashes, err := t.tx.LogHashesAt(t.ctx, at)
	if err != nil {
		return nil, err
	}
	for i, hash := range hashes {
		if len(hash) != len(out[i]) {
			return nil, fmt.Errorf("read hash %d of the log: %w", at[i], errTree)
		}
		copy(out[i][:], hash)
	}
	return out, nil
}

// errTree says that the stored tree is not one.
var errTree = errors.New("the audit log's tree is damaged")

// leafOf is the row's leaf.
func leafOf(r sqlc.Entry) audit.Leaf {
	return audit.NewLeaf(r.Raw, signed.Time(r.ReceivedAt))
}

// grow puts a row's leaf under the tree. Entries are numbered from 1 without gaps, leaves from 0.
func grow(ctx context.Context, tx *store.Tx, r sqlc.Entry) error {
	h, err := leafOf(r).Hash()
	if err != nil {
		return err
	}
	hashes, err := tlog.StoredHashesForRecordHash(r.ID-1, h, tree{ctx, tx})
	if err != nil {
		return fmt.Errorf("grow the audit log: %w", err)
	}
	kept := make([][]byte, len(hashes))
	for i := range hashes {
		kept[i] = hashes[i][:]
	}
	return tx.GrowLog(tlog.StoredHashIndex(0, r.ID-1), kept)
}

// checkpoint is the tree as it stands in this transaction.
func (g *Gate) checkpoint(ctx context.Context, tx *store.Tx) (audit.Checkpoint, error) {
	n, err := tx.Places(ctx)
	if err != nil {
		return audit.Checkpoint{}, err
	}
	root, err := tlog.TreeHash(n, tree{ctx, tx})
	if err != nil {
		return audit.Checkpoint{}, fmt.Errorf("read the audit log's root: %w", err)
	}
	return audit.Checkpoint{Org: g.org, Size: n, Root: root, Generation: g.keys().Parsed.Generation()}, nil
}

// growth is the newest checkpoint with proofs that it has all of the sizes that the device names at its
// beginning. A size that the log never had gets no proof, and the device knows what that means.
func (c *Call) growth(from []uint64) (*link.Growth, error) {
	now, err := c.g.checkpoint(c.ctx, c.tx)
	if err != nil {
		return nil, err
	}
	keys := c.g.keys()
	note, err := now.Sign(keys.Log, keys.FormerLog)
	if err != nil {
		return nil, err
	}
	growth := &link.Growth{Checkpoint: note}
	if all := keys.Parsed.Generations; len(all) > 0 { // for who hears that the log was restored
		from = append(slices.Clone(from), all[len(all)-1].Size)
		slices.Sort(from)
		from = slices.Compact(from)
	}
	for _, n := range from {
		if n == 0 || n >= uint64(now.Size) {
			continue
		}
		proof, err := tlog.ProveTree(now.Size, int64(n), tree{c.ctx, c.tx})
		if err != nil {
			return nil, fmt.Errorf("prove that the audit log grew: %w", err)
		}
		one := link.GrowthProof{From: n}
		for _, h := range proof {
			one.Hashes = append(one.Hashes, h[:])
		}
		growth.Proofs = append(growth.Proofs, one)
	}
	return growth, nil
}
