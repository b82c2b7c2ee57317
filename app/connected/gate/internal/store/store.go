// Package store keeps the connected system's rows, in SQLite or PostgreSQL: the same queries on
// both, with personal data encrypted by column. It decides nothing and logs nothing; only the
// gate can import it.
//
// A change of the tables is a migration of the next number in both folders below migrations,
// a query stands in queries, and sqlc (see sqlc.yaml) makes the package sqlc of them.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"

	"handslag/app/connected/gate/internal/store/sqlc"
)

// Errors of a database.
var (
	ErrNewer     = errors.New("the database was written by a newer version")
	ErrUnsettled = errors.New("done, but another process reads the database, and what was overwritten still lies in a file of it; do it again")
	ErrInUse     = errors.New("somebody else is connected to the database")
	ErrAway      = errors.New("the database can not be reached now")
)

// Place says where a database is: in a file of SQLite's, made if it is not there, or behind a
// PostgreSQL URL.
type Place struct {
	Path string
	URL  string // empty: the file
}

// Store is the database with the key to its columns. At any time one transaction writes, over all
// processes; those that only read stand beside it.
type Store struct {
	engine
	write       *sql.DB // one connection
	read        *sql.DB
	kept        *prepared    // of the writing connection; nil where the driver keeps statements
	checkpoints *checkpoints // nil where the database sees to that
	key         columnKeys
	last        func(context.Context, *Tx) error // of each transaction that writes, before it ends; nil: nothing
	await       atomic.Int64                     // who wait to write
}

// AtEnd has act run at the end of each transaction that writes, as a part of it: to tell what was noticed in it.
func (s *Store) AtEnd(act func(context.Context, *Tx) error) { s.last = act }

// Tx is one transaction: the generated queries, and the columns that are encrypted.
type Tx struct {
	*sqlc.Queries
	asks    ordered // what queries are asked of
	raw     *sql.Tx
	bulk    func(context.Context, string, []string, [][]any) error
	key     *columnKeys
	deks    map[string][]byte // opened in this transaction; nil: destroyed
	sets    map[string]int64  // of units, by the user or by the units
	end     logEnd
	grows   bool           // the log has grown
	names   int            // rows that one statement names, at most
	lateral bool           // as the engine's
	hours   map[int64]Span // places of entries of this transaction, by the hour they were received in
	behind  [][]any        // rows of entries that are not written yet
	failed  error          // why they could not be
	kept    map[string]*sql.Stmt
	// changes grows with each statement that may write, and each place that is given.
	changes int

	noticed   []Noticed
	noticedAt map[int64]int // by the finding's ID
}

// readers is how many transactions of a process may read at once.
const readers = 4

// Open opens or makes the database and brings its tables up to date. key, 32 bytes, encrypts
// columns; another key than the one the database was made with is refused.
func Open(ctx context.Context, at Place, key []byte) (*Store, error) {
	s, err := connect(at, key)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open store: %w", err), s.Close())
	}
	return s, nil
}

// connect reaches the database and does nothing there yet.
func connect(at Place, key []byte) (*Store, error) {
	keys, err := newColumnKeys(key)
	if err != nil {
		return nil, err
	}
	s := &Store{key: keys}
	if at.URL != "" {
		err = s.openPostgres(at.URL)
	} else {
		err = s.openSQLite(at.Path)
	}
	if err != nil {
		return nil, err
	}
	// One connection: who writes waits for all others anyway, and Go's queue is fair.
	s.write.SetMaxOpenConns(1)
	s.read.SetMaxOpenConns(readers)
	return s, nil
}

func (s *Store) prepare(ctx context.Context) error {
	if err := s.migrate(ctx); err != nil {
		return away(err)
	}
	return s.Do(ctx, func(tx *Tx) error { return tx.checkKey(ctx) })
}

// Close closes the database.
func (s *Store) Close() error {
	var own []error
	if s.checkpoints != nil {
		own = append(own, s.checkpoints.close(), s.kept.close())
	}
	return errors.Join(append(own, s.read.Close(), s.write.Close())...)
}

// Settle sees to it that what was overwritten or deleted lies in no file of the living database
// any more. Another process that reads all the while prevents it: ErrUnsettled.
func (s *Store) Settle(ctx context.Context) error {
	if err := s.settle(ctx, s.write); err != nil {
		return fmt.Errorf("settle: %w", away(err))
	}
	return nil
}

// Missing reports whether err says that there is no such row.
func Missing(err error) bool { return errors.Is(err, sql.ErrNoRows) }
