package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
)

// What PostgreSQL (SQLSTATE) and SQLite call what happens between transactions.
const (
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	lockNotAvailable     = "55P03"
	readOnly             = "25006" // of a server that has become a standby
	tooManyConnections   = "53300"
	diskFull             = "53100"
	sqliteBusy           = 5
	sqliteFull           = 13
)

// tries bounds how often a transaction is begun that the database gave up for another's sake, and
// longestPause what it waits before the next.
const (
	tries        = 6
	longestPause = 500 * time.Millisecond
)

// again runs a transaction until the database does not give it up, a few times. Nothing of one that
// was given up is kept.
func again(ctx context.Context, run func() error) error {
	pause := 5 * time.Millisecond
	for left := tries - 1; ; left-- {
		err := run()
		if state := stateOf(err); state != serializationFailure && state != deadlockDetected || left == 0 {
			return away(err)
		}
		select { // at random, so that two do not meet again
		case <-time.After(rand.N(pause)):
		case <-ctx.Done():
			return away(err)
		}
		pause = min(4*pause, longestPause)
	}
}

// away marks what says nothing about the transaction itself: the server is not there, or has no
// time or no room.
func away(err error) error {
	var network net.Error
	var connect *pgconn.ConnectError
	var busy *sqlite.Error
	switch state := stateOf(err); {
	case err == nil:
		return nil
	case state == serializationFailure, state == deadlockDetected, state == readOnly, state == tooManyConnections, state == diskFull,
		len(state) == 5 && (state[:2] == "08" || state[:3] == "57P"), // connection exceptions; shutting down or starting
		errors.As(err, &connect), errors.As(err, &network), errors.As(err, &busy) && (busy.Code()&0xff == sqliteBusy || busy.Code()&0xff == sqliteFull),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, driver.ErrBadConn), errors.Is(err, sql.ErrConnDone), pgconn.SafeToRetry(err):
		return errors.Join(ErrAway, err)
	}
	return err
}

// stateOf is PostgreSQL's SQLSTATE, "" where err is none of its.
func stateOf(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

// Loggable is err's text without what PostgreSQL says of the rows: its messages quote values.
func Loggable(err error) string {
	text := err.Error()
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Message != "" {
		text = strings.ReplaceAll(text, pg.Message, "…")
	}
	return text
}
