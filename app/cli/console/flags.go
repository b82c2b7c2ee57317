package console

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

// Command is one thing that can be asked for.
type Command struct {
	Name     string
	Synopsis string
	Example  string
	Run      func(*Console, []string) error
}

// Sentence is the code in assets of what the command does: cli.NAME, blanks and dashes as underscores.
func (c Command) Sentence() string {
	return "cli." + strings.NewReplacer(" ", "_", "-", "_").Replace(c.Name)
}

// Run runs command with what stands after its name.
func (c *Console) Run(command Command, args []string) error {
	before := c.inUse
	defer func() { c.inUse = before }()
	c.inUse = command
	return command.Run(c, args)
}

// Begin reads the flags that stand before a command, and gives what follows them.
func (c *Console) Begin(args []string) ([]string, error) {
	f := flag.NewFlagSet("handslagctl", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	c.Settings.register(f, c.Say)
	err := f.Parse(args)
	switch {
	case err == nil:
		err = c.Settings.check()
	case !errors.Is(err, flag.ErrHelp):
		err = Usage(err)
	}
	return f.Args(), err
}

// Flags makes a command's flag set; inside a session only what concerns one command can be
// set anew.
func (c *Console) Flags() *flag.FlagSet {
	f := flag.NewFlagSet(c.inUse.Name, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	if c.Long {
		f.BoolVar(&c.Settings.JSON, "json", c.Settings.JSON, c.Say("cli.flag.json"))
	} else {
		c.Settings.register(f, c.Say)
	}
	return f
}

// Parse reads flags before, between and after the words, of which there must be between
// least and most.
func (c *Console) Parse(f *flag.FlagSet, args []string, least, most int) ([]string, error) {
	var positional []string
	for {
		if err := f.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				c.usage(f)
				return nil, err
			}
			return nil, Usage(err)
		}
		if f.NArg() == 0 {
			break
		}
		if n := len(args) - f.NArg(); n > 0 && args[n-1] == "--" {
			positional = append(positional, f.Args()...)
			break
		}
		positional = append(positional, f.Arg(0))
		args = f.Args()[1:]
	}
	if err := c.Settings.check(); err != nil {
		return nil, err
	}
	if len(positional) < least || len(positional) > most {
		return nil, c.Misused()
	}
	return positional, nil
}

// usage explains one command.
func (c *Console) usage(f *flag.FlagSet) {
	command, out := c.inUse, c.Out
	fmt.Fprintf(out, "handslagctl %s\n\n%s\n\n", strings.TrimSpace(command.Name+" "+command.Synopsis), c.Say(command.Sentence()))
	f.SetOutput(out)
	f.PrintDefaults()
	fmt.Fprintf(out, "\n%s:\n  handslagctl %s\n", c.Say("cli.example"), command.Example)
}

type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// Usage marks err as a mistake on the command line: exit status 2.
func Usage(err error) error { return usageError{err} }

// IsUsage reports whether err is a mistake on the command line.
func IsUsage(err error) bool {
	var u usageError
	return errors.As(err, &u)
}

// Misused says how the command in use is used.
func (c *Console) Misused() error {
	return Usage(fmt.Errorf("%s %s", c.inUse.Name, c.inUse.Synopsis))
}
