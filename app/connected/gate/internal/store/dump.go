package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"handslag/identity/signed"
)

// A dump is the rows of all tables in a form that knows no engine: what was written from SQLite
// loads into PostgreSQL and the other way. It is a sequence of lines, each deterministic CBOR:
// one that names a table and its columns, and then one for each row, in the order of its key.

// Line is one line of a dump. The first of a table has Table and Columns, the others have Row:
// text strings, byte strings and integers, as the columns stand.
type Line struct {
	_       struct{} `cbor:",toarray"`
	Table   string
	Columns []string
	Row     []any
}

// LineLimit bounds an encoded line, in bytes: an attachment's chunk and some.
const LineLimit = 64 << 20

// Parts of a dump: the subjects' keys stand apart from all that they open, because their backups
// may not live as long.
var (
	DumpedData = []dumped{
		{"counters", "name"}, {"units", "id"}, {"unit_sets", "unit_id, id"}, {"roles", "id"}, {"role_grants", "role_id, right_name, scope"}, {"users", "id"},
		{"user_units", "user_id, unit_id"}, {"user_roles", "user_id, role_id"}, {"attempts", "name_hash"},
		{"devices", "id"}, {"devices_waiting", "id"}, {"credentials", "device_id, epoch"}, {"enrolments", "request_id"}, {"nonces", "device_id, nonce"},
		{"erasures", "number"}, {"records", "id"}, {"record_people", "record_id, user_id"}, {"record_held", "record_id, user_id"},
		{"assignments", "id"}, {"assignment_versions", "assignment_id, number"}, {"assignment_people", "assignment_id, user_id"},
		{"attachments", "id"}, {"attachment_chunks", "attachment_id, number"}, {"sent", "device_id, kind, thing_id"},
		{"entries", "id"}, {"operations", "assignment_id, number"}, {"log_tiles", "level, number"}, {"late", "day, last"}, {"hours", "hour"},
		{"chains", "device_id, generation"}, {"findings", "id"}, {"cosignatures", "device_id"}, {"feeds", "name"},
		{"sign_in_links", "link_key"}, {"sign_ins_spent", "state"},
	}
	DumpedKeys = []dumped{{"subject_keys", "subject"}}
)

// former are tables of earlier schemas, whose dumps may have them.
var former = []string{"log_hashes"}

// dumped is a table and what its rows are ordered by. Each stands behind those that it refers to.
type dumped struct{ name, key string }

// Errors about dumps.
var (
	ErrNotEmpty = errors.New("the database is not empty")
	ErrDump     = errors.New("a dump is malformed")
)

// Dump writes the tables line by line, as this transaction sees them.
func (tx *Tx) Dump(ctx context.Context, tables []dumped, line func([]byte) error) error {
	for _, t := range tables {
		if err := tx.dumpTable(ctx, t, line); err != nil {
			return fmt.Errorf("dump %s: %w", t.name, err)
		}
	}
	return nil
}

func (tx *Tx) dumpTable(ctx context.Context, t dumped, line func([]byte) error) error {
	rows, err := tx.raw.QueryContext(ctx, "SELECT * FROM "+t.name+" ORDER BY "+t.key)
	if err != nil {
		return err
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		return err
	}
	head := Line{Table: t.name}
	for _, c := range types {
		head.Columns = append(head.Columns, c.Name())
	}
	if err := put(head, line); err != nil {
		return err
	}
	for rows.Next() {
		places, values := make([]any, len(types)), make([]any, len(types))
		for i, c := range types {
			switch strings.ToUpper(c.DatabaseTypeName()) {
			case "BIGINT", "INT8":
				places[i] = new(int64)
			case "TEXT":
				places[i] = new(string)
			case "BYTEA":
				places[i] = new([]byte)
			default:
				return fmt.Errorf("column %s is of a type that dumps do not know: %s", c.Name(), c.DatabaseTypeName())
			}
		}
		if err := rows.Scan(places...); err != nil {
			return err
		}
		for i, place := range places {
			switch p := place.(type) {
			case *int64:
				values[i] = *p
			case *string:
				values[i] = *p
			case *[]byte:
				values[i] = append([]byte{}, *p...) // of no bytes it is not NULL
			}
		}
		if err := put(Line{Row: values}, line); err != nil {
			return err
		}
	}
	return rows.Err()
}

func put(l Line, line func([]byte) error) error {
	data, err := signed.Encode(l)
	if err != nil {
		return err
	}
	return line(data)
}

// Loader puts a dump's lines into tables.
type Loader struct {
	tx      *Tx
	tables  []dumped // still to come
	insert  *sql.Stmt
	columns int
	Rows    int
}

// Loader begins to load lines of these tables, in their order.
func (tx *Tx) Loader(tables []dumped) *Loader { return &Loader{tx: tx, tables: slices.Clone(tables)} }

var columnName = regexp.MustCompile(`^[a-z_]{1,40}$`)

// Load takes one line. What a migration has put into the table goes.
func (l *Loader) Load(ctx context.Context, data []byte) error {
	var in Line
	if err := signed.Decode(data, LineLimit, &in); err != nil {
		return fmt.Errorf("load: %w: %w", ErrDump, err)
	}
	if in.Table != "" {
		return l.table(ctx, in)
	}
	if l.insert == nil || len(in.Row) != l.columns {
		return fmt.Errorf("load: %w: a row of no table", ErrDump)
	}
	for i, v := range in.Row {
		switch n := v.(type) {
		case uint64:
			in.Row[i] = int64(n)
		case int64, string:
		case []byte:
			if n == nil {
				in.Row[i] = []byte{}
			}
		default:
			return fmt.Errorf("load: %w: a value of another kind", ErrDump)
		}
	}
	if _, err := l.insert.ExecContext(ctx, in.Row...); err != nil {
		return fmt.Errorf("load: %w", err)
	}
	l.Rows++
	return nil
}

func (l *Loader) table(ctx context.Context, head Line) error {
	// A table that an earlier schema did not have is not in its dump.
	at := slices.IndexFunc(l.tables, func(t dumped) bool { return t.name == head.Table })
	known := at >= 0 || slices.Contains(former, head.Table)
	if !known || len(head.Row) != 0 || len(head.Columns) == 0 {
		return fmt.Errorf("load: %w: a table out of its turn", ErrDump)
	}
	for _, c := range head.Columns {
		if !columnName.MatchString(c) {
			return fmt.Errorf("load: %w: a column without a name", ErrDump)
		}
	}
	l.tables = l.tables[at+1:]
	if err := l.end(); err != nil {
		return err
	}
	if _, err := l.tx.raw.ExecContext(ctx, "DELETE FROM "+head.Table); err != nil {
		return fmt.Errorf("load %s: %w", head.Table, err)
	}
	var err error
	l.columns = len(head.Columns)
	l.insert, err = l.tx.raw.PrepareContext(ctx, "INSERT INTO "+head.Table+" ("+strings.Join(head.Columns, ", ")+") VALUES "+places(1, l.columns))
	if err != nil {
		return fmt.Errorf("load %s: %w", head.Table, err)
	}
	return nil
}

func (l *Loader) end() error {
	if l.insert == nil {
		return nil
	}
	err := l.insert.Close()
	l.insert = nil
	return err
}

// Close ends the loading.
func (l *Loader) Close() error { return l.end() }

// SkipEpochs has every device's next credential counted behind any that was issued since a backup: devices
// refuse one that counts less than the one they have.
func (tx *Tx) SkipEpochs(ctx context.Context, by int64) error {
	if _, err := tx.raw.ExecContext(ctx, "UPDATE devices SET epoch = epoch + $1 WHERE epoch > 0", by); err != nil {
		return fmt.Errorf("count credentials on: %w", err)
	}
	return nil
}

// Schema is the number of the newest migration that the tables have.
func (s *Store) Schema(ctx context.Context) (int64, error) {
	provider, err := s.migrations()
	if err != nil {
		return 0, err
	}
	have, err := provider.GetDBVersion(ctx)
	if err != nil {
		return 0, fmt.Errorf("read version: %w", away(err))
	}
	return have, nil
}

// Restore makes tables as they were with schema, has load fill them in one transaction, and brings
// them up to date. A database that has tables is refused: ErrNotEmpty. What fails leaves it empty.
func Restore(ctx context.Context, at Place, key []byte, schema int64, load func(*Tx) error) (*Store, error) {
	s, err := connect(at, key)
	if err != nil {
		return nil, fmt.Errorf("restore: %w", err)
	}
	if err := s.fill(ctx, schema, load); err != nil {
		return nil, errors.Join(fmt.Errorf("restore: %w", err), s.Close())
	}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("restore: %w", err), s.Clear(ctx), s.Close())
	}
	return s, nil
}

func (s *Store) fill(ctx context.Context, schema int64, load func(*Tx) error) error {
	provider, err := s.migrations()
	if err != nil {
		return err
	}
	have, known, err := provider.GetVersions(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("read version: %w", away(err))
	case have != 0:
		return ErrNotEmpty
	case schema > known:
		return fmt.Errorf("version %d, this program knows %d: %w", schema, known, ErrNewer)
	}
	if err := s.alone(ctx, s.write); err != nil {
		return err
	}
	if _, err := provider.UpTo(ctx, schema); err != nil {
		return fmt.Errorf("make tables: %w", away(err))
	}
	err = s.Do(ctx, func(tx *Tx) error {
		if err := load(tx); err != nil {
			return err
		}
		return s.alone(ctx, tx.raw) // who has come since holds none of it yet
	})
	if err != nil {
		return errors.Join(err, s.Clear(ctx))
	}
	return nil
}

// alone refuses a database that somebody else has open: a server of before would go on with what is put
// back, and nobody has carried out the newest erasure orders yet.
func (s *Store) alone(ctx context.Context, db interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
}) error {
	if s.others == "" {
		return nil
	}
	var others int
	if err := db.QueryRowContext(ctx, s.others).Scan(&others); err != nil {
		return fmt.Errorf("look who is connected: %w", away(err))
	}
	if others > 0 {
		return ErrInUse
	}
	return nil
}

// Clear takes all tables away.
func (s *Store) Clear(ctx context.Context) error {
	provider, err := s.migrations()
	if err != nil {
		return err
	}
	if _, err := provider.DownTo(context.WithoutCancel(ctx), 0); err != nil {
		return fmt.Errorf("clear: %w", err)
	}
	return nil
}
