package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// openSQLite opens the file at path. Transactions that write BEGIN IMMEDIATE, which is SQLite's one
// lock; who reads sees the write-ahead log as it was at its beginning, and stops nobody.
func (s *Store) openSQLite(path string) error {
	// SQLite gives its side files the mode of the database itself.
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	source := "file:" + (&url.URL{Path: path}).EscapedPath() +
		"?_txlock=immediate&_pragma=busy_timeout(15000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" +
		"&_pragma=foreign_keys(1)&_pragma=secure_delete(1)"
	s.kept = newPrepared()
	if s.write, err = sql.Open("sqlite", source+fmt.Sprintf("&_pragma=cache_size(-65536)&_pragma=wal_autocheckpoint(%d)", logBackstop)); err != nil {
		return err
	}
	if s.read, err = sql.Open("sqlite", source+"&_pragma=query_only(1)"); err != nil {
		return errors.Join(err, s.write.Close())
	}
	beside, err := sql.Open("sqlite", source)
	if err != nil {
		return errors.Join(err, s.read.Close(), s.write.Close())
	}
	s.checkpoints = newCheckpoints(beside, s.write)
	s.engine = engine{dialect: goose.DialectSQLite3, folder: "sqlite", settle: s.checkpoints.empty, bulk: oneByOne,
		names: 64} // for each value the driver looks through all of them
	return nil
}

// oneByOne inserts rows by one statement, which is kept: SQLite has nothing faster. Its places have no names, which the driver
// would look up for each value of each row.
func oneByOne(ctx context.Context, _ *sql.Conn, tx *Tx, table string, columns []string, rows [][]any) (err error) {
	text := "INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES (?" + strings.Repeat(", ?", len(columns)-1) + ")"
	ctx = context.WithoutCancel(ctx) // else the driver watches each row; the transaction ends with its own
	statement := tx.asks.known(ctx, text)
	if statement == nil {
		if statement, err = tx.raw.PrepareContext(ctx, text); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, statement.Close()) }()
	}
	for _, row := range rows {
		if _, err := statement.ExecContext(ctx, row...); err != nil {
			return err
		}
	}
	return nil
}
