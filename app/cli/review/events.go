package review

import (
	"fmt"
	"io"

	"handslag/app/cli/console"
	"handslag/assets"
)

// Events shows this device's own journal, newest first.
func Events(c *console.Console, args []string) error {
	f := c.Flags()
	limit := f.Int("limit", 100, c.Say("cli.flag.limit"))
	if _, err := c.Parse(f, args, 0, 0); err != nil {
		return err
	}
	if *limit < 1 {
		return console.Usage(fmt.Errorf("-limit: %d", *limit))
	}
	if err := c.Unlocked(); err != nil {
		return err
	}
	all, err := c.Agent.Events(c.Ctx, *limit)
	if err != nil {
		return err
	}
	return c.Print(all, func(w io.Writer) {
		for _, e := range all {
			waits := c.Say("state.ok")
			if e.Waiting {
				waits = c.Say("state.waiting")
			}
			did := c.Lang().Did(assets.Deed{Kind: string(e.Kind), Who: c.Say("did.you"), What: e.Title, Peer: e.Peer.Short(), Title: e.Title, Thing: e.Thing, Count: e.Count})
			fmt.Fprintf(w, "%6d  %s  %-8s %s\n", e.Seq, console.Moment(e.At), waits, console.Joined(did, e.Reason, e.Note, c.Lang().Change(e.Topic, e.Value), e.Code, e.Hash))
		}
	})
}
