package device

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"handslag/app/agent"
	"handslag/app/cli/console"
)

// ListOutbox shows what lies sealed on this machine, of all its profiles.
func ListOutbox(c *console.Console, args []string) error {
	if _, err := c.Parse(c.Flags(), args, 0, 0); err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	list, err := c.Agent.Outbox(c.Ctx)
	if err != nil {
		return err
	}
	return c.Print(list, func(w io.Writer) {
		if len(list) == 0 {
			fmt.Fprintln(w, c.Say("cli.outbox_empty"))
		}
		for _, one := range list {
			writeSealed(c, w, one)
		}
		for _, b := range agent.Burdens(list) {
			fmt.Fprintln(w, c.Say("outbox.bears", "n", b.Segments, "who", cmp.Or(b.For, c.Say("outbox.device", "device", b.Device.Grouped()))))
		}
	})
}

func writeSealed(c *console.Console, w io.Writer, one agent.SealedSegment) {
	parts := []string{one.File}
	if one.Device != "" {
		parts = []string{c.Say("cli.outbox_line", "device", one.Device.Grouped(), "first", one.First, "entries", one.Entries, "size", one.Size)}
	}
	for _, mark := range []struct {
		is   bool
		code string
	}{{one.Own, "cli.outbox_own"}, {one.Brought, "cli.outbox_brought"}, {one.Carried, "cli.outbox_carried"}, {one.Handed, "cli.outbox_handed"}} {
		if mark.is {
			parts = append(parts, c.Say(mark.code))
		}
	}
	if one.Problem != "" {
		parts = append(parts, c.Told(&agent.Problem{Code: one.Problem}).What+" ("+string(one.Problem)+")")
	}
	fmt.Fprintln(w, strings.Join(parts, " · "))
}

// ExportOutbox copies all of it into a folder, as it is.
func ExportOutbox(c *console.Console, args []string) error {
	return carryOutbox(c, args, "cli.outbox_exported", (*agent.Agent).ExportOutbox)
}

// ImportOutbox takes what an export left in a folder.
func ImportOutbox(c *console.Console, args []string) error {
	return carryOutbox(c, args, "cli.outbox_imported", (*agent.Agent).ImportOutbox)
}

// carryOutbox tells what was copied and, on the stream of problems, each file that was not. A
// file that is refused is no failure of the others: the status is 1, and they are there.
func carryOutbox(c *console.Console, args []string, sentence string, carry func(*agent.Agent, context.Context, string) (agent.Carriage, error)) error {
	words, err := c.Parse(c.Flags(), args, 1, 1)
	if err != nil {
		return err
	}
	if info, err := os.Stat(words[0]); err != nil || !info.IsDir() {
		return console.Usage(fmt.Errorf("%s: %s", c.Say("cli.no_folder"), words[0]))
	}
	if err := c.Start(); err != nil {
		return err
	}
	result, err := carry(c.Agent, c.Ctx, words[0])
	if err != nil {
		return err
	}
	err = c.Print(result, func(w io.Writer) {
		fmt.Fprintln(w, c.Say(sentence, "copied", result.Copied, "known", result.Known))
		for _, one := range result.Refused {
			writeSealed(c, w, one)
		}
	})
	if err == nil && len(result.Refused) > 0 {
		return &agent.Problem{Code: result.Refused[0].Problem}
	}
	return err
}
