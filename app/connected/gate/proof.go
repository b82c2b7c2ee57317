package gate

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"handslag/app/connected/gate/internal/store"
	"handslag/sync/link"
	"handslag/vault/journal/audit"
)

// What the audit log shows of itself to whoever is let in: checkpoints, and that each has what was there
// before. Nothing of it betrays anybody, and none of it is an entry: who looks on every sync would make
// the log grow by looking.

// checkpoint is the tree as it stands in this transaction.
func (g *Gate) checkpoint(ctx context.Context, tx *store.Tx) (audit.Checkpoint, error) {
	n, err := tx.Places(ctx)
	if err != nil {
		return audit.Checkpoint{}, err
	}
	return g.checkpointAt(ctx, tx, n)
}

// checkpointAt is the tree over the first n entries, of which there are as many.
func (g *Gate) checkpointAt(ctx context.Context, tx *store.Tx, n int64) (audit.Checkpoint, error) {
	root, err := tlog.TreeHash(n, tree{ctx, tx})
	if err != nil {
		return audit.Checkpoint{}, fmt.Errorf("read the audit log's root: %w", err)
	}
	return audit.Checkpoint{Org: g.org, Size: n, Root: root, Generation: g.keys().Parsed.Generation()}, nil
}

// sign is the checkpoint as devices get it.
func (g *Gate) sign(c audit.Checkpoint) ([]byte, error) {
	keys := g.keys()
	return c.Sign(keys.Log, keys.FormerLog...)
}

// growth is the newest checkpoint with proofs that it has all of the sizes that the device names at its
// beginning. A size that the log never had gets no proof, and the device knows what that means.
func (c *Call) growth(from []uint64) (*link.Growth, error) {
	now, err := c.g.checkpoint(c.ctx, c.tx)
	if err != nil {
		return nil, err
	}
	if all := c.g.keys().Parsed.Generations; len(all) > 0 { // for who hears that the log was restored
		from = append(slices.Clone(from), all[len(all)-1].Size)
		slices.Sort(from)
		from = slices.Compact(from)
	}
	return c.growthTo(now, from)
}

func (c *Call) growthTo(now audit.Checkpoint, from []uint64) (*link.Growth, error) {
	note, err := c.g.sign(now)
	if err != nil {
		return nil, err
	}
	growth := &link.Growth{Checkpoint: note}
	for _, n := range from {
		if n == 0 || n >= uint64(now.Size) {
			continue
		}
		proof, err := grownFrom(c.ctx, c.tx, int64(n), now.Size)
		if err != nil {
			return nil, err
		}
		one := link.GrowthProof{From: n}
		for _, h := range proof {
			one.Hashes = append(one.Hashes, h[:])
		}
		growth.Proofs = append(growth.Proofs, one)
	}
	return growth, nil
}

// grownFrom proves that the first size entries begin with the first n, at least one and fewer.
func grownFrom(ctx context.Context, tx *store.Tx, n, size int64) ([]audit.Hash, error) {
	proof, err := tlog.ProveTree(size, n, tree{ctx, tx})
	if err != nil {
		return nil, fmt.Errorf("prove that the audit log grew: %w", err)
	}
	return proof, nil
}

// provedIn proves that entry id, from 1, is among the first size.
func provedIn(ctx context.Context, tx *store.Tx, id, size int64) ([]audit.Hash, error) {
	proof, err := tlog.ProveRecord(size, id-1, tree{ctx, tx})
	if err != nil {
		return nil, fmt.Errorf("prove that the audit log has it: %w", err)
	}
	return proof, nil
}

// sized is the checkpoint over so many entries; of all where size is 0. Of more than there are is none.
func (c *Call) sized(size int64) (audit.Checkpoint, error) {
	now, err := c.tx.Places(c.ctx)
	if err != nil {
		return audit.Checkpoint{}, err
	}
	if size == 0 {
		size = now
	}
	if size > now {
		return audit.Checkpoint{}, Refuse(link.CodeNotFound)
	}
	return c.g.checkpointAt(c.ctx, c.tx, size)
}

// CheckpointAt is the tree over the first n entries; over all where n is 0.
func (g *Gate) CheckpointAt(ctx context.Context, n int64) (c audit.Checkpoint, err error) {
	err = g.store.Read(ctx, func(tx *store.Tx) error {
		now, err := g.checkpoint(ctx, tx)
		if err != nil || n == 0 || n == now.Size {
			c = now
			return err
		}
		if n < 0 || n > now.Size {
			return fmt.Errorf("read checkpoint of %d entries: %w", n, ErrUnknown)
		}
		c, err = g.checkpointAt(ctx, tx, n)
		return err
	})
	return c, err
}

// Checkpoint is the newest checkpoint of the audit log, as a signed note.
func (c *Call) Checkpoint() ([]byte, error) {
	now, err := c.sized(0)
	if err != nil {
		return nil, err
	}
	return c.g.sign(now)
}

// Growth is the checkpoint over size entries, 0: all, with proofs that it begins as the ones over from
// entries do.
func (c *Call) Growth(size int64, from []uint64) (*link.Growth, error) {
	now, err := c.sized(size)
	if err != nil {
		return nil, err
	}
	return c.growthTo(now, from)
}

// Inclusion is the proof that entry id, by its place in the log from 1, is among the first size entries, 0:
// all, as C2SP tlog-proof writes it.
func (c *Call) Inclusion(id, size int64) ([]byte, error) {
	now, err := c.sized(size)
	if err != nil {
		return nil, err
	}
	if id > now.Size {
		return nil, Refuse(link.CodeNotFound)
	}
	proof, err := provedIn(c.ctx, c.tx, id, now.Size)
	if err != nil {
		return nil, err
	}
	note, err := c.g.sign(now)
	return audit.ProofText(id-1, proof, note), err
}
