package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// Times of connections to PostgreSQL.
const (
	connectTime = 5 * time.Second
	// connectionAge ends a connection that a fail-over left with the wrong server.
	connectionAge = 2 * time.Minute
	// idleTime is after how long the server takes the log's head from a process that hangs.
	idleTime = "60s"
	// settleTime bounds how long Settle waits for others to leave the keys alone.
	settleTime = 10 * time.Second
)

// openPostgres prepares connections to url, whose hosts may be several: the one that can be
// written to is taken. Who writes locks the log's head first, and each later statement sees all
// that was committed before: so transactions that write follow each other as they do on SQLite,
// from however many processes.
func (s *Store) openPostgres(url string) error {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return fmt.Errorf("read the database's URL: %w", err) // pgx leaves the password out
	}
	if config.ValidateConnect == nil {
		config.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTime
	}
	// No question is so long that to compile it (jit) would pay; what the planner takes for one would wait 20 to 30 ms for that.
	for name, value := range map[string]string{"application_name": "handslag connected", "synchronous_commit": "on", "idle_in_transaction_session_timeout": idleTime,
		"jit": "off"} {
		if _, set := config.RuntimeParams[name]; !set {
			config.RuntimeParams[name] = value
		}
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return err
	}
	s.engine = engine{
		dialect: goose.DialectPostgres, folder: "postgres", locks: []goose.ProviderOption{goose.WithSessionLocker(locker)},
		head:   "SELECT value FROM counters WHERE name = 'entries' FOR UPDATE",
		settle: rewriteKeys, bulk: copied, names: 256, lateral: true,
		others: "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
	}
	s.write, s.read = stdlib.OpenDB(*config), stdlib.OpenDB(*config)
	for _, db := range []*sql.DB{s.write, s.read} {
		db.SetConnMaxLifetime(connectionAge)
	}
	return nil
}

// rewriteKeys writes the table of keys anew, so that a destroyed one lies in no dead row of it.
func rewriteKeys(ctx context.Context, db *sql.DB) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	wait := settleTime
	if end, set := ctx.Deadline(); set {
		wait = max(min(wait, time.Until(end)/2), time.Millisecond) // 0 would be for ever
	}
	if _, err := conn.ExecContext(ctx, fmt.Sprintf("SET lock_timeout = %d", wait.Milliseconds())); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, "VACUUM (FULL) subject_keys")
	if stateOf(err) == lockNotAvailable {
		err = ErrUnsettled
	}
	_, reset := conn.ExecContext(context.WithoutCancel(ctx), "SET lock_timeout = 0")
	return errors.Join(err, reset)
}

// copied inserts rows by COPY, in the transaction that the connection is in. A single one goes in by a statement that is
// kept: before each COPY the driver asks for the columns' types.
func copied(ctx context.Context, conn *sql.Conn, tx *Tx, table string, columns []string, rows [][]any) error {
	if len(rows) == 1 {
		_, err := tx.raw.ExecContext(ctx, "INSERT INTO "+table+" ("+strings.Join(columns, ", ")+") VALUES "+places(1, len(columns)), rows[0]...)
		return err
	}
	return conn.Raw(func(driver any) error {
		_, err := driver.(*stdlib.Conn).Conn().CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromRows(rows))
		return err
	})
}
