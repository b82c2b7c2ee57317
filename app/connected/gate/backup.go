package gate

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/vault/journal"
)

// Errors about backups.
var (
	// ErrRestored says that the database was restored from a backup, and that nobody has said yet that it
	// has the newest erasure orders: served like this it could give out who has been erased since.
	ErrRestored    = errors.New("the data were restored from a backup and wait for the newest erasure orders")
	ErrNotRestored = errors.New("nothing was restored that waits for erasure orders")
	ErrNotEmpty    = store.ErrNotEmpty
	ErrInUse       = store.ErrInUse
	ErrNewer       = store.ErrNewer
	ErrUnsound     = errors.New("what the backup holds is not sound")
)

// skippedEpochs is more credentials than a device can have been issued since a backup: one an hour, for a century.
const skippedEpochs = 1 << 20

// Snapshot is what a backup holds.
type Snapshot struct {
	Schema int64     // number of the newest migration
	Size   int64     // of the audit log
	Root   tlog.Hash // of the tree over it
}

const (
	codeBackup   = "backup"
	codeRestored = "restored"
	// counterRestored is the audit log's size at the backup, while the data wait for erasure orders; then -1.
	counterRestored = "restored"
)

// Backup writes all rows, as they stand at one moment, line by line: to data what opens with no key of
// its own, to keys the subjects' keys. It goes on beside calls, and the log says that it was made.
func (g *Gate) Backup(ctx context.Context, data, keys func([]byte) error) (Snapshot, error) {
	s, err := g.backup(ctx, data, keys)
	if err != nil {
		return Snapshot{}, fmt.Errorf("back up: %w", err)
	}
	return s, nil
}

func (g *Gate) backup(ctx context.Context, data, keys func([]byte) error) (s Snapshot, err error) {
	if s.Schema, err = g.store.Schema(ctx); err != nil {
		return s, err
	}
	err = g.store.Do(ctx, func(tx *store.Tx) error {
		if err := ready(ctx, tx); err != nil {
			return err
		}
		return g.sayChanged(ctx, tx, codeBackup, "", journal.Entry{})
	})
	if err != nil {
		return s, err
	}
	err = g.store.ReadOnce(ctx, func(tx *store.Tx) error { // what was written can not be taken back
		now, err := g.checkpoint(ctx, tx)
		if err != nil {
			return err
		}
		s.Size, s.Root = now.Size, now.Root
		if err := tx.Dump(ctx, store.DumpedKeys, keys); err != nil {
			return err
		}
		return tx.Dump(ctx, store.DumpedData, data)
	})
	return s, err
}

// Lines hands out a backup's lines, from the first each time that it is called.
type Lines func(each func([]byte) error) error

// Restore fills an empty database from a backup and verifies all of it: the tree over the log is made anew
// and has to have the backup's root. Where it has not, the database is emptied again: ErrUnsound. The
// gate serves nothing before Resume.
func Restore(ctx context.Context, config Config, want Snapshot, data, keys Lines) (*Gate, Verification, error) {
	g, err := open(config, func(at store.Place) (*store.Store, error) {
		return store.Restore(ctx, at, config.Keys.Data, want.Schema, func(tx *store.Tx) error { return load(ctx, tx, want, data, keys) })
	})
	if err != nil {
		return nil, Verification{}, err
	}
	v, err := g.VerifyAll(ctx)
	if err == nil && (!v.Sound() || v.Leaves != want.Size || v.Root != want.Root.String()) {
		err = ErrUnsound
	}
	if err != nil {
		return nil, v, errors.Join(fmt.Errorf("restore: %w", err), g.store.Clear(ctx), g.store.Close())
	}
	return g, v, nil
}

func load(ctx context.Context, tx *store.Tx, want Snapshot, data, keys Lines) error {
	for _, part := range []struct {
		lines  Lines
		loader *store.Loader
	}{{data, tx.Loader(store.DumpedData)}, {keys, tx.Loader(store.DumpedKeys)}} {
		err := part.lines(func(line []byte) error { return part.loader.Load(ctx, line) })
		if err = errors.Join(err, part.loader.Close()); err != nil {
			return err
		}
	}
	return tx.PutCounter(ctx, sqlc.PutCounterParams{Name: counterRestored, Value: want.Size})
}

// ready refuses data that wait for erasure orders.
func ready(ctx context.Context, tx *store.Tx) error {
	_, err := restoredSize(ctx, tx)
	if errors.Is(err, ErrNotRestored) {
		return nil
	}
	if err == nil {
		err = ErrRestored
	}
	return err
}

// restoredSize is the audit log's size at the backup; ErrNotRestored where nothing waits.
func restoredSize(ctx context.Context, tx *store.Tx) (int64, error) {
	size, err := tx.CounterValue(ctx, counterRestored)
	if store.Missing(err) || err == nil && size < 0 {
		return 0, ErrNotRestored
	}
	return size, err
}

// Ready says whether the data may be served: nil, or ErrRestored.
func (g *Gate) Ready(ctx context.Context) error {
	return g.store.Read(ctx, func(tx *store.Tx) error { return ready(ctx, tx) })
}

// Restored is the audit log as the backup had it, while the data wait for erasure orders, as the next
// statement is to name it. orders are those that Resume will be given. It returns ErrNotRestored.
func (g *Gate) Restored(ctx context.Context, orders Orders) (identity.LogGeneration, error) {
	var out identity.LogGeneration
	err := g.store.Read(ctx, func(tx *store.Tx) error {
		size, err := restoredSize(ctx, tx)
		if err != nil {
			return err
		}
		root, err := tlog.TreeHash(size, tree{ctx, tx})
		if err != nil {
			return err
		}
		last, err := tx.LastErasure(ctx)
		out = identity.LogGeneration{Size: uint64(size), Root: root[:], Orders: max(orders.Newest(), uint64(last))}
		return err
	})
	if err != nil {
		return identity.LogGeneration{}, fmt.Errorf("read what was restored: %w", err)
	}
	return out, nil
}

// Resumed is what Resume did.
type Resumed struct {
	Generation uint64 // of the audit log
	Size       uint64 // of it at the backup
	Orders     int    // erasure orders that the backup did not have
}

// Resume carries out erasure orders and opens the generation of the audit log that the statement in force
// names: with it, in one transaction, the data may be served.
func (g *Gate) Resume(ctx context.Context, orders Orders) (Resumed, error) {
	var done Resumed
	err := g.store.Do(ctx, func(tx *store.Tx) error {
		done = Resumed{}
		size, err := restoredSize(ctx, tx)
		if err != nil {
			return err
		}
		s := g.keys().Parsed
		if len(s.Generations) == 0 || s.Generations[len(s.Generations)-1].Size != uint64(size) {
			return errors.New("the statement names no generation of the log for this backup")
		}
		newest := s.Generations[len(s.Generations)-1]
		done.Generation, done.Size = newest.Number, newest.Size
		if err := g.sayChanged(ctx, tx, codeRestored, "", journal.Entry{Count: newest.Size, Ref: newest.Root}); err != nil {
			return err
		}
		if done.Orders, err = g.carryOut(ctx, tx, orders); err != nil {
			return err
		}
		if err := tx.SkipEpochs(ctx, skippedEpochs); err != nil {
			return err
		}
		if err := g.relist(ctx, tx); err != nil {
			return err
		}
		return tx.PutCounter(ctx, sqlc.PutCounterParams{Name: counterRestored, Value: -1})
	})
	if err == nil {
		err = g.store.Settle(ctx)
	}
	if err != nil {
		return Resumed{}, fmt.Errorf("resume: %w", err)
	}
	return done, nil
}
