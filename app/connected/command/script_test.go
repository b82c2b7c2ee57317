package command_test

import (
	"context"
	"encoding/json"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"handslag/app/connected/command"
	"handslag/app/verify"
	"handslag/testnet/postgres"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"handslagverify": func() { os.Exit(verify.Run(os.Stdout, os.Stderr, os.Args[1:])) }, "connected": func() {
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
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"name": func(ts *testscript.TestScript, _ bool, args []string) { // name FOLDER PATTERN VARIABLE: of the one file
				found, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), args[1]))
				if err != nil || len(found) != 1 {
					ts.Fatalf("found %v, %v", found, err)
				}
				ts.Setenv(args[2], found[0])
			},
			"organisation": func(ts *testscript.TestScript, _ bool, args []string) { // organisation FILE VARIABLE: its ID, from what init said
				var made struct{ ID string }
				ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &made))
				ts.Setenv(args[1], made.ID)
			},
			"flip": func(ts *testscript.TestScript, _ bool, args []string) { // a bit in the middle of a file
				data, err := os.ReadFile(args[0])
				ts.Check(err)
				data[len(data)/2] ^= 1
				ts.Check(os.WriteFile(args[0], data, 0o600))
			},
			"gone": func(ts *testscript.TestScript, _ bool, _ []string) { // folder and database of the server
				ts.Check(os.RemoveAll(filepath.Join(ts.Getenv("XDG_DATA_HOME"), "handslag")))
				if ts.Getenv("CONNECTED_DATABASE") != "" {
					ts.Setenv("CONNECTED_DATABASE", ts.Getenv("EMPTY_DATABASE"))
				}
			},
		},
		Setup: func(env *testscript.Env) error {
			env.Setenv("CONNECTED_DATABASE", postgres.Database(env.T().(testing.TB)))
			env.Setenv("EMPTY_DATABASE", postgres.Database(env.T().(testing.TB)))
			env.Setenv("XDG_DATA_HOME", filepath.Join(env.WorkDir, "data"))
			env.Setenv("TZ", "UTC")
			return os.MkdirAll(filepath.Join(env.WorkDir, "stick"), 0o700)
		},
	})
}
