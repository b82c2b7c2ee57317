package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync"

	"handslag/app/connected/gate/internal/store/sqlc"
)

// Do runs act in one transaction: all of it is durable when Do returns nil, and nothing of
// it is kept otherwise. No other transaction writes meanwhile. Where the database gave it up for
// the sake of another, act runs again from its beginning. ErrAway: the database can not be
// reached, and where its answer to the commit was lost, the transaction may be durable all the same.
func (s *Store) Do(ctx context.Context, act func(*Tx) error) error {
	s.await.Add(1)
	turn := sync.OnceFunc(func() { s.await.Add(-1) })
	defer turn()
	if s.kept != nil {
		if err := s.kept.prepare(ctx, s.write); err != nil {
			return away(fmt.Errorf("prepare: %w", err))
		}
	}
	return again(ctx, func() error {
		return s.once(ctx, s.write, &sql.TxOptions{Isolation: sql.LevelReadCommitted}, s.head, func(tx *Tx) error {
			turn()
			return act(tx)
		})
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

// Awaited reports whether somebody in this process waits until a transaction ends that writes.
func (s *Store) Awaited() bool { return s.await.Load() > 0 }

// Changes counts what has changed in the transaction, in the database or in what is to be written at its end. Whoever asked for nothing but
// rows has changed nothing.
func (tx *Tx) Changes() int { return tx.changes }

func (s *Store) once(ctx context.Context, db *sql.DB, options *sql.TxOptions, first string, act func(*Tx) error) error {
	conn, sqlTx, err := begin(ctx, db, options)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer conn.Close()
	defer sqlTx.Rollback() // after a commit it does nothing
	if first != "" {
		var head int64
		if err := sqlTx.QueryRowContext(ctx, first).Scan(&head); err != nil {
			return fmt.Errorf("lock the log's head: %w", err)
		}
	}
	var kept *prepared
	if db == s.write {
		kept = s.kept
	}
	tx := &Tx{raw: sqlTx, names: s.names, lateral: s.lateral, key: &s.key, kept: map[string]*sql.Stmt{}, deks: map[string][]byte{}, sets: map[string]int64{}, hours: map[int64]Span{}, noticedAt: map[int64]int{}, end: newLogEnd()}
	tx.bulk = func(ctx context.Context, table string, columns []string, rows [][]any) error {
		return s.bulk(ctx, conn, tx, table, columns, rows)
	}
	tx.asks = ordered{tx, kept}
	tx.Queries = sqlc.New(tx.asks)
	defer tx.forget()
	err = act(tx)
	if err == nil && db == s.write && s.last != nil {
		err = s.last(ctx, tx)
	}
	if err != nil {
		if tx.failed != nil {
			err = errors.Join(tx.failed, err)
		}
		return err
	}
	if err := tx.flush(ctx); err != nil {
		return err
	}
	if err := sqlTx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	if db == s.write && s.checkpoints != nil {
		s.checkpoints.written()
	}
	return nil
}

// begin begins a transaction on a connection that is known, which rows can be copied to. One that broke since it
// was last used says so at once, and another is taken.
func begin(ctx context.Context, db *sql.DB, options *sql.TxOptions) (*sql.Conn, *sql.Tx, error) {
	const most = 3
	for left := most - 1; ; left-- {
		conn, err := db.Conn(ctx)
		if err != nil {
			return nil, nil, err
		}
		tx, err := conn.BeginTx(ctx, options)
		if err == nil {
			return conn, tx, nil
		}
		conn.Close() // err says more
		if left == 0 || !errors.Is(err, driver.ErrBadConn) {
			return nil, nil, err
		}
	}
}
