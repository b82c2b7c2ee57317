package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/testnet/postgres"
)

// What PostgreSQL gives up for the sake of another transaction is begun again, a few times and as a
// whole.
func TestATransactionThatIsGivenUpRunsAgain(t *testing.T) {
	if postgres.Here() == nil {
		t.Skip("SQLite gives up nothing that has begun to write; TestOnPostgreSQL runs it")
	}
	ctx, s := context.Background(), open(t, place(t))
	_, err := s.write.Exec(`
		CREATE SEQUENCE given_up;
		CREATE TABLE failures (times BIGINT, code TEXT);
		INSERT INTO failures VALUES (0, '40001');
		CREATE FUNCTION give_up() RETURNS trigger AS $$
		BEGIN
			IF nextval('given_up') <= (SELECT times FROM failures) THEN
				RAISE EXCEPTION 'another came first' USING ERRCODE = (SELECT code FROM failures);
			END IF;
			RETURN NEW;
		END $$ LANGUAGE plpgsql;
		CREATE TRIGGER give_up BEFORE INSERT ON units FOR EACH ROW EXECUTE FUNCTION give_up();`)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		code  string
		times int
		done  bool
		runs  int
	}{
		"once":                   {serializationFailure, 1, true, 2},
		"as often as it may":     {serializationFailure, tries - 1, true, tries},
		"once too often":         {serializationFailure, tries, false, tries},
		"in a deadlock":          {deadlockDetected, 2, true, 3},
		"for its own fault":      {"23514", 1, false, 1},
		"for want of the server": {"57P01", 1, false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.write.Exec(fmt.Sprintf("SELECT setval('given_up', 1, false); UPDATE failures SET times = %d, code = '%s'; DELETE FROM units; DELETE FROM counters WHERE name = 'x'", c.times, c.code))
			if err != nil {
				t.Fatal(err)
			}
			runs := 0
			err = s.Do(ctx, func(tx *Tx) error {
				runs++
				if _, err := tx.NextCounter(ctx, "x"); err != nil {
					return err
				}
				return tx.PutUnit(ctx, sqlc.PutUnitParams{ID: "norra", Name: "Norra"})
			})
			if (err == nil) != c.done || runs != c.runs {
				t.Errorf("after %d runs: %v", runs, err)
			}
			if away := errors.Is(err, ErrAway); away != (err != nil && c.code != "23514") {
				t.Errorf("somebody who asks again would not be told to: %v", err)
			}
			_ = s.Read(ctx, func(tx *Tx) error {
				n, err := tx.CounterValue(ctx, "x")
				if c.done && n != 1 || !c.done && !Missing(err) {
					t.Errorf("what was given up has left %d, %v", n, err)
				}
				return nil
			})
		})
	}
}

func TestADatabaseThatIsNotThereIsAway(t *testing.T) {
	for _, url := range []string{"postgres://x@127.0.0.1:1/x", "postgres:///x?host=/nowhere"} {
		_, err := Open(context.Background(), Place{URL: url}, make([]byte, 32))
		if !errors.Is(err, ErrAway) {
			t.Errorf("%s: %v", url, err)
		}
	}
	_, err := Open(context.Background(), Place{URL: "postgres://x:hemligt@[::1/x"}, make([]byte, 32))
	if err == nil || errors.Is(err, ErrAway) {
		t.Errorf("what is no URL: %v", err)
	}
}

// PostgreSQL quotes what it was given; a log has the state, and where it happened.
func TestALogGetsNoValuesOfRows(t *testing.T) {
	err := fmt.Errorf("read user: %w", &pgconn.PgError{Severity: "ERROR", Message: `invalid input syntax for type bigint: "anna.lind"`, Detail: "Maja", Code: "22P02"})
	if got := Loggable(err); got != "read user: ERROR: … (SQLSTATE 22P02)" {
		t.Errorf("the log says %s", got)
	}
	if got := Loggable(io.ErrUnexpectedEOF); got != "unexpected EOF" {
		t.Errorf("the log says %s", got)
	}
}
