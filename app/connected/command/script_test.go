package command_test

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"handslag/app/connected/command"
	"handslag/testnet/postgres"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"connected": func() {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		code := command.Run(ctx, command.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}, os.Args[1:])
		stop()
		os.Exit(code)
	}})
}

// TestOnPostgreSQL tells them once more.
func TestOnPostgreSQL(t *testing.T) { postgres.OnPostgreSQL(t) }

func TestStories(t *testing.T) {
	if found, err := filepath.Glob("testdata/script/*.txtar"); err != nil || len(found) == 0 {
		t.Fatalf("no stories found: %v", err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("CONNECTED_DATABASE", postgres.Database(env.T().(testing.TB)))
			env.Setenv("XDG_DATA_HOME", filepath.Join(env.WorkDir, "data"))
			env.Setenv("TZ", "UTC")
			return os.MkdirAll(filepath.Join(env.WorkDir, "stick"), 0o700)
		},
	})
}
