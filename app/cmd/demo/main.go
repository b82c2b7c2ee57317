// Demo starts the demo organisation on loopback and, where there is a display, the windows of
// two colleagues side by side. It is what `make run` calls.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"handslag/app/process"
	"handslag/assets"
	"handslag/testnet"
)

func main() {
	process.Seclude(os.Stderr)
	os.Exit(run())
}

func run() int {
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	state := flags.String("state", ".demo", "`folder` for all of it; a second run goes on with what is there")
	bin := flags.String("bin", "bin", "`folder` of the built programs")
	lang := flags.String("lang", "sv", "`language` of terminal and windows: sv or en")
	told := flags.Bool("tell", false, "tell the morning in the terminal, even where there is a display")
	flags.Usage = func() {
		fmt.Fprintf(flags.Output(), "demo starts Bostads AB Linden on this machine, with two colleagues.\n\n")
		flags.PrintDefaults()
		fmt.Fprintf(flags.Output(), "\nExample:\n  demo -state .demo -bin bin\n")
	}
	if err := flags.Parse(os.Args[1:]); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil || flags.NArg() > 0 || *lang != "sv" && *lang != "en" {
		flags.Usage()
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	err := testnet.Demo(ctx, testnet.DemoOptions{
		State: *state, Bin: *bin, Lang: assets.Language(*lang), Tell: *told, In: os.Stdin, Out: os.Stdout, Getenv: os.Getenv,
	})
	if err != nil && ctx.Err() == nil {
		fmt.Fprintf(os.Stderr, "demo: %v\n", err)
		return 1
	}
	return 0
}
