package cli

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"handslag/app/cli/console"
)

// converse is the session command: unlock once, then a command a line. Each ends with a line
// of its own on Out, "= ok" or "= problem CODE", so that a program knows when to go on; with
// -json the problem stands there whole.
func converse(c *console.Console, args []string) error {
	if c.Long {
		return unknown(c, []string{"session"})
	}
	if _, err := c.Parse(c.Flags(), args, 0, 0); err != nil {
		return err
	}
	if err := c.Unlocked(); err != nil {
		return err
	}
	c.Long = true
	asJSON := c.Settings.JSON
	fmt.Fprintln(c.Raw, "= ready")
	for {
		line, err := c.Input.Next(c.Ctx)
		switch {
		case errors.Is(err, io.EOF), err != nil && c.Ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		}
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if line == "quit" {
			return nil
		}
		c.Settings.JSON = asJSON
		answer(c, one(c, line))
	}
}

// one runs one line.
func one(c *console.Console, line string) error {
	words, err := console.Words(line)
	if err != nil {
		return console.Usage(err)
	}
	if words[0] == "help" {
		help(c)
		return nil
	}
	command, rest, ok := find(words)
	if !ok {
		return unknown(c, words)
	}
	return c.Run(command, rest)
}

func answer(c *console.Console, err error) {
	if err == nil || errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(c.Raw, "= ok")
		return
	}
	told := c.Told(err)
	if c.Settings.JSON {
		fmt.Fprint(c.Raw, "= problem ")
		told.Write(c.Raw, true)
		return
	}
	told.Write(c.Err, false)
	fmt.Fprintln(c.Raw, "= problem", told.Code)
}
