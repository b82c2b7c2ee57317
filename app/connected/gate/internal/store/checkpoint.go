package store

import (
	"context"
	"database/sql"
	"sync"
)

// SQLite moves what its write-ahead log has into the database at a commit, where that log has grown long: thousands of
// pages all over the file, while everybody waits. So most of it is moved beside who writes, by a connection of its own, and
// the log begins anew in a turn of its own, when there is little left to move.

// Of the write-ahead log, in pages of 4 KiB.
const (
	movedAtOnce = 2000  // after which some are moved
	logLongest  = 16000 // after which it begins anew
	logBackstop = 64000 // after which a commit moves what nobody did
)

// checkpoints moves pages of the write-ahead log.
type checkpoints struct {
	few    int     // movedAtOnce
	many   int     // logLongest
	beside *sql.DB // one connection, that does nothing else
	write  *sql.DB
	wake   chan struct{}
	stop   context.CancelFunc
	ended  sync.WaitGroup
	moving sync.Mutex // one at a time; who finds another at it is refused
}

func newCheckpoints(beside, write *sql.DB) *checkpoints {
	beside.SetMaxOpenConns(1)
	ctx, stop := context.WithCancel(context.Background())
	c := &checkpoints{few: movedAtOnce, many: logLongest, beside: beside, write: write, wake: make(chan struct{}, 1), stop: stop}
	c.ended.Go(func() {
		for {
			select {
			case <-c.wake:
				c.move(ctx)
			case <-ctx.Done():
				return
			}
		}
	})
	return c
}

// written says that a transaction has ended that wrote.
func (c *checkpoints) written() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// move moves what there is to move, if it is much. What fails is not lost: it stands in the log, and is tried
// after the next transaction.
func (c *checkpoints) move(ctx context.Context) {
	c.moving.Lock()
	defer c.moving.Unlock()
	pages, moved, err := checkpoint(ctx, c.beside, "NOOP")
	if err != nil || pages-moved < c.few {
		return
	}
	if pages, moved, err = checkpoint(ctx, c.beside, "PASSIVE"); err != nil || pages < c.many {
		return
	}
	for left := 3; left > 0 && pages-moved > c.few/4; left-- { // what came meanwhile
		if pages, moved, err = checkpoint(ctx, c.beside, "PASSIVE"); err != nil {
			return
		}
	}
	_, _, _ = checkpoint(ctx, c.write, "PASSIVE") // with nobody writing, all is moved; the next who writes begins it anew
}

// checkpoint is SQLite's, of a mode. It returns how many pages the write-ahead log has, and how many of them have been moved.
func checkpoint(ctx context.Context, db *sql.DB, mode string) (pages, moved int, err error) {
	var busy int
	err = db.QueryRowContext(ctx, "PRAGMA wal_checkpoint("+mode+")").Scan(&busy, &pages, &moved)
	return pages, moved, err
}

// empty moves everything from the write-ahead log into the database, where secure_delete has overwritten what is gone, and
// empties it.
func (c *checkpoints) empty(ctx context.Context, db *sql.DB) error {
	c.moving.Lock()
	defer c.moving.Unlock()
	var busy, pages, moved int
	if err := db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &moved); err != nil {
		return err
	}
	if busy != 0 {
		return ErrUnsettled
	}
	return nil
}

// close ends it.
func (c *checkpoints) close() error {
	c.stop()
	c.ended.Wait()
	return c.beside.Close()
}
