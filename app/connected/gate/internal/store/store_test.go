package store

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/testnet/postgres"
)

func TestOnPostgreSQL(t *testing.T) { postgres.OnPostgreSQL(t) }

func place(t testing.TB) Place {
	t.Helper()
	return Place{Path: filepath.Join(t.TempDir(), "x.db"), URL: postgres.Database(t)}
}

func open(t testing.TB, at Place) *Store {
	t.Helper()
	s, err := Open(context.Background(), at, make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// Two programs have the database open: the server, and an administrator's command.
func TestALongReadStopsNoWriterAndKeepsWhatItOverwrites(t *testing.T) {
	ctx, at := context.Background(), place(t)
	command, server := open(t, at), open(t, at)
	count := func(tx *Tx) error { _, err := tx.NextCounter(ctx, "x"); return err }
	if err := server.Do(ctx, count); err != nil {
		t.Fatal(err)
	}
	err := command.Read(ctx, func(tx *Tx) error {
		before, err := tx.CounterValue(ctx, "x")
		if err != nil {
			return err
		}
		if _, err := tx.SubjectKey(ctx, "nobody"); !Missing(err) {
			t.Error(err)
		}
		if err := server.Do(ctx, count); err != nil {
			t.Errorf("the server waits for the reader: %v", err)
		}
		if after, err := tx.CounterValue(ctx, "x"); err != nil || after != before {
			t.Errorf("the reader sees %d, then %d, %v", before, after, err)
		}
		if err := server.settleSoon(ctx); !errors.Is(err, ErrUnsettled) {
			t.Errorf("beside a reader: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if err := server.Settle(ctx); err != nil {
		t.Errorf("after it: %v", err)
	}
}

// settleSoon is Settle by somebody in a hurry.
func (s *Store) settleSoon(ctx context.Context) error {
	if s.folder == "sqlite" {
		if _, err := s.write.Exec("PRAGMA busy_timeout(20)"); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	return s.Settle(ctx)
}

func TestWhoOnlyReadsWritesNothing(t *testing.T) {
	ctx, s := context.Background(), open(t, place(t))
	err := s.Read(ctx, func(tx *Tx) error { _, err := tx.NextCounter(ctx, "x"); return err })
	if err == nil {
		t.Error("a transaction that only reads has written")
	}
}

// Processes that write at once follow each other: each reads what the one before has written, and
// nobody writes over it.
func TestWritersFollowEachOther(t *testing.T) {
	ctx, at := context.Background(), place(t)
	const processes, each = 4, 25
	var wait sync.WaitGroup
	for range processes {
		s := open(t, at)
		wait.Add(1)
		go func() {
			defer wait.Done()
			for range each {
				err := s.Do(ctx, func(tx *Tx) error {
					chain, err := tx.Chain(ctx, sqlc.ChainParams{DeviceID: "system", Generation: 1})
					if err != nil && !Missing(err) {
						return err
					}
					return tx.PutChain(ctx, sqlc.PutChainParams{DeviceID: "system", Generation: 1, LastSeq: chain.LastSeq + 1, Head: []byte{}})
				})
				if err != nil {
					t.Error(err)
				}
			}
		}()
	}
	wait.Wait()
	err := open(t, at).Read(ctx, func(tx *Tx) error {
		chain, err := tx.Chain(ctx, sqlc.ChainParams{DeviceID: "system", Generation: 1})
		if chain.LastSeq != processes*each {
			t.Errorf("%d of %d writes are there", chain.LastSeq, processes*each)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
