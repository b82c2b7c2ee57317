package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"handslag/app/connected/gate/internal/store/sqlc"
)

// entryColumns are those of the log's rows, in the order of AddEntry's.
var entryColumns = []string{"id", "hash", "raw", "device_id", "generation", "seq", "covered", "verdict", "is_system", "kind", "person_id", "epoch",
	"not_before", "received_at", "subject", "record_id", "assignment_id", "peer", "pair", "lone", "address", "carrier",
	"payload_subject", "payload", "payload_state", "unit_set"}

// AddEntry stores a row of the log: at the end of the transaction, or before the next statement in it,
// whichever comes first. So rows that come one after the other are written together.
func (tx *Tx) AddEntry(r sqlc.Entry) {
	tx.changes++
	tx.noteHour(r.ReceivedAt, r.ID)
	tx.behind = append(tx.behind, []any{r.ID, r.Hash, r.Raw, r.DeviceID, r.Generation, r.Seq, r.Covered, r.Verdict, r.IsSystem, r.Kind, r.PersonID, r.Epoch,
		r.NotBefore, r.ReceivedAt, r.Subject, r.RecordID, r.AssignmentID, r.Peer, r.Pair, r.Lone, r.Address, r.Carrier,
		r.PayloadSubject, r.Payload, r.PayloadState, r.UnitSet})
}

// catchUp writes what is behind. A transaction in which that failed does nothing more.
func (tx *Tx) catchUp(ctx context.Context) error {
	if tx.failed != nil || len(tx.behind) == 0 {
		return tx.failed
	}
	if err := tx.bulk(ctx, "entries", entryColumns, tx.behind); err != nil {
		tx.failed = fmt.Errorf("store entries: %w", err)
	}
	tx.behind = tx.behind[:0]
	return tx.failed
}

// ordered is the transaction as the queries see it: rows that are behind are there before any other statement.
// Where statements are kept, those that are known are used.
type ordered struct {
	tx   *Tx
	kept *prepared // nil: the driver sees to that
}

func (o ordered) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	ctx, kept, err := o.ready(ctx, query)
	switch {
	case err != nil:
		return nil, err
	case kept != nil:
		return kept.ExecContext(ctx, args...)
	}
	return o.tx.raw.ExecContext(ctx, query, args...)
}

func (o ordered) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	ctx, kept, err := o.ready(ctx, query)
	switch {
	case err != nil:
		return nil, err
	case kept != nil:
		return kept.QueryContext(ctx, args...)
	}
	return o.tx.raw.QueryContext(ctx, query, args...)
}

// QueryRowContext asks nothing where catching up failed: the row says that it was not asked for, the end
// of the transaction says why.
func (o ordered) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	ctx, kept, err := o.ready(ctx, query)
	if err != nil {
		var stop context.CancelFunc
		ctx, stop = context.WithCancel(ctx)
		stop()
	}
	if kept != nil {
		return kept.QueryRowContext(ctx, args...)
	}
	return o.tx.raw.QueryRowContext(ctx, query, args...)
}

func (o ordered) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	return o.tx.raw.PrepareContext(ctx, query)
}

// asksOnly reports whether a statement changes nothing: it selects, behind the name that sqlc gave it.
func asksOnly(query string) bool {
	if strings.HasPrefix(query, "--") {
		_, query, _ = strings.Cut(query, "\n")
	}
	return strings.HasPrefix(query, "SELECT")
}

// ready catches up and finds the statement that is kept for a query. SQLite's driver watches a context that
// can end beside each statement: it gets one that can not, since the transaction ends with its own.
func (o ordered) ready(ctx context.Context, query string) (context.Context, *sql.Stmt, error) {
	if !asksOnly(query) {
		o.tx.changes++
	}
	if o.kept == nil {
		return ctx, nil, o.tx.catchUp(ctx)
	}
	ctx = context.WithoutCancel(ctx)
	if err := o.tx.catchUp(ctx); err != nil {
		return ctx, nil, err
	}
	return ctx, o.known(ctx, query), nil
}

// known is the statement that is kept for a query; nil where there is none yet.
func (o ordered) known(ctx context.Context, query string) *sql.Stmt {
	if o.kept == nil {
		return nil
	}
	if s, ok := o.tx.kept[query]; ok {
		return s
	}
	s := o.kept.of(query)
	if s != nil {
		s = o.tx.raw.StmtContext(ctx, s)
		o.tx.kept[query] = s
	}
	return s
}
