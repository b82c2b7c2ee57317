package work

import (
	"fmt"
	"io"
	"strings"

	"handslag/app/cli/console"
)

// Find shows the cards of those who have a protected value, after the entries that say
// so are durable.
func Find(c *console.Console, args []string) error {
	words, reason, err := why(c, args, 1, 16)
	if err != nil {
		return err
	}
	if err := c.Unlocked(); err != nil {
		return err
	}
	found, err := c.Agent.FindProtected(c.Ctx, strings.Join(words, " "), reason)
	if err != nil {
		return err
	}
	return c.Print(found, func(w io.Writer) {
		if len(found.Cards) == 0 {
			fmt.Fprintln(w, c.Say("cli.found_none"))
		}
		writeCards(c, w, found.Cards)
		if found.More {
			fmt.Fprintln(w, c.Say("cli.found_more"))
		}
	})
}
