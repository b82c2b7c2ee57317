package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"handslag/testnet"
)

// count finds what is lost or doubled: each device has its entries, each number once, all of them covered,
// and the last is the one that its receipt names.
func (f *figures) count(ctx context.Context, o *org, fl *fleet, said io.Writer) error {
	rows, err := o.rows.QueryContext(ctx, `SELECT e.device_id, COUNT(*), COUNT(DISTINCT e.seq), MIN(e.seq), MAX(e.seq), SUM(e.covered)
		FROM entries e WHERE e.is_system = 0 GROUP BY e.device_id`)
	if err != nil {
		return fmt.Errorf("count: %w", err)
	}
	defer rows.Close()
	whole := map[string]bool{}
	for rows.Next() {
		var id string
		var all, numbers, least, most, covered int
		if err := rows.Scan(&id, &all, &numbers, &least, &most, &covered); err != nil {
			return fmt.Errorf("count: %w", err)
		}
		f.stored += all
		whole[id] = all == f.entries && numbers == f.entries && least == 1 && most == f.entries && covered == f.entries
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("count: %w", err)
	}
	for i, d := range fl.devices {
		if !whole[string(d.id)] {
			return fmt.Errorf("count: device %d said %d entries; its journal is not whole in the database", i, f.entries)
		}
	}
	if want := f.devices * f.entries; f.stored != want {
		return fmt.Errorf("count: %d entries are stored, %d were said", f.stored, want)
	}
	fmt.Fprintf(said, "%d entries stored, each once\n", f.stored)
	if err := f.waitForSignatures(ctx, o); err != nil {
		return err
	}
	if !f.verify {
		return nil
	}
	at := time.Now()
	out, err := o.ask(ctx, "verify")
	if err != nil {
		return err
	}
	var v testnet.Verification
	if err := json.Unmarshal(out, &v); err != nil {
		return fmt.Errorf("read what verify says: %w", err)
	}
	f.verified = time.Since(at)
	if len(v.Problems) > 0 || v.Covered < f.stored {
		return fmt.Errorf("the log does not hold: %+v", v)
	}
	fmt.Fprintf(said, "the log holds: %d entries verified in %v\n", v.Entries, f.verified.Round(time.Millisecond))
	return nil
}

// waitForSignatures waits until the server has come to every signature.
func (f *figures) waitForSignatures(ctx context.Context, o *org) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for at := f.ended; ; {
		var wait int64
		err := o.rows.QueryRowContext(ctx, `SELECT (SELECT value FROM counters WHERE name = 'entries')
			- COALESCE((SELECT value FROM counters WHERE name = 'signatures'), 0)`).Scan(&wait)
		if err != nil {
			return fmt.Errorf("wait for signatures: %w", err)
		}
		if wait == 0 {
			f.checked = time.Since(at)
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
