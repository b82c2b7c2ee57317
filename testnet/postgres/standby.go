package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Standby makes a copy of the primary that follows it synchronously: from when Standby returns on,
// the primary's commits wait until this one has them on disk.
func (s *Server) Standby(ctx context.Context, o Options) (*Server, error) {
	standby, err := prepare(o)
	if err != nil {
		return nil, err
	}
	fail := func(err error) (*Server, error) { return nil, errors.Join(err, standby.Remove()) }
	_, err = standby.run(ctx, "pg_basebackup", "--pgdata", standby.data(), "--host", s.home, "--port", fmt.Sprint(s.port),
		"--username", "handslag", "--checkpoint", "fast", "--wal-method", "stream", "--no-sync")
	if err != nil {
		return fail(err)
	}
	follow := fmt.Sprintf("primary_conninfo = 'host=%s port=%d user=handslag application_name=standby'", s.home, s.port)
	if err := standby.configure(o); err != nil {
		return fail(err)
	}
	if err := standby.Configure(follow, "hot_standby = on"); err != nil {
		return fail(err)
	}
	signal := filepath.Join(standby.data(), "standby.signal")
	if err := os.WriteFile(signal, nil, 0o600); err != nil {
		return fail(err)
	}
	if err := standby.user.owns(signal); err != nil {
		return fail(err)
	}
	if err := standby.Start(ctx); err != nil {
		return fail(err)
	}
	if _, err := s.SQL(ctx, "postgres", "ALTER SYSTEM SET synchronous_standby_names = 'standby'"); err != nil {
		return fail(err)
	}
	if _, err := s.SQL(ctx, "postgres", "SELECT pg_reload_conf()"); err != nil {
		return fail(err)
	}
	err = standby.until(ctx, "follow", func() bool {
		state, err := s.SQL(ctx, "postgres", "SELECT sync_state FROM pg_stat_replication")
		return err == nil && state == "sync"
	})
	if err != nil {
		return fail(err)
	}
	return standby, nil
}

// Promote makes a standby a primary of its own, which waits for no other.
func (s *Server) Promote(ctx context.Context) error {
	if _, err := s.SQL(ctx, "postgres", "SELECT pg_promote(true, 60)"); err != nil {
		return err
	}
	return s.until(ctx, "promote", func() bool {
		state, err := s.SQL(ctx, "postgres", "SELECT pg_is_in_recovery()")
		return err == nil && state == "f"
	})
}
