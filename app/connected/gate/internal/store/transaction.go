package store

import (
	"context"
	"database/sql"
	"fmt"

	"handslag/app/connected/gate/internal/store/sqlc"
)

// Do runs act in one transaction: all of it is durable when Do returns nil, and nothing of
// it is kept otherwise. No other transaction writes meanwhile. Where the database gave it up for
// the sake of another, act runs again from its beginning. ErrAway: the database can not be
// reached, and where its answer to the commit was lost, the transaction may be durable all the same.
func (s *Store) Do(ctx context.Context, act func(*Tx) error) error {
	return again(ctx, func() error {
		return s.once(ctx, s.write, &sql.TxOptions{Isolation: sql.LevelReadCommitted}, s.head, act)
	})
}

// Read runs act in one transaction that only reads, however long it takes: others write
// meanwhile, and act does not see it.
func (s *Store) Read(ctx context.Context, act func(*Tx) error) error {
	return again(ctx, func() error {
		return s.once(ctx, s.read, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}, "", act)
	})
}

// ReadOnce is Read for who writes elsewhere what act reads: it is not run again.
func (s *Store) ReadOnce(ctx context.Context, act func(*Tx) error) error {
	return away(s.once(ctx, s.read, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}, "", act))
}

func (s *Store) once(ctx context.Context, db *sql.DB, options *sql.TxOptions, first string, act func(*Tx) error) error {
	sqlTx, err := db.BeginTx(ctx, options)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer sqlTx.Rollback() // after a commit it does nothing
	if first != "" {
		var head int64
		if err := sqlTx.QueryRowContext(ctx, first).Scan(&head); err != nil {
			return fmt.Errorf("lock the log's head: %w", err)
		}
	}
	tx := &Tx{Queries: sqlc.New(sqlTx), raw: sqlTx, key: &s.key, deks: map[string][]byte{}, end: logEnd{hashes: map[int64][]byte{}}}
	defer tx.forget()
	if err := act(tx); err != nil {
		return err
	}
	if err := tx.flush(ctx); err != nil {
		return err
	}
	if err := sqlTx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}
