package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed migrations
var migrations embed.FS

// engine is what the two databases differ in.
type engine struct {
	dialect goose.Dialect
	folder  string // below migrations
	locks   []goose.ProviderOption
	// head locks the audit log's head until the end of the transaction, as its first statement;
	// empty where beginning to write is that lock.
	head   string
	settle func(context.Context, *sql.DB) error
	// bulk inserts many rows into a table as fast as the engine can.
	bulk  func(ctx context.Context, conn *sql.Conn, tx *Tx, table string, columns []string, rows [][]any) error
	names int // rows that one statement names, at most
	// lateral: it knows LATERAL, and needs it to keep to the order of a join.
	lateral bool
	// others counts who else is connected to the database; nil where a file that was not there says enough.
	others string
}

// migrations are the engine's.
func (s *Store) migrations() (*goose.Provider, error) {
	folder, err := fs.Sub(migrations, "migrations/"+s.folder)
	if err != nil {
		return nil, err
	}
	provider, err := goose.NewProvider(s.dialect, s.write, folder, s.locks...)
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return provider, nil
}

// migrate brings the tables up to date, one process at a time.
func (s *Store) migrate(ctx context.Context) error {
	provider, err := s.migrations()
	if err != nil {
		return err
	}
	have, known, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read version: %w", err)
	}
	if have > known {
		return fmt.Errorf("version %d, this program knows %d: %w", have, known, ErrNewer)
	}
	if have < known {
		if _, err := provider.Up(ctx); err != nil {
			return fmt.Errorf("bring up to date: %w", err)
		}
	}
	return nil
}
