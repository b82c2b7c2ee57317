// Package store keeps the connected system's rows: SQLite today, in SQL that PostgreSQL
// takes too, with personal data encrypted by column. It decides nothing and logs nothing;
// only the gate can import it.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"handslag/app/connected/gate/internal/store/sqlc"
)

//go:embed migrations
var migrations embed.FS

// Errors of a database.
var (
	ErrNewer     = errors.New("the database was written by a newer version")
	ErrUnsettled = errors.New("done, but another process reads the database, and what was overwritten still lies in the file beside it; do it again")
)

// Store is the database with the key to its columns.
type Store struct {
	db  *sql.DB
	key columnKeys
}

// Tx is one transaction: the generated queries, and the columns that are encrypted.
type Tx struct {
	*sqlc.Queries
	key  *columnKeys
	deks map[string][]byte // opened in this transaction
}

// Open opens or makes the database at path and brings its tables up to date. key, 32 bytes,
// encrypts columns; another key than the one the database was made with is refused.
func Open(ctx context.Context, path string, key []byte) (*Store, error) {
	keys, err := newColumnKeys(key)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	// SQLite gives its side files the mode of the database itself.
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	if err := file.Close(); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	// One connection: SQLite has one writer, and Go's queue for it is fair where SQLite's own
	// is not. BEGIN IMMEDIATE, because every way through the gate writes.
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+
		"?_txlock=immediate&_pragma=busy_timeout(15000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)"+
		"&_pragma=foreign_keys(1)&_pragma=secure_delete(1)")
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	db.SetMaxOpenConns(1)
	s := &Store{db: db, key: keys}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open store: %w", err), db.Close())
	}
	return s, nil
}

func (s *Store) prepare(ctx context.Context) error {
	folder, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, s.db, folder)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	have, known, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read version: %w", err)
	}
	if have > known {
		return fmt.Errorf("version %d, this program knows %d: %w", have, known, ErrNewer)
	}
	if have < known {
		if _, err := provider.Up(ctx); err != nil {
			return fmt.Errorf("bring up to date: %w", err)
		}
	}
	return s.Do(ctx, func(tx *Tx) error { return tx.checkKey(ctx) })
}

// Close closes the database.
func (s *Store) Close() error { return s.db.Close() }

// Do runs act in one transaction: all of it is durable when Do returns nil, and nothing of
// it is kept otherwise.
func (s *Store) Do(ctx context.Context, act func(*Tx) error) error {
	return s.do(ctx, nil, act)
}

// Read runs act in one transaction that only reads, however long it takes: other processes
// write meanwhile, and act does not see it.
func (s *Store) Read(ctx context.Context, act func(*Tx) error) error {
	return s.do(ctx, &sql.TxOptions{ReadOnly: true}, act) // a plain BEGIN, without SQLite's one write lock
}

func (s *Store) do(ctx context.Context, options *sql.TxOptions, act func(*Tx) error) error {
	sqlTx, err := s.db.BeginTx(ctx, options)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer sqlTx.Rollback() // after a commit it does nothing
	tx := &Tx{Queries: sqlc.New(sqlTx), key: &s.key, deks: map[string][]byte{}}
	defer tx.forget()
	if err := act(tx); err != nil {
		return err
	}
	if err := sqlTx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// Settle moves everything from the write-ahead log into the database and empties it, so that
// what was overwritten (secure_delete) lies in no file any more. Another process that reads
// all the while prevents it: ErrUnsettled.
func (s *Store) Settle(ctx context.Context) error {
	var busy, pages, moved int
	if err := s.db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &moved); err != nil {
		return fmt.Errorf("settle: %w", err)
	}
	if busy != 0 {
		return fmt.Errorf("settle: %w", ErrUnsettled)
	}
	return nil
}

// Missing reports whether err says that there is no such row.
func Missing(err error) bool { return errors.Is(err, sql.ErrNoRows) }
