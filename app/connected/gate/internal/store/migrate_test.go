package store

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pressly/goose/v3"

	"handslag/testnet/postgres"
)

// A migration that has become the newest leaves the one before it an earlier schema: its dump is made by
// HANDSLAG_DUMP=1 go test ./app/connected/gate/internal/store -run 'EarlierSchema|OnPostgreSQL', and never
// changed again.
var dump = os.Getenv("HANDSLAG_DUMP") != ""

// Every earlier schema, with a row in each table, comes forward to what a new database has, and
// its rows with it.
func TestEveryEarlierSchemaComesForward(t *testing.T) {
	ctx := context.Background()
	fresh := place(t)
	s := open(t, fresh)
	want := schemaOf(t, s)
	versions, err := fs.Glob(migrations, "migrations/"+s.folder+"/*.sql")
	if err != nil || len(versions) < 3 {
		t.Fatalf("%d migrations: %v", len(versions), err)
	}
	slices.Sort(versions)
	for _, path := range versions[:len(versions)-1] {
		version := strings.TrimSuffix(filepath.Base(path), ".sql")
		file := filepath.Join("testdata", "schemas", s.folder, version+".sql")
		t.Run(version, func(t *testing.T) {
			if _, err := os.Stat(file); err != nil && dump {
				writeDump(t, file, version)
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			at := place(t)
			load(t, at, string(text))
			before := rowsOf(t, at)
			if len(before) < 20 {
				t.Fatalf("%d tables in the dump", len(before))
			}
			moved := open(t, at)
			if got := schemaOf(t, moved); got != want {
				t.Errorf("it has become\n%s\nand a new one is\n%s", got, want)
			}
			after := rowsOf(t, at)
			for table, rows := range before {
				if slices.Contains(former, table) {
					continue // TestTheTreeComesForwardAsTiles
				}
				if !strings.Contains(after[table], rows) {
					t.Errorf("%s had %q and has %q", table, rows, after[table])
				}
			}
			if err := moved.Do(ctx, func(tx *Tx) error { _, err := tx.Places(ctx); return err }); err != nil {
				t.Error(err)
			}
		})
	}
}

func rawOf(t *testing.T, at Place) (*Store, *sql.DB) {
	t.Helper()
	s := &Store{}
	err := s.openSQLite(at.Path)
	if at.URL != "" {
		err = s.openPostgres(at.URL)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	s.write.SetMaxOpenConns(1)
	return s, s.write
}

func load(t *testing.T, at Place, text string) {
	t.Helper()
	s, db := rawOf(t, at)
	if _, err := db.Exec(text); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil { // a dump of PostgreSQL's changes its session
		t.Fatal(err)
	}
}

func list(t *testing.T, db *sql.DB, query string, args ...any) (out []string) {
	t.Helper()
	rows, err := db.Query(query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		out = append(out, text)
	}
	return out
}

// tables lists them in the order in which they were made.
func tables(t *testing.T, s *Store) []string {
	t.Helper()
	if s.folder == "sqlite" {
		return list(t, s.write, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'goose%' ORDER BY rowid")
	}
	return list(t, s.write, "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname NOT LIKE 'goose%' ORDER BY oid")
}

// columns are "name type".
func columns(t *testing.T, s *Store, table string) []string {
	t.Helper()
	if s.folder == "sqlite" {
		return list(t, s.write, "SELECT name || ' ' || type FROM pragma_table_info($1) ORDER BY cid", table)
	}
	return list(t, s.write, "SELECT column_name || ' ' || data_type FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1 ORDER BY ordinal_position", table)
}

// schemaOf is all tables, columns and indexes as text.
func schemaOf(t *testing.T, s *Store) string {
	t.Helper()
	var lines []string
	for _, table := range tables(t, s) {
		lines = append(lines, table+": "+strings.Join(columns(t, s, table), ", "))
	}
	indexes := "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
	if s.folder != "sqlite" {
		indexes = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'"
	}
	lines = append(lines, list(t, s.write, indexes)...)
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// rowsOf is what stands in each table, in the columns that it has.
func rowsOf(t *testing.T, at Place) map[string]string {
	t.Helper()
	s, db := rawOf(t, at)
	defer s.Close()
	all := map[string]string{}
	for _, table := range tables(t, s) {
		var names []string
		for _, c := range columns(t, s, table) {
			name, kind, _ := strings.Cut(c, " ")
			if strings.EqualFold(kind, "bytea") {
				name = map[bool]string{true: "hex(" + name + ")", false: "encode(" + name + ", 'hex')"}[s.folder == "sqlite"]
			}
			names = append(names, name)
		}
		rows := list(t, db, "SELECT "+strings.Join(names, " || ' ' || ")+" FROM "+table+" ORDER BY 1")
		all[table] = strings.ToLower(strings.Join(rows, "\n"))
	}
	return all
}

// writeDump makes a database of that version with a row in each table, and writes it as SQL.
func writeDump(t *testing.T, file, version string) {
	t.Helper()
	ctx, at := context.Background(), place(t)
	s, db := rawOf(t, at)
	folder, err := fs.Sub(migrations, "migrations/"+s.folder)
	if err != nil {
		t.Fatal(err)
	}
	provider, err := goose.NewProvider(s.dialect, db, folder)
	if err != nil {
		t.Fatal(err)
	}
	var number int64
	fmt.Sscanf(version, "%d", &number)
	if _, err := provider.UpTo(ctx, number); err != nil {
		t.Fatal(err)
	}
	var inserts []string
	for _, table := range tables(t, s) {
		var names, values []string
		for _, c := range columns(t, s, table) {
			name, kind, _ := strings.Cut(c, " ")
			names = append(names, name)
			values = append(values, map[string]string{"bigint": "7", "text": "'x'", "bytea": "'\\x0102'"}[strings.ToLower(kind)])
		}
		insert := "INSERT INTO " + table + " (" + strings.Join(names, ", ") + ") VALUES (" + strings.Join(values, ", ") + ")"
		if s.folder == "sqlite" {
			insert = strings.ReplaceAll(insert, `'\x0102'`, "x'0102'")
		}
		if _, err := db.Exec(insert); err != nil {
			t.Fatalf("%s: %v", insert, err)
		}
		inserts = append(inserts, insert+";")
	}
	var text string
	if s.folder == "sqlite" {
		made := list(t, db, "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%' ORDER BY rowid")
		text = strings.Join(made, ";\n") + ";\n" + strings.Join(inserts, "\n") + "\n" +
			strings.Join(list(t, db, "SELECT 'INSERT INTO goose_db_version (version_id, is_applied) VALUES (' || version_id || ', 1);' FROM goose_db_version ORDER BY id"), "\n") + "\n"
	} else {
		name := strings.TrimPrefix(regexp.MustCompile(`/t\d+`).FindString(at.URL), "/")
		text, err = postgres.Here().Dump(ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		text = regexp.MustCompile(`(?m)^(\\.*|--.*|SET default_table_access_method.*|)\n`).ReplaceAllString(text, "")
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
