package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"handslag/identity/signed"
	"handslag/testnet/postgres"
)

var everything = slices.Concat(DumpedKeys, DumpedData)

// lines is a dump of all tables, as one text.
func (s *Store) lines(t testing.TB) (all [][]byte) {
	t.Helper()
	err := s.Read(context.Background(), func(tx *Tx) error {
		all = nil
		return tx.Dump(context.Background(), everything, func(line []byte) error {
			all = append(all, bytes.Clone(line))
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// filled puts a row into each table, of each type of column: no bytes, some, and numbers of both signs.
func (s *Store) filled(t testing.TB) *Store {
	t.Helper()
	ctx := context.Background()
	err := s.Do(ctx, func(tx *Tx) error {
		for _, part := range everything {
			rows, err := tx.raw.QueryContext(ctx, "SELECT * FROM "+part.name)
			if err != nil {
				return err
			}
			types, err := rows.ColumnTypes()
			if err = errors.Join(err, rows.Close()); err != nil {
				return err
			}
			var names []string
			var values []any
			for _, c := range types {
				names = append(names, c.Name())
				switch c.DatabaseTypeName() {
				case "BIGINT", "INT8":
					values = append(values, map[bool]int64{true: 7, false: -1 << 62}[strings.HasSuffix(c.Name(), "id") || c.Name() == "value"])
				case "TEXT":
					values = append(values, "å")
				default:
					values = append(values, map[bool][]byte{true: {0, 0xff}, false: {}}[len(names)%2 == 0])
				}
			}
			_, err = tx.raw.ExecContext(ctx, "INSERT INTO "+part.name+" ("+strings.Join(names, ", ")+") VALUES "+places(1, len(names)), values...)
			if err != nil {
				t.Errorf("%s: %v", part.name, err)
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func restored(t testing.TB, at Place, lines [][]byte, schema int64) (*Store, error) {
	t.Helper()
	ctx := context.Background()
	s, err := Restore(ctx, at, make([]byte, 32), schema, func(tx *Tx) error {
		l := tx.Loader(everything)
		for _, line := range lines {
			if err := l.Load(ctx, line); err != nil {
				return errors.Join(err, l.Close())
			}
		}
		return l.Close()
	})
	if err == nil {
		t.Cleanup(func() { s.Close() })
	}
	return s, err
}

func same(t *testing.T, a, b [][]byte) {
	t.Helper()
	if len(a) != len(b) || len(a) < 2*len(everything) {
		t.Fatalf("%d lines and %d", len(a), len(b))
	}
	for i := range a {
		if !bytes.Equal(a[i], b[i]) {
			t.Errorf("line %d: %x is %x", i, a[i], b[i])
		}
	}
}

// What one engine dumped the other loads, and dumps to the byte.
func TestADumpIsTheSameOnBothEngines(t *testing.T) {
	from := open(t, place(t)).filled(t)
	schema, err := from.Schema(context.Background())
	if err != nil || schema < 3 {
		t.Fatal(schema, err)
	}
	dump := from.lines(t)
	for name, at := range map[string]Place{"the same": place(t), "sqlite": {Path: filepath.Join(t.TempDir(), "y.db")}} {
		to, err := restored(t, at, dump, schema)
		if err != nil {
			t.Fatal(name, err)
		}
		same(t, dump, to.lines(t))
		if postgres.Here() == nil {
			continue
		}
		back, err := restored(t, place(t), to.lines(t), schema)
		if err != nil {
			t.Fatal(name, err)
		}
		same(t, dump, back.lines(t))
	}
}

func TestEveryTableIsDumped(t *testing.T) {
	s := open(t, place(t))
	query := "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
	if s.folder == "postgres" {
		query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
	}
	rows, err := s.read.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(name, "goose_") {
			continue
		}
		n++
		if !slices.ContainsFunc(everything, func(d dumped) bool { return d.name == name }) {
			t.Errorf("table %s is in no backup", name)
		}
	}
	if n != len(everything) {
		t.Errorf("%d tables, %d in a backup", n, len(everything))
	}
}

// A restore that fails leaves an empty database, into which the next one goes.
func TestWhatIsNoDumpIsNotLoaded(t *testing.T) {
	from := open(t, place(t)).filled(t)
	newest, err := from.Schema(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	dump := from.lines(t)
	line := func(l Line) []byte {
		data, err := signed.Encode(l)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	at := place(t)
	for name, bad := range map[string][][]byte{
		"no line":              {{0xff}},
		"a row of no table":    dump[1:],
		"a table of no backup": {line(Line{Table: "goose_db_version", Columns: []string{"id"}})},
		"SQL for a column":     {line(Line{Table: "units", Columns: []string{"id) VALUES ('x'); --"}})},
		"a table twice":        {dump[0], dump[0]},
		"a value left out":     {line(Line{Table: "units", Columns: []string{"id", "name"}}), line(Line{Row: []any{"x"}})},
		"a list for a value":   {line(Line{Table: "units", Columns: []string{"id", "name"}}), line(Line{Row: []any{"x", []any{}}})},
		"a row twice":          {line(Line{Table: "units", Columns: []string{"id", "name"}}), line(Line{Row: []any{"x", "y"}}), line(Line{Row: []any{"x", "y"}})},
	} {
		if _, err := restored(t, at, bad, newest); err == nil {
			t.Fatalf("%s is loaded", name)
		}
	}
	if _, err := restored(t, at, dump, 1000); !errors.Is(err, ErrNewer) {
		t.Errorf("a newer schema: %v", err)
	}
	to, err := restored(t, at, dump, newest)
	if err != nil {
		t.Fatal(err)
	}
	same(t, dump, to.lines(t))
	if _, err := restored(t, at, dump, newest); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("into what is there: %v", err)
	}
}

// A database that somebody has open is not filled: a server of before would go on with what is put back. Who comes
// while it is filled has the same effect, and nothing is left.
func TestNothingIsRestoredWhereSomebodyElseIs(t *testing.T) {
	at := place(t)
	if at.URL == "" {
		t.Skip("a file of SQLite's must not be there; TestOnPostgreSQL runs it")
	}
	ctx, key := context.Background(), make([]byte, 32)
	var others []*sql.DB
	comes := func() {
		db, err := sql.Open("pgx", at.URL)
		if err == nil {
			err = db.Ping()
		}
		if err != nil {
			t.Fatal(err)
		}
		others = append(others, db)
	}
	goes := func() {
		for _, db := range others {
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
		others = nil
	}
	defer goes()
	restore := func(load func(*Tx) error) error {
		s, err := Restore(ctx, at, key, 1, load)
		if err == nil {
			err = s.Close()
		}
		return err
	}
	nothing := func(*Tx) error { return nil }
	comes()
	if err := restore(nothing); !errors.Is(err, ErrInUse) {
		t.Errorf("while somebody is connected: %v", err)
	}
	goes()
	var err error
	for range 1000 { // PostgreSQL takes a moment to see that they are gone
		if err = restore(func(*Tx) error { comes(); return nil }); len(others) > 0 {
			break
		}
	}
	if !errors.Is(err, ErrInUse) {
		t.Errorf("while somebody comes: %v", err)
	}
	goes()
	for range 1000 {
		if err = restore(nothing); !errors.Is(err, ErrInUse) {
			break
		}
	}
	if err != nil {
		t.Errorf("alone: %v", err)
	}
}
