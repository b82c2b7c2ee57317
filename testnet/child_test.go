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
)

// childVariable makes the test binary a handslagctl that locks itself soon, logs all that it
// can log to the file named there, and does not shut the test out of its memory.
const childVariable = "HANDSLAG_TESTNET_CHILD"

const childLocksAfter = 2 * time.Second

func lockingChild(log string) int {
	file, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	env := cli.System()
	env.Adjust = func(c *agent.Config) {
		c.AutoLock = childLocksAfter
		c.Log = slog.New(slog.NewTextHandler(file, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	return cli.Main(ctx, os.Args[1:], env)
}
