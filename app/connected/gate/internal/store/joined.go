package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"handslag/app/connected/gate/internal/store/sqlc"
)

// What a batch brings about in other rows is written for all of its entries at once.

// JoinHalves notes of halves of double entries that they are alone no more, and closes what was found of that.
func (tx *Tx) JoinHalves(ctx context.Context, halves []sqlc.Entry, at int64) error {
	var ids []int64
	var hashes [][]byte
	for _, half := range halves {
		ids, hashes = append(ids, half.ID), append(hashes, half.Hash)
	}
	if err := change(ctx, tx, "UPDATE entries SET lone = 0 WHERE id IN %s AND lone <> 0", ids); err != nil {
		return err
	}
	var closed []sqlc.Finding
	err := gather(ctx, tx, `UPDATE findings SET closed_at = $1 WHERE code IN ('lone_half', 'head_missing') AND closed_at = 0 AND hash IN %s
		RETURNING id, code, device_id, person_id, generation, seq, hash, at, times, closed_at`, hashes, func(rows *sql.Rows) error {
		var f sqlc.Finding
		err := rows.Scan(&f.ID, &f.Code, &f.DeviceID, &f.PersonID, &f.Generation, &f.Seq, &f.Hash, &f.At, &f.Times, &f.ClosedAt)
		closed = append(closed, f)
		return err
	}, at)
	return tx.Settle(closed, err)
}

// AddOperations adds operations on assignments, and says of each of these how many it has now.
func (tx *Tx) AddOperations(ctx context.Context, all []sqlc.Operation) error {
	if len(all) == 0 {
		return nil
	}
	if err := tx.catchUp(ctx); err != nil {
		return err
	}
	rows := make([][]any, len(all))
	newest := map[string]int64{}
	for i, o := range all {
		rows[i], newest[o.AssignmentID] = []any{o.AssignmentID, o.Number, o.EntryID}, max(newest[o.AssignmentID], o.Number)
	}
	tx.changes++
	if err := tx.bulk(ctx, "operations", []string{"assignment_id", "number", "entry_id"}, rows); err != nil {
		return fmt.Errorf("store operations: %w", err)
	}
	for id, n := range newest {
		if err := tx.SetOperations(ctx, sqlc.SetOperationsParams{ID: id, Operations: n}); err != nil {
			return fmt.Errorf("count operations: %w", err)
		}
	}
	return nil
}

// change runs a statement, in which %s stands for the keys behind those that are given, for some keys at a time.
func change[K any](ctx context.Context, tx *Tx, statement string, keys []K, given ...any) error {
	for some := range slices.Chunk(keys, tx.names) {
		a := arguments(slices.Clone(given))
		text := fmt.Sprintf(statement, "("+strings.Join(padded(&a, some), ", ")+")")
		if _, err := tx.asks.ExecContext(ctx, text, a...); err != nil {
			return fmt.Errorf("change rows: %w", err)
		}
	}
	return nil
}
