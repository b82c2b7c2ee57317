package connected_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"handslag/testnet/postgres"
)

// TestOnPostgreSQL tells every story of this package once more.
func TestOnPostgreSQL(t *testing.T) { postgres.OnPostgreSQL(t) }

// database opens the house's rows past the gate, as whoever has the file or the password can.
func (h *house) database() *sql.DB {
	h.t.Helper()
	if h.config.Postgres != "" {
		return must[*sql.DB](h.t)(sql.Open("pgx", h.config.Postgres))
	}
	return must[*sql.DB](h.t)(sql.Open("sqlite", h.config.Path))
}

// zeros is n zero bytes in the database's SQL.
func (h *house) zeros(n int) string {
	if h.config.Postgres != "" {
		return `'\x` + strings.Repeat("00", n) + `'::bytea`
	}
	return "x'" + strings.Repeat("00", n) + "'"
}

// tile is a tile's hashes with zeros before those from hash from on, in place of so many.
func (h *house) tile(from, instead int) string {
	text := fmt.Sprintf("SUBSTR(hashes, 1, %d) || %s || SUBSTR(hashes, %d)", 32*from, h.zeros(32), 32*(from+instead)+1)
	if h.config.Postgres != "" {
		return text
	}
	return "CAST(" + text + " AS BLOB)"
}

// backup copies the rows of a stopped house; putBack replaces them by the copy.
func (h *house) backup() (putBack func()) {
	h.t.Helper()
	if h.config.Postgres == "" {
		data := readIfThere(h.t, h.config.Path)
		return func() {
			for _, side := range []string{"-wal", "-shm"} {
				ok(h.t, os.RemoveAll(h.config.Path+side))
			}
			ok(h.t, os.WriteFile(h.config.Path, data, 0o600))
		}
	}
	server := postgres.Here()
	name := strings.TrimPrefix(must[*url.URL](h.t)(url.Parse(h.config.Postgres)).Path, "/")
	run := func(statement string) {
		h.t.Helper()
		must[string](h.t)(server.SQL(context.Background(), "postgres", statement))
	}
	run("CREATE DATABASE " + name + "_backup TEMPLATE " + name)
	return func() {
		run("DROP DATABASE " + name)
		run("ALTER DATABASE " + name + "_backup RENAME TO " + name)
	}
}

// lies reports whether some bytes stand in the files of the living database.
func (h *house) lies(what []byte) bool {
	h.t.Helper()
	if h.config.Postgres == "" {
		return bytes.Contains(readIfThere(h.t, h.config.Path), what) || bytes.Contains(readIfThere(h.t, h.config.Path+"-wal"), what)
	}
	server, found := postgres.Here(), false
	must[string](h.t)(server.SQL(context.Background(), "postgres", "CHECKPOINT"))
	ok(h.t, filepath.WalkDir(filepath.Join(server.Folder(), "base"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			found = found || bytes.Contains(readIfThere(h.t, path), what)
		}
		return nil // what goes away meanwhile is not there
	}))
	return found
}
