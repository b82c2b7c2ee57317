// Handslagctl is the headless agent: the deeds of the window as commands.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"handslag/app/cli"
	"handslag/app/cli/console"
	"handslag/app/process"
)

func main() {
	process.Seclude(os.Stderr)
	process.Spare()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	status := cli.Main(ctx, os.Args[1:], console.System())
	stop()
	os.Exit(status)
}
