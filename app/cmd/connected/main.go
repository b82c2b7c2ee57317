// Command connected is an organisation's server and its administrator's commands. All of
// it is in app/connected/command; this wires signals and streams.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"handslag/app/connected/command"
	"handslag/app/process"
)

func main() {
	process.Seclude(os.Stderr)
	process.Roomy()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := command.Run(ctx, command.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}, os.Args[1:])
	stop()
	os.Exit(code)
}
