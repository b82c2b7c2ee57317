package gate

import (
	"context"
	"fmt"
	"math"

	"golang.org/x/mod/sumdb/tlog"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/sync/link"
	"handslag/vault/journal/audit"
)

// Devices are witnesses of the audit log: each has compared its newest checkpoint with the one that it had seen
// before, and signs what it has seen. It stands beside the log and not in it, where each word of a witness
// would call for the next. Of each device the newest is kept.

// vouched is a row that holds: the checkpoint that a device has cosigned.
type vouched struct {
	audit.Checkpoint
	note   []byte // as the log signed it
	word   audit.Cosignature
	person identity.Person
}

// readVouched verifies a checkpoint with one cosignature behind it.
func (g *Gate) readVouched(body []byte, keys identity.PublicKeys) (vouched, error) {
	note, all, err := audit.SplitCosigned(body)
	if err != nil {
		return vouched{}, err
	}
	if len(all) != 1 || all[0].Device != identity.DeviceIDOf(keys.Signing) {
		return vouched{}, fmt.Errorf("read cosignature: %w", ErrInput)
	}
	c, err := audit.OpenCheckpoint(note, g.org, g.keys().Parsed.Log)
	if err != nil {
		return vouched{}, err
	}
	if c.Size > math.MaxInt64/2 || c.InGeneration() > math.MaxInt64 {
		return vouched{}, fmt.Errorf("read cosignature: %w", ErrInput)
	}
	return vouched{Checkpoint: c, note: note, word: all[0]}, all[0].Check(c, keys.Witness)
}

// Cosigned takes the checkpoint that the calling device vouches for. One that the log does not begin with is
// the log's own word against it: it is kept, and a finding.
func (c *Call) Cosigned() error {
	keys, err := deviceKeys(*c.device)
	if err != nil {
		return err
	}
	v, err := c.g.readVouched(c.Body, keys)
	if err != nil {
		return Refuse(link.CodeBadRequest)
	}
	before, err := c.tx.Cosignature(c.ctx, c.device.ID)
	switch {
	case store.Missing(err):
	case err != nil:
		return err
	case before.Generation > int64(v.InGeneration()), before.Generation == int64(v.InGeneration()) && before.Size >= v.Size:
		return nil // it is known, or older
	default:
		old, err := c.g.readVouched(before.Body, keys)
		if err != nil {
			break
		}
		if holds, err := c.g.holds(treeOf(c.ctx, c.tx), old.Checkpoint); err != nil || holds == contradicted {
			return err // evidence is not written over
		}
	}
	holds, err := c.g.holds(treeOf(c.ctx, c.tx), v.Checkpoint)
	if err != nil {
		return err
	}
	if holds == contradicted {
		err := find(c.ctx, c.tx, sqlc.PutFindingParams{Code: foundAlarm, DeviceID: c.device.ID, PersonID: c.device.UserID,
			Generation: int64(v.InGeneration()), Seq: v.Size, Hash: v.Root[:], At: int64(c.Now)})
		if err != nil {
			return err
		}
	}
	return c.tx.PutCosignature(c.ctx, sqlc.PutCosignatureParams{DeviceID: c.device.ID, Generation: int64(v.InGeneration()), Size: v.Size,
		At: int64(v.word.Time()), Body: c.Body})
}

// holding says what the log is to a checkpoint that was seen of it.
type holding int

const (
	begins       holding = iota // it begins with what was seen
	restored                    // it went on from a backup before that, as the root key says
	contradicted                // it was rewritten
)

// treeOf gives the tree's hashes and its size.
func treeOf(ctx context.Context, tx *store.Tx) func() (tlog.HashReader, int64, error) {
	return func() (tlog.HashReader, int64, error) {
		size, err := tx.Places(ctx)
		return tree{ctx, tx}, size, err
	}
}

// holds compares a checkpoint with the tree.
func (g *Gate) holds(tree func() (tlog.HashReader, int64, error), c audit.Checkpoint) (holding, error) {
	hashes, size, err := tree()
	if err != nil {
		return contradicted, err
	}
	statement := g.keys().Parsed
	if backup, since := statement.Since(c.InGeneration()); since && uint64(c.Size) > backup {
		return restored, nil
	}
	if c.Size > size {
		return contradicted, nil
	}
	root, err := tlog.TreeHash(c.Size, hashes)
	if err != nil {
		return contradicted, fmt.Errorf("read the audit log's root: %w", err)
	}
	if root != c.Root {
		return contradicted, nil
	}
	return begins, nil
}

// vouchedBy opens a row, under the keys of the device's newest credential; false where it does not hold.
func (g *Gate) vouchedBy(ctx context.Context, tx *store.Tx, row sqlc.Cosignature) (vouched, bool, error) {
	newest, err := tx.NewestCredential(ctx, row.DeviceID)
	if store.Missing(err) {
		return vouched{}, false, nil
	}
	if err != nil {
		return vouched{}, false, err
	}
	c, err := identity.OpenCredential(newest.Body, g.org, g.keys().Parsed.Issuing)
	if err != nil {
		return vouched{}, false, nil
	}
	v, err := g.readVouched(row.Body, c.Keys)
	v.person = c.Person
	return v, err == nil && string(c.Device()) == row.DeviceID && v.Size == row.Size && int64(v.InGeneration()) == row.Generation, nil
}

// Witnesses tells who vouches for the log. To ask is an entry.
func (c *Call) Witnesses() (link.Witnesses, error) {
	var out link.Witnesses
	if err := c.looked(""); err != nil {
		return out, err
	}
	size, err := c.tx.Places(c.ctx)
	if err != nil {
		return out, err
	}
	count, err := c.tx.CountCosignatures(c.ctx)
	if err != nil {
		return out, err
	}
	out.Size, out.Count = uint64(size), uint64(count)
	rows, err := c.tx.CosignaturesFrom(c.ctx, sqlc.CosignaturesFromParams{Rows: link.WitnessRows})
	if err != nil {
		return out, err
	}
	var newest []audit.Cosignature
	var note []byte
	for _, row := range rows {
		v, ok, err := c.g.vouchedBy(c.ctx, c.tx, row)
		if err != nil {
			return out, err
		}
		if !ok {
			continue
		}
		holds, err := c.g.holds(treeOf(c.ctx, c.tx), v.Checkpoint)
		if err != nil {
			return out, err
		}
		if holds == restored {
			continue
		}
		out.Witnesses = append(out.Witnesses, link.Witness{Device: v.word.Device, Person: v.person, Size: uint64(v.Size), At: v.word.Time(), Fits: holds == begins})
		if holds != begins || len(newest) == audit.MaxCosignatures {
			continue
		}
		if note == nil {
			note = v.note
		}
		if string(note) == string(v.note) {
			newest = append(newest, v.word)
		}
	}
	if note != nil {
		out.Checkpoint = audit.Cosigned(note, newest...)
	}
	return out, nil
}

// verifyVouched compares what devices vouch for with the tree that was made anew. Who rewrote rows and tree
// has these words against it, unless they were taken away too; then the devices still have them.
func (g *Gate) verifyVouched(ctx context.Context, tx *store.Tx, v *Verification, made remade) error {
	after := ""
	for {
		rows, err := tx.CosignaturesAfter(ctx, sqlc.CosignaturesAfterParams{DeviceID: after, Rows: verifyRows})
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, row := range rows {
			after = row.DeviceID
			one, ok, err := g.vouchedBy(ctx, tx, row)
			if err != nil {
				return err
			}
			if !ok {
				v.problem("device %s: what it vouched for does not hold", row.DeviceID)
				continue
			}
			holds, err := g.holds(func() (tlog.HashReader, int64, error) { return made, v.Leaves, nil }, one.Checkpoint)
			if err != nil {
				return err
			}
			if holds == contradicted {
				v.problem("device %s: it has seen a log of %d entries that this one does not begin with", row.DeviceID, one.Size)
				continue
			}
			v.Witnesses++
		}
	}
}
