package device

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"handslag/app/agent"
	"handslag/app/cli/console"
)

// Wipe empties the device; what waits is handed in first, or stays in the outbox.
func Wipe(c *console.Console, args []string) error {
	passphrase, err := secretDeed(c, args, 0, func([]string) error { return nil })
	if err != nil {
		return err
	}
	defer reportProgress(c)()
	if err := c.Agent.Wipe(c.Ctx, passphrase); err != nil {
		return err
	}
	return c.Print(map[string]bool{"wiped": true}, func(w io.Writer) { fmt.Fprintln(w, c.Say("wipe.done")) })
}

// StartAgain is for a forgotten passphrase: it says what is lost and what is not, and wants a typed word.
func StartAgain(c *console.Console, args []string) error {
	f := c.Flags()
	yes := f.Bool("yes", false, c.Say("cli.flag.yes"))
	if _, err := c.Parse(f, args, 0, 0); err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	switch c.Agent.State() {
	case agent.IsNew:
		return &agent.Problem{Code: agent.NotEnrolled}
	case agent.IsElsewhere:
		return &agent.Problem{Code: agent.OpenElsewhere}
	}
	if !*yes {
		if c.Long {
			return c.Misused()
		}
		if err := sure(c); err != nil {
			return err
		}
	}
	if err := c.Agent.StartAgain(c.Ctx); err != nil {
		return err
	}
	return c.Print(map[string]bool{"new": true}, func(w io.Writer) { fmt.Fprintln(w, c.Say("again.done")) })
}

// sure says what will happen and reads the word that confirms it.
func sure(c *console.Console) error {
	for _, code := range []string{"again.received", "again.outbox", "again.gone", "again.needs"} {
		fmt.Fprintln(c.Err, c.Say(code))
	}
	fmt.Fprintf(c.Err, "%s: ", c.Say("again.confirm", "word", c.Say("again.word")))
	line, err := c.Input.Next(c.Ctx)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if !strings.EqualFold(strings.TrimSpace(line), c.Say("again.word")) {
		return &agent.Problem{Code: agent.Cancelled, Err: context.Canceled}
	}
	return nil
}
