package postgres

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
)

// environment tells a test binary in which folder the server is that it is to run on.
const environment = "HANDSLAG_POSTGRES"

// OnPostgreSQL runs all tests of this binary once more, each on a database of a PostgreSQL server
// instead of SQLite: those that ask Database where to be. With -run, the tests that it names.
func OnPostgreSQL(t *testing.T) {
	if os.Getenv(environment) != "" {
		t.Skip("this is the run on PostgreSQL")
	}
	server := ForTest(t, Options{})
	args := []string{"-test.run=" + value("test.run", "."), "-test.skip=^(" + t.Name() + "|Fuzz.*)$", "-test.count=1",
		"-test.timeout=" + value("test.timeout", "10m"), "-test.v=" + value("test.v", "false")}
	if testing.Short() {
		args = append(args, "-test.short")
	}
	again := exec.Command(os.Args[0], args...)
	again.Env = append(os.Environ(), environment+"="+server.home)
	out, err := again.CombinedOutput()
	if err != nil {
		t.Errorf("on PostgreSQL: %v\n%s", err, out)
	} else if testing.Verbose() {
		t.Logf("on PostgreSQL:\n%s", out)
	}
}

func value(name, otherwise string) string {
	if f := flag.Lookup(name); f != nil && f.Value.String() != "" {
		return f.Value.String()
	}
	return otherwise
}

// ForTest is a server that ends with the test, which is skipped where there is no PostgreSQL.
func ForTest(t testing.TB, o Options) *Server {
	t.Helper()
	server, err := New(context.Background(), o)
	if errors.Is(err, ErrNone) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Remove(); err != nil {
			t.Error(err)
		}
	})
	return server
}

var databases atomic.Int64

// Here is the server that this run is on; nil where it is on SQLite.
func Here() *Server {
	home := os.Getenv(environment)
	if home == "" {
		return nil
	}
	bin, err1 := programs()
	user, err2 := unprivileged()
	if err := errors.Join(err1, err2); err != nil {
		panic(err) // the server runs
	}
	return &Server{home: home, bin: bin, user: user, port: defaultPort}
}

// Database is the URL of an empty database for this test, or "" where the run is on SQLite.
func Database(t testing.TB) string {
	t.Helper()
	server := Here()
	if server == nil {
		return ""
	}
	name := fmt.Sprintf("t%d", databases.Add(1))
	if err := server.Create(context.Background(), name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := server.SQL(context.Background(), "postgres", "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return server.URL(name) + "&connect_timeout=120" // of a server on a busy machine, and not of one that may be gone
}

// OnlySQLite skips a test of what only SQLite has, where the run is on PostgreSQL.
func OnlySQLite(t testing.TB, why ...string) {
	t.Helper()
	if Here() != nil {
		t.Skip("of SQLite alone: " + strings.Join(why, " "))
	}
}
