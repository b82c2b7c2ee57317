package store

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"handslag/testnet/postgres"
)

// The write-ahead log is moved into the database while somebody reads what was before, and begins anew when it has grown
// long and nobody reads it: it does not grow without end, and what was read stays as it was. Break it: move nothing, or
// begin with RESTART, which waits for who reads.
func TestTheWriteAheadLogBeginsAnew(t *testing.T) {
	postgres.OnlySQLite(t, "PostgreSQL sees to its own")
	ctx := context.Background()
	s := open(t, place(t))
	s.checkpoints.moving.Lock() // the test moves
	s.checkpoints.few, s.checkpoints.many = 20, 60
	write := func(round int) {
		t.Helper()
		err := s.Do(ctx, func(tx *Tx) error {
			for i := range 40 { // about as many pages
				if _, err := tx.NextCounter(ctx, fmt.Sprintf("%d-%d-%s", round, i, strings.Repeat("x", 2500))); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	pages := func() (all, moved int) {
		t.Helper()
		all, moved, err := checkpoint(ctx, s.checkpoints.beside, "NOOP")
		if err != nil {
			t.Fatal(err)
		}
		return all, moved
	}
	move := func() {
		s.checkpoints.moving.Unlock()
		s.checkpoints.move(ctx)
		s.checkpoints.moving.Lock()
	}
	defer s.checkpoints.moving.Unlock()
	move()
	write(0)
	_, before := pages()
	move()
	if all, moved := pages(); moved <= before || moved < all-20 {
		t.Errorf("%d of %d pages have been moved", moved, all)
	}
	longest := 0
	for round := range 20 {
		write(round + 1)
		move()
		all, _ := pages()
		longest = max(longest, all)
	}
	if longest > 60+100 {
		t.Errorf("it grew to %d pages", longest)
	}
	begun := make(chan struct{})
	written := make(chan struct{})
	told := make(chan error, 1)
	go func() {
		told <- s.Read(ctx, func(tx *Tx) error {
			first, err := tx.CounterValue(ctx, "while")
			if !Missing(err) {
				return fmt.Errorf("before: %d, %w", first, err)
			}
			close(begun)
			<-written
			if second, err := tx.CounterValue(ctx, "while"); !Missing(err) {
				return fmt.Errorf("it sees what was written meanwhile: %d, %w", second, err)
			}
			return nil
		})
	}()
	<-begun
	if err := s.Do(ctx, func(tx *Tx) error { _, err := tx.NextCounter(ctx, "while"); return err }); err != nil {
		t.Fatal(err)
	}
	for round := range 4 {
		write(100 + round)
		move()
	}
	close(written)
	if err := <-told; err != nil {
		t.Error(err)
	}
}
