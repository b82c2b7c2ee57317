package store

import (
	"context"

	"handslag/app/connected/gate/internal/store/sqlc"
)

// Noticed is what a transaction did to a finding.
type Noticed struct {
	sqlc.Finding       // as it is now
	Before       int64 // how often it had been noticed
	Closed       bool  // in this transaction, and not by being noticed
}

// Notice stores a finding, or counts one that is there.
func (tx *Tx) Notice(ctx context.Context, f sqlc.PutFindingParams) error {
	row, err := tx.PutFinding(ctx, f)
	if err != nil {
		return err
	}
	tx.remember(row, row.Times-1, false)
	return nil
}

// Settle notes the findings that a query has closed: what it returned.
func (tx *Tx) Settle(rows []sqlc.Finding, err error) error {
	for _, row := range rows {
		tx.remember(row, row.Times, true)
	}
	return err
}

// Noticed is what became of findings in this transaction, each once, in the order in which that began.
func (tx *Tx) Noticed() []Noticed { return tx.noticed }

func (tx *Tx) remember(row sqlc.Finding, before int64, closed bool) {
	i, known := tx.noticedAt[row.ID]
	if !known {
		i = len(tx.noticed)
		tx.noticedAt[row.ID] = i
		tx.noticed = append(tx.noticed, Noticed{Before: before})
	}
	one := &tx.noticed[i]
	one.Finding, one.Closed = row, one.Closed || closed
}
