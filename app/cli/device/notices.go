package device

import (
	"fmt"
	"io"

	"handslag/app/agent"
	"handslag/app/cli/console"
)

// Notices shows what the person must be told once; with -dismiss they have read it.
func Notices(c *console.Console, args []string) error {
	f := c.Flags()
	dismiss := f.Bool("dismiss", false, c.Say("cli.flag.dismiss"))
	if _, err := c.Parse(f, args, 0, 0); err != nil {
		return err
	}
	if err := c.Unlocked(); err != nil {
		return err
	}
	list := c.Agent.Notices()
	if list == nil {
		list = []agent.Notice{}
	}
	err := c.Print(list, func(w io.Writer) {
		if len(list) == 0 {
			fmt.Fprintln(w, c.Say("cli.notices_none"))
		}
		for _, n := range list {
			fmt.Fprintln(w, console.Moment(n.At))
			c.Told(&agent.Problem{Code: n.Code, Args: n.Args}).Write(w, false)
		}
	})
	if err != nil || !*dismiss {
		return err
	}
	for _, n := range list { // those that were shown, and no others
		if err := c.Agent.DismissNotice(n.ID); err != nil {
			return err
		}
	}
	return nil
}
