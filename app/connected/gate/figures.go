package gate

import (
	"context"
	"fmt"
	"time"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
)

// Meter is told what the gate does, so that somebody may watch it. What it is told is never about
// anybody: a route is one of the table's or "other", an outcome ok or a refusal's code.
type Meter interface {
	Called(route, outcome string)
	Took(entries int)       // of devices' journals, committed
	Stored(d time.Duration) // a call's transaction, from asking for it to its end
}

// unmetered is the Meter where nobody watches.
type unmetered struct{}

func (unmetered) Called(string, string) {}
func (unmetered) Took(int)              {}
func (unmetered) Stored(time.Duration)  {}

// Figures are counts of what the database holds, and of who waits.
type Figures struct {
	Entries   int64            // of the audit log
	Unchecked int64            // of them, whose own signatures CheckSignatures has not come to yet
	Findings  map[string]int64 // that are open, by code; 0 where all of a code are closed
	Waiting   int              // calls to this process that wait for a change
	Late      int64            // calls to this process that were told something only when their wait was over: 0 while all that changes wakes whom it concerns
	Witnesses int64            // devices that vouch for the log
	Witnessed int64            // entries that one of them vouches for
	Asking    int64            // devices that wait for an administrator to let them in
}

// Figures reads them.
func (g *Gate) Figures(ctx context.Context) (Figures, error) {
	f := Figures{Findings: map[string]int64{}, Waiting: g.waiting.count(), Late: g.waiting.late.Load()}
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		if f.Entries, err = tx.Places(ctx); err != nil {
			return err
		}
		checked, err := checkedUpTo(ctx, tx)
		if err != nil {
			return err
		}
		f.Unchecked = max(0, f.Entries-checked)
		if f.Witnesses, err = tx.CountCosignatures(ctx); err != nil {
			return err
		}
		newest, err := tx.CosignaturesFrom(ctx, sqlc.CosignaturesFromParams{Rows: 1})
		if err != nil {
			return err
		}
		for _, row := range newest {
			f.Witnessed = row.Size
		}
		if f.Asking, err = tx.CountWaiting(ctx, int64(g.now())); err != nil {
			return err
		}
		rows, err := tx.OpenFindings(ctx)
		for _, row := range rows {
			f.Findings[row.Code] = row.Open
		}
		return err
	})
	if err != nil {
		return Figures{}, fmt.Errorf("read figures: %w", err)
	}
	return f, nil
}

// labelOf is the route's name for a Meter: what strangers make up has no part in it.
func (d *Door) labelOf(method, path string) string {
	name, _, methods := d.routes.at(path)
	if methods[method] == nil {
		return name
	}
	return method + " " + name
}
