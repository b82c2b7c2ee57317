package store

import (
	"context"
	"errors"
	"testing"

	"handslag/app/connected/gate/internal/store/sqlc"
)

// Who only asks has changed nothing; whatever else a transaction does counts, in the database or in what its end writes.
func TestWhatChangesATransactionIsCounted(t *testing.T) {
	ctx, s := context.Background(), open(t, place(t))
	deeds := []struct {
		what    string
		changes bool
		do      func(tx *Tx) error
	}{
		{"asks for a row that is there", false, func(tx *Tx) error { _, err := tx.SubjectKey(ctx, checkSubject); return err }},
		{"asks for many", false, func(tx *Tx) error { _, err := tx.Chains(ctx, "d"); return err }},
		{"asks with a question put together", false, func(tx *Tx) error { _, err := tx.Persons(ctx, []string{"p"}); return err }},
		{"asks how long the log is", false, func(tx *Tx) error { _, err := tx.Places(ctx); return err }},
		{"inserts", true, func(tx *Tx) error {
			_, err := tx.AddNonce(ctx, sqlc.AddNonceParams{DeviceID: "d", Nonce: []byte{1}, At: 1})
			return err
		}},
		{"deletes what is not there", true, func(tx *Tx) error { return tx.PruneNonces(ctx, 0) }},
		{"writes and is told what", true, func(tx *Tx) error { _, err := tx.NextCounter(ctx, "x"); return err }},
		{"takes a place", true, func(tx *Tx) error { _, err := tx.NextPlace(ctx); return err }},
		{"adds a row that is written later", true, func(tx *Tx) error { tx.AddEntry(sqlc.Entry{ID: 1}); return nil }},
		{"changes rows by their keys", true, func(tx *Tx) error { return change(ctx, tx, "UPDATE entries SET lone = 0 WHERE id IN %s", []int64{1}) }},
		{"has many rows written at once", true, func(tx *Tx) error {
			return tx.AddOperations(ctx, []sqlc.Operation{{AssignmentID: "none", Number: 1, EntryID: 1}})
		}},
	}
	for _, d := range deeds {
		t.Run(d.what, func(t *testing.T) {
			undone := context.Canceled
			err := s.Do(ctx, func(tx *Tx) error {
				before := tx.Changes()
				if err := d.do(tx); err != nil && !d.changes {
					return err
				}
				if got := tx.Changes() != before; got != d.changes {
					t.Errorf("counted as a change: %v", got)
				}
				return undone
			})
			if !errors.Is(err, undone) {
				t.Error(err)
			}
		})
	}
}
