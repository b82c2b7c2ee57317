package testnet_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"handslag/app/agent"
	"handslag/app/cli"
	"handslag/app/cli/console"
)

// childVariable makes the test binary a handslagctl that logs all that it can log to the file
// named there, does not shut the test out of its memory, and for which an hour has gone by once
// there is a file of that name with childHour behind it: so it locks itself.
const (
	childVariable = "HANDSLAG_TESTNET_CHILD"
	childHour     = ".hour"
)

var childBegan = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func child(log string) int {
	file, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	env := console.System()
	env.Adjust = func(c *agent.Config) {
		c.Keyring = nil // not that of whoever runs the tests
		c.Log = slog.New(slog.NewTextHandler(file, &slog.HandlerOptions{Level: slog.LevelDebug}))
		c.Boot = func() (string, time.Duration) {
			up := time.Since(childBegan)
			if _, err := os.Stat(log + childHour); err == nil {
				up += time.Hour
			}
			return "this boot", up
		}
	}
	return cli.Main(ctx, os.Args[1:], env)
}
