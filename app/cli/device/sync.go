package device

import (
	"context"
	"errors"
	"fmt"
	"io"

	"handslag/app/agent"
	"handslag/app/cli/console"
)

// Sync syncs once, or with -watch until the person ends it.
func Sync(c *console.Console, args []string) error {
	f := c.Flags()
	watch := f.Bool("watch", false, c.Say("cli.flag.watch"))
	if _, err := c.Parse(f, args, 0, 0); err != nil {
		return err
	}
	if err := c.Unlocked(); err != nil {
		return err
	}
	if *watch {
		return follow(c)
	}
	stop := reportProgress(c)
	result, err := c.Agent.Sync(c.Ctx)
	stop()
	if err != nil {
		return err
	}
	return c.Print(result, func(w io.Writer) {
		fmt.Fprintln(w, c.Say("cli.synced", "sent", result.Sent, "received", result.Received))
		if result.Carried > 0 {
			fmt.Fprintln(w, c.Say("cli.synced_carried", "n", result.Carried))
		}
		fmt.Fprintln(w, waiting(c, result.Waiting))
	})
}

// follow syncs in the background and tells of each change until the input says anything or
// the context ends.
func follow(c *console.Console) error {
	ctx, cancel := context.WithCancel(c.Ctx)
	defer cancel()
	changed := make(chan struct{}, 1)
	stop := c.Agent.Listen(func(signal agent.Signal) {
		if signal == agent.SyncChanged {
			select {
			case changed <- struct{}{}:
			default:
			}
		}
	})
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- c.Agent.Run(ctx) }()
	var lines <-chan string
	if c.Long {
		lines = c.Input.Channel()
	}
	for {
		select {
		case err := <-ended:
			if errors.Is(err, context.Canceled) {
				return nil
			}
			return err
		case <-lines:
			cancel()
			<-ended
			return nil
		case <-changed:
			m := c.Agent.Me()
			if err := c.Print(m, func(w io.Writer) {
				online := c.Say("header.offline")
				if m.Online {
					online = c.Say("header.online")
				}
				fmt.Fprintf(w, "%s %s %s\n", console.Moment(m.LastSync), online, waiting(c, m.Waiting))
			}); err != nil {
				return err
			}
		}
	}
}
