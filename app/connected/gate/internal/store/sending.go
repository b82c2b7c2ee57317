package store

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"

	"handslag/app/connected/gate/internal/store/sqlc"
)

// What a page of changes asks of many things at once.

// RecordsBehind are IDs of records that the user is named in, holds or has work on, behind one, in order, and how each
// concerns them.
func (tx *Tx) RecordsBehind(ctx context.Context, user, after string, rows int32) ([]string, map[string]Tie, error) {
	ties := map[string]Tie{}
	for _, way := range []struct {
		ask func() ([]string, error)
		tie func(*Tie)
	}{
		{func() ([]string, error) {
			return tx.HeldBehind(ctx, sqlc.HeldBehindParams{UserID: user, After: after, Rows: rows})
		}, func(t *Tie) { t.Holds = true }},
		{func() ([]string, error) {
			return tx.NamedBehind(ctx, sqlc.NamedBehindParams{UserID: user, After: after, Rows: rows})
		}, func(t *Tie) { t.Named = true }},
		{func() ([]string, error) {
			return tx.WorkedBehind(ctx, sqlc.WorkedBehindParams{UserID: user, After: after, Rows: rows})
		}, func(t *Tie) { t.Works = true }},
	} {
		some, err := way.ask()
		if err != nil {
			return nil, nil, err
		}
		for _, id := range some {
			t := ties[id]
			way.tie(&t)
			ties[id] = t
		}
	}
	// Of the first ones every way has told: none of them stands behind so many others on its own.
	ids := slices.Sorted(maps.Keys(ties))
	return ids[:min(len(ids), int(rows))], ties, nil
}

// RecordHead is a record without what it holds, and how much that is.
type RecordHead struct {
	sqlc.Record
	Size int // bytes of what is sent of it
}

// RecordHeads are records by ID.
func (tx *Tx) RecordHeads(ctx context.Context, ids []string) (all []RecordHead, err error) {
	query := "SELECT id, number, subject, unit_id, restricted, held, LENGTH(body) + LENGTH(cipher) FROM records WHERE id IN %s"
	return all, gather(ctx, tx, query, ids, func(rows *sql.Rows) error {
		var r RecordHead
		err := rows.Scan(&r.ID, &r.Number, &r.Subject, &r.UnitID, &r.Restricted, &r.Held, &r.Size)
		all = append(all, r)
		return err
	})
}

// WholeRecords are records by ID, with what they hold.
func (tx *Tx) WholeRecords(ctx context.Context, ids []string) (map[string]sqlc.Record, error) {
	all := make(map[string]sqlc.Record, len(ids))
	query := "SELECT id, number, subject, body, cipher, content_key FROM records WHERE id IN %s"
	return all, gather(ctx, tx, query, ids, func(rows *sql.Rows) error {
		var r sqlc.Record
		err := rows.Scan(&r.ID, &r.Number, &r.Subject, &r.Body, &r.Cipher, &r.ContentKey)
		all[r.ID] = r
		return err
	})
}

// Tie is how a record concerns a user.
type Tie struct{ Named, Works, Holds bool }

// TiesTo are how records concern a user, by the record's ID.
func (tx *Tx) TiesTo(ctx context.Context, user string, ids []string) (map[string]Tie, error) {
	all := map[string]Tie{}
	for _, of := range []struct {
		query string
		tie   func(*Tie)
	}{
		{"SELECT record_id FROM record_people WHERE user_id = $1 AND record_id IN %s", func(t *Tie) { t.Named = true }},
		{"SELECT record_id FROM record_held WHERE user_id = $1 AND record_id IN %s", func(t *Tie) { t.Holds = true }},
		{"SELECT a.record_id FROM assignments a JOIN assignment_people ap ON ap.assignment_id = a.id WHERE ap.user_id = $1 AND a.record_id IN %s", func(t *Tie) { t.Works = true }},
	} {
		err := gather(ctx, tx, of.query, ids, func(rows *sql.Rows) error {
			var id string
			err := rows.Scan(&id)
			t := all[id]
			of.tie(&t)
			all[id] = t
			return err
		}, user)
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// AssignmentsFor are those of the assignments that name the user.
func (tx *Tx) AssignmentsFor(ctx context.Context, user string, ids []string) (all []sqlc.Assignment, err error) {
	query := `SELECT a.id, a.number, a.record_id, a.subject, a.unit_id, a.line_mac, a.operations FROM assignments a
		JOIN assignment_people ap ON ap.assignment_id = a.id AND ap.user_id = $1 WHERE a.id IN %s`
	return all, gather(ctx, tx, query, ids, func(rows *sql.Rows) error {
		var a sqlc.Assignment
		err := rows.Scan(&a.ID, &a.Number, &a.RecordID, &a.Subject, &a.UnitID, &a.LineMac, &a.Operations)
		all = append(all, a)
		return err
	}, user)
}

// AttachmentsOf are IDs of whole attachments, by their record's.
func (tx *Tx) AttachmentsOf(ctx context.Context, records []string) (map[string][]string, error) {
	all := map[string][]string{}
	return all, gather(ctx, tx, "SELECT id, record_id FROM attachments WHERE whole = 1 AND record_id IN %s", records, func(rows *sql.Rows) error {
		var id, record string
		err := rows.Scan(&id, &record)
		all[record] = append(all[record], id)
		return err
	})
}

// RecordsOfAttachments are the records of whole attachments, by the attachment's ID.
func (tx *Tx) RecordsOfAttachments(ctx context.Context, ids []string) (map[string]string, error) {
	all := map[string]string{}
	return all, gather(ctx, tx, "SELECT id, record_id FROM attachments WHERE whole = 1 AND id IN %s", ids, func(rows *sql.Rows) error {
		var id, record string
		err := rows.Scan(&id, &record)
		all[id] = record
		return err
	})
}

// SentOfThings is what a device was sent of things of one kind.
func (tx *Tx) SentOfThings(ctx context.Context, device, kind string, ids []string) (all []sqlc.Sent, err error) {
	query := "SELECT device_id, kind, thing_id, mark, loan_until, page, gone FROM sent WHERE device_id = $1 AND kind = $2 AND thing_id IN %s"
	return all, gather(ctx, tx, query, ids, func(rows *sql.Rows) error {
		var s sqlc.Sent
		err := rows.Scan(&s.DeviceID, &s.Kind, &s.ThingID, &s.Mark, &s.LoanUntil, &s.Page, &s.Gone)
		all = append(all, s)
		return err
	}, device, kind)
}

// PutSents notes what a device is sent, each as PutSent does, several with one statement.
func (tx *Tx) PutSents(ctx context.Context, all []sqlc.PutSentParams) error {
	atOnce := tx.names / 8 // values of each
	for some := range slices.Chunk(all, atOnce) {
		if len(some) < atOnce {
			for _, s := range some {
				if err := tx.PutSent(ctx, s); err != nil {
					return err
				}
			}
			break
		}
		var a arguments
		var rows []string
		for _, s := range some {
			var row []string
			for _, v := range []any{s.DeviceID, s.Kind, s.ThingID, s.Mark, s.LoanUntil, s.Page, s.Gone} {
				row = append(row, a.add(v))
			}
			rows = append(rows, "("+strings.Join(row, ", ")+")")
		}
		query := "INSERT INTO sent (device_id, kind, thing_id, mark, loan_until, page, gone) VALUES " + strings.Join(rows, ", ") +
			" ON CONFLICT (device_id, kind, thing_id) DO UPDATE SET mark = excluded.mark, loan_until = excluded.loan_until, page = excluded.page, gone = excluded.gone"
		if _, err := tx.asks.ExecContext(ctx, query, a...); err != nil {
			return fmt.Errorf("note what is sent: %w", err)
		}
	}
	return nil
}
