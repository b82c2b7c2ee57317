package store

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
)

// Two programs have the database open: the server, and an administrator's command.
func TestALongReadStopsNoWriterAndKeepsWhatItOverwrites(t *testing.T) {
	ctx, path := context.Background(), filepath.Join(t.TempDir(), "x.db")
	open := func() *Store {
		s, err := Open(ctx, Place{Path: path}, make([]byte, 32))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		if _, err := s.write.Exec("PRAGMA busy_timeout(20)"); err != nil {
			t.Fatal(err)
		}
		return s
	}
	command, server := open(), open()
	count := func(tx *Tx) error { _, err := tx.NextCounter(ctx, "x"); return err }
	if err := server.Do(ctx, count); err != nil {
		t.Fatal(err)
	}
	err := command.Read(ctx, func(tx *Tx) error {
		before, err := tx.CounterValue(ctx, "x")
		if err != nil {
			return err
		}
		if err := server.Do(ctx, count); err != nil {
			t.Errorf("the server waits for the reader: %v", err)
		}
		if after, err := tx.CounterValue(ctx, "x"); err != nil || after != before {
			t.Errorf("the reader sees %d, then %d, %v", before, after, err)
		}
		if err := server.Settle(ctx); !errors.Is(err, ErrUnsettled) {
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
