package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"
)

// batch is how many rows the bare engine takes in one transaction: as many as a receipt covers.
const batch = 500

// compare lets the bare engine take the same rows, and Tessera's log the same leaves.
func (f *figures) compare(ctx context.Context, o *org, said io.Writer) error {
	o.stop()
	f.server = o.used
	if err := f.insertBare(ctx, o, said); err != nil {
		return fmt.Errorf("insert rows bare: %w", err)
	}
	fmt.Fprintf(said, "bare: %d rows in %v\n", f.bareRows, f.bareTook.Round(time.Millisecond))
	if f.tessera == "" {
		return nil
	}
	if err := f.askTessera(ctx, o); err != nil {
		return fmt.Errorf("ask Tessera: %w", err)
	}
	return nil
}

// insertBare writes the log's rows into a table of the same columns and indexes in the same engine, with the
// same durability, by one prepared statement. Only that is timed.
func (f *figures) insertBare(ctx context.Context, o *org, said io.Writer) (err error) {
	to, table, err := o.bareTable(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	to.SetMaxOpenConns(1)
	limit := f.bare
	if limit == 0 {
		limit = f.stored
	}
	var done atomic.Int64
	defer progress(said, "rows inserted bare", limit, 1, done.Load)()
	for f.bareRows < limit {
		rows, err := o.page(ctx, f.bareRows, min(batch, limit-f.bareRows))
		if err != nil || len(rows) == 0 {
			return err
		}
		at := time.Now()
		if err := insert(ctx, to, table, rows); err != nil {
			return err
		}
		f.bareTook += time.Since(at)
		f.bareRows += len(rows)
		done.Store(int64(f.bareRows))
	}
	return nil
}

// bareTable makes the empty table: in a file of its own, or beside the log's in PostgreSQL.
func (o *org) bareTable(ctx context.Context) (*sql.DB, string, error) {
	if o.database != "" {
		to, err := openRows(o.database, "")
		if err != nil {
			return nil, "", err
		}
		_, err = to.ExecContext(ctx, "CREATE TABLE bare (LIKE entries INCLUDING ALL)")
		return to, "bare", err
	}
	made, err := o.rows.QueryContext(ctx, "SELECT sql FROM sqlite_master WHERE tbl_name = 'entries' AND sql IS NOT NULL ORDER BY type DESC")
	if err != nil {
		return nil, "", err
	}
	defer made.Close()
	var statements []string
	for made.Next() {
		var text string
		if err := made.Scan(&text); err != nil {
			return nil, "", err
		}
		statements = append(statements, text)
	}
	if err := made.Err(); err != nil {
		return nil, "", err
	}
	to, err := openRows("", filepath.Join(o.dir, "bare.db"))
	if err != nil {
		return nil, "", err
	}
	_, err = to.ExecContext(ctx, strings.Join(statements, ";\n"))
	return to, "entries", err
}

// page reads rows of devices' entries, in the log's order.
func (o *org) page(ctx context.Context, after, n int) ([][]any, error) {
	rows, err := o.rows.QueryContext(ctx, "SELECT * FROM entries WHERE id > $1 ORDER BY id LIMIT $2", after, n)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var all [][]any
	for rows.Next() {
		values, to := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			to[i] = &values[i]
		}
		if err := rows.Scan(to...); err != nil {
			return nil, err
		}
		for i, value := range values {
			if bytes, ok := value.([]byte); ok && bytes == nil {
				values[i] = []byte{} // not NULL
			}
		}
		all = append(all, values)
	}
	return all, rows.Err()
}

func insert(ctx context.Context, to *sql.DB, table string, rows [][]any) (err error) {
	tx, err := to.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tx.Rollback())
		}
	}()
	var places []string
	for i := range rows[0] {
		places = append(places, fmt.Sprintf("$%d", i+1))
	}
	statement, err := tx.PrepareContext(ctx, "INSERT INTO "+table+" VALUES ("+strings.Join(places, ", ")+")")
	if err != nil {
		return err
	}
	defer statement.Close()
	for _, row := range rows {
		if _, err := statement.ExecContext(ctx, row...); err != nil {
			return err
		}
	}
	return tx.Commit()
}
