package gate

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"time"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
)

// A receipt is given when the last signature of each run of entries holds, which vouches for what those before
// it say. That each has a signature of its own, which shows it to somebody who has that entry alone, is
// checked behind: a place in the log says how far, and one that does not hold is a finding at its entry. The system's
// own entries have no receipt: verify checks them.

// counterChecked is the place in the log up to which every device's signature has been checked.
const counterChecked = "signatures"

// Of checking.
const (
	checkAtOnce = 1000            // entries in one step
	checkEvery  = 2 * time.Second // while there is nothing to check
	checkShare  = 9               // while journals come, it rests so many times as long as it worked
	checkKeys   = 4096            // devices' keys that are kept
)

// CheckSignatures checks what was taken by one that vouched for it, until ctx ends. Several processes may do so:
// each step is one's.
func (g *Gate) CheckSignatures(ctx context.Context) {
	keys := map[string]*signed.Key{}
	failed := false
	for {
		began := time.Now()
		more, err := g.checkSignatures(ctx, keys)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failed:
			slog.Error("signatures are not checked", "error", store.Loggable(err))
		}
		failed = err != nil
		rest := checkEvery
		if more && err == nil {
			if rest = 0; g.busy.Load() > 0 {
				rest = checkShare * time.Since(began)
			}
		}
		select {
		case <-time.After(rest):
		case <-ctx.Done():
			return
		}
	}
}

// CheckedSignatures checks all that there is now.
func (g *Gate) CheckedSignatures(ctx context.Context) error {
	keys := map[string]*signed.Key{}
	for {
		if more, err := g.checkSignatures(ctx, keys); err != nil || !more {
			return err
		}
	}
}

// checkSignatures takes one step and reports whether there may be another.
func (g *Gate) checkSignatures(ctx context.Context, keys map[string]*signed.Key) (more bool, err error) {
	var from int64
	var rows []sqlc.UncheckedRow
	if len(keys) > checkKeys {
		clear(keys)
	}
	err = g.store.Read(ctx, func(tx *store.Tx) (err error) {
		if from, err = checkedUpTo(ctx, tx); err != nil {
			return err
		}
		if rows, err = tx.Unchecked(ctx, sqlc.UncheckedParams{After: from, Rows: checkAtOnce}); err != nil {
			return err
		}
		for _, r := range rows {
			if r.IsSystem == 1 { // what this system signed itself, nobody handed in
				continue
			}
			if err := g.keepKey(ctx, tx, keys, r.DeviceID); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || len(rows) == 0 {
		return false, wrapCheck(err)
	}
	bad := spoilt(rows, keys, g.busy.Load() == 0)
	err = g.store.Do(ctx, func(tx *store.Tx) error {
		if now, err := checkedUpTo(ctx, tx); err != nil || now != from {
			return err // another process was here
		}
		for _, r := range bad {
			err := findAt(ctx, tx, foundSignature, sqlc.Entry{DeviceID: r.DeviceID, PersonID: r.PersonID, Generation: r.Generation, Seq: r.Seq, Hash: r.Hash, ReceivedAt: int64(g.now())})
			if err != nil {
				return err
			}
		}
		return tx.PutCounter(ctx, sqlc.PutCounterParams{Name: counterChecked, Value: rows[len(rows)-1].ID})
	})
	return len(rows) == checkAtOnce, wrapCheck(err)
}

// spoilt are the rows whose signature does not hold. Where the machine is free, all of its processors look.
func spoilt(rows []sqlc.UncheckedRow, keys map[string]*signed.Key, free bool) []sqlc.UncheckedRow {
	parts := 1
	if free {
		parts = runtime.GOMAXPROCS(0)
	}
	bad := make([][]sqlc.UncheckedRow, parts)
	var all sync.WaitGroup
	for i := range bad {
		all.Go(func() {
			for _, r := range rows[i*len(rows)/parts : (i+1)*len(rows)/parts] {
				if r.IsSystem == 1 {
					continue
				}
				if key := keys[r.DeviceID]; key != nil {
					if _, err := journal.OpenEntry(r.Raw, *key); err == nil {
						continue
					}
				}
				bad[i] = append(bad[i], r)
			}
		})
	}
	all.Wait()
	return slices.Concat(bad...)
}

func wrapCheck(err error) error {
	if err != nil {
		return fmt.Errorf("check signatures: %w", err)
	}
	return nil
}

// checkedUpTo is the place up to which they have been checked.
func checkedUpTo(ctx context.Context, tx *store.Tx) (int64, error) {
	n, err := tx.CounterValue(ctx, counterChecked)
	if store.Missing(err) {
		return 0, nil
	}
	return n, err
}

// keepKey finds the key that a device signs with; nil where no credential of ours names one.
func (g *Gate) keepKey(ctx context.Context, tx *store.Tx, keys map[string]*signed.Key, device string) error {
	if _, ok := keys[device]; ok {
		return nil
	}
	key, err := g.journalKey(ctx, tx, device)
	if err == nil {
		keys[device] = key
	}
	return err
}

// journalKey is the key that a journal is signed with, from a credential that holds now or the statement; nil
// where there is none.
func (g *Gate) journalKey(ctx context.Context, tx *store.Tx, device string) (*signed.Key, error) {
	for _, key := range g.keys().Parsed.Log {
		if string(identity.DeviceIDOf(key)) == device {
			return &key, nil
		}
	}
	row, err := tx.NewestCredential(ctx, device)
	if store.Missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	c, err := identity.OpenCredential(row.Body, g.org, g.keys().Parsed.Issuing)
	if err != nil || string(c.Device()) != device {
		return nil, nil
	}
	return &c.Keys.Signing, nil
}
