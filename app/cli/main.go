package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"handslag/app/cli/console"
	"handslag/app/complaint"
)

// Main runs the command line and returns its exit status: 0, 1 for a problem, which was
// told on Err, 2 for a mistake on the command line.
func Main(ctx context.Context, args []string, env console.Surroundings) int {
	ctx, end := context.WithCancel(ctx)
	defer end()
	c := console.New(ctx, env, end)
	err := run(c, args)
	c.Close()
	inJSON := complaint.InJSON(args)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case !console.IsUsage(err):
		c.Told(err).Write(c.Err, c.Settings.JSON || inJSON)
		return 1
	case inJSON:
		c.Told(err).Write(c.Err, true)
	default:
		fmt.Fprintf(c.Err, "handslagctl: %v\n%s\n", err, c.Say("cli.see_help"))
	}
	return 2
}

func run(c *console.Console, args []string) error {
	words, err := c.Begin(args)
	if errors.Is(err, flag.ErrHelp) || err == nil && (len(words) == 0 || words[0] == "help") {
		help(c)
		return nil
	}
	if err != nil {
		return err
	}
	command, rest, ok := find(words)
	if !ok {
		return unknown(c, words)
	}
	return c.Run(command, rest)
}

// unknown refuses what is no command.
func unknown(c *console.Console, words []string) error {
	return console.Usage(fmt.Errorf("%s: %q", c.Say("cli.unknown_command"), words[0]))
}

// help lists the commands.
func help(c *console.Console) {
	fmt.Fprintf(c.Out, "handslagctl [flags] COMMAND [flags] …\n\n%s\n\n", c.Say("cli.about"))
	for _, command := range commands() {
		fmt.Fprintf(c.Out, "  %-19s %s\n", command.Name, c.Say(command.Sentence()))
	}
	fmt.Fprintf(c.Out, "\n%s\n", c.Say("cli.secrets"))
	fmt.Fprintf(c.Out, "\nhandslagctl COMMAND -h\n")
}
