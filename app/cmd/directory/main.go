// Command directory relays organisations' signed statements to devices that have their
// IDs. All of it is in app/directory; this wires signals and streams.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"handslag/app/directory"
	"handslag/app/process"
)

func main() {
	process.Seclude(os.Stderr)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := directory.Run(ctx, os.Stdout, os.Stderr, os.Args[1:])
	stop()
	os.Exit(code)
}
