package gate

import (
	"context"
	"errors"
	"fmt"

	"handslag/app/connected/feed"
	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
)

// Who the log is exported to, as its entry's code.
const (
	codeExportFile   = "file"
	codeExportHTTP   = "http"
	codeExportSyslog = "syslog"
)

// exportRows is how many entries the administrator's export reads at once.
const exportRows = 1000

// ErrCursor says that an export can not go on: the entry that the cursor names is not in the log.
var ErrCursor = errors.New("the log has no such entry: this is another log, or it was taken back")

// ExportLog is the next page of the audit log, oldest first: at most link.ExportRows entries behind the
// cursor. That it was asked for is an entry itself, which stands behind the page. Who would get nothing but
// entries about such asking gets them without another one: so following the log comes to rest, by however many.
func (c *Call) ExportLog(after string) ([]feed.Entry, error) {
	cursor, err := feed.ParseCursor(after)
	if err != nil {
		return nil, Refuse(link.CodeBadRequest)
	}
	from, err := c.g.resume(c.ctx, c.tx, cursor)
	if errors.Is(err, ErrCursor) {
		return nil, Refuse(link.CodeCursor)
	}
	if err != nil {
		return nil, err
	}
	if err := c.g.findLoneHalves(c.ctx, c.tx, c.Now); err != nil { // told behind this page
		return nil, err
	}
	page, err := c.g.logBehind(c.ctx, c.tx, from, link.ExportRows)
	if err != nil {
		return nil, err
	}
	for _, e := range page {
		if e.Said.Kind != journal.LogExported || e.Said.Code != codeExportHTTP {
			return page, c.g.sayExported(c.ctx, c.tx, codeExportHTTP, after, journal.Entry{Person: c.Person.ID, Peer: identity.DeviceID(c.device.ID), Route: c.route.Path, Count: uint64(len(page))})
		}
	}
	return page, nil
}

// Org is the organisation whose call it is.
func (c *Call) Org() identity.OrgID { return c.g.org }

// ExportLog hands out every entry of the audit log behind the cursor that there is when it is called, oldest first.
// That it was called is an entry, committed before the first is handed out. It returns ErrCursor.
func (g *Gate) ExportLog(ctx context.Context, after feed.Cursor, each func(feed.Entry) error) error {
	var from, until int64
	if err := g.findLate(ctx); err != nil {
		return fmt.Errorf("export log: %w", err)
	}
	err := g.store.Do(ctx, func(tx *store.Tx) error {
		var err error
		if from, err = g.resume(ctx, tx, after); err != nil {
			return err
		}
		if until, err = tx.Places(ctx); err != nil {
			return err
		}
		return g.sayExported(ctx, tx, codeExportFile, after.String(), journal.Entry{Count: uint64(until - from)})
	})
	if err != nil {
		return fmt.Errorf("export log: %w", err)
	}
	for from < until {
		var page []feed.Entry
		err := g.store.Read(ctx, func(tx *store.Tx) error {
			var err error
			page, err = g.logBehind(ctx, tx, from, int32(min(exportRows, until-from)))
			return err
		})
		if err != nil {
			return fmt.Errorf("export log: %w", err)
		}
		if len(page) == 0 {
			return fmt.Errorf("export log: %w", ErrCursor)
		}
		for _, e := range page {
			if err := each(e); err != nil {
				return fmt.Errorf("export log: %w", err)
			}
		}
		from = page[len(page)-1].Place
	}
	return nil
}

// findLate notes now what nothing but time makes a finding, for whom the log is told next.
func (g *Gate) findLate(ctx context.Context) error {
	return g.store.Do(ctx, func(tx *store.Tx) error { return g.findLoneHalves(ctx, tx, g.now()) })
}

func (g *Gate) sayExported(ctx context.Context, tx *store.Tx, to, after string, e journal.Entry) error {
	e.Kind, e.Code = journal.LogExported, to
	_, err := g.say(ctx, tx, e, &journal.Details{Reason: clip(g.operatorOf(e)), Note: "after " + after})
	return err
}

// operatorOf is who gave the command, where no device called.
func (g *Gate) operatorOf(e journal.Entry) string {
	if e.Person != "" {
		return ""
	}
	return g.config.Operator
}

// resume is the place behind which a cursor goes on. Where the log was restored since the cursor was
// given out, what stood behind the backup is gone, and it goes on from there: what devices hand in again
// bears the hashes that it had.
func (g *Gate) resume(ctx context.Context, tx *store.Tx, c feed.Cursor) (int64, error) {
	if c.Place == 0 {
		return 0, nil
	}
	now := g.keys().Parsed
	if c.Generation > now.Generation() {
		return 0, ErrCursor
	}
	if size, restored := now.Since(c.Generation); restored && int64(size) < c.Place {
		return int64(size), nil
	}
	rows, err := tx.EntriesFrom(ctx, sqlc.EntriesFromParams{After: c.Place - 1, Rows: 1})
	if err != nil {
		return 0, err
	}
	if len(rows) == 0 || feed.CursorAt(c.Generation, rows[0].ID, journal.Hash(rows[0].Hash)) != c {
		return 0, ErrCursor
	}
	return c.Place, nil
}

// logBehind reads entries behind a place, oldest first. An entry has its place by the order of commits, over
// all processes: none is ever added before one that was read.
func (g *Gate) logBehind(ctx context.Context, tx *store.Tx, place int64, most int32) ([]feed.Entry, error) {
	rows, err := tx.EntriesFrom(ctx, sqlc.EntriesFromParams{After: place, Rows: most})
	if err != nil {
		return nil, fmt.Errorf("read log: %w", err)
	}
	generation := g.keys().Parsed.Generation()
	page := make([]feed.Entry, len(rows))
	for i, r := range rows {
		e := feed.Entry{Place: r.ID, Hash: journal.Hash(r.Hash), Raw: r.Raw, Person: identity.PersonID(r.PersonID), System: r.IsSystem == 1,
			Earliest: signed.Time(r.NotBefore), Received: signed.Time(r.ReceivedAt)}
		if err := signed.Unverified(r.Raw, journal.EntryLimit, &e.Said); err != nil { // verified when it was stored
			return nil, fmt.Errorf("read log: entry %d: %w", r.ID, err)
		}
		e.Cursor = feed.CursorAt(generation, e.Place, e.Hash)
		page[i] = e
	}
	return page, nil
}
