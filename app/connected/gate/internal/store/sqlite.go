package store

import (
	"context"
	"database/sql"
	"errors"
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
	s.engine = engine{dialect: goose.DialectSQLite3, folder: "sqlite", settle: emptyLog, bulk: oneByOne}
	if s.write, err = sql.Open("sqlite", source+"&_pragma=cache_size(-65536)&_pragma=wal_autocheckpoint(8000)"); err != nil {
		return err
	}
	if s.read, err = sql.Open("sqlite", source+"&_pragma=query_only(1)"); err != nil {
		return errors.Join(err, s.write.Close())
	}
	return nil
}

// emptyLog moves everything from the write-ahead log into the database, where secure_delete has
// overwritten what is gone, and empties it.
func emptyLog(ctx context.Context, db *sql.DB) error {
	var busy, pages, moved int
	if err := db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &moved); err != nil {
		return err
	}
	if busy != 0 {
		return ErrUnsettled
	}
	return nil
}

// oneByOne inserts rows by a statement that is prepared once: SQLite has nothing faster.
func oneByOne(ctx context.Context, _ *sql.Conn, tx *sql.Tx, table string, columns []string, rows [][]any) (err error) {
	ctx = context.WithoutCancel(ctx) // else the driver watches each row; the transaction ends with its own
	statement, err := tx.PrepareContext(ctx, "INSERT INTO "+table+" ("+strings.Join(columns, ", ")+") VALUES "+places(1, len(columns)))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, statement.Close()) }()
	for _, row := range rows {
		if _, err := statement.ExecContext(ctx, row...); err != nil {
			return err
		}
	}
	return nil
}
