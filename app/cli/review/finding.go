package review

import (
	"fmt"
	"io"

	"handslag/app/cli/console"
	"handslag/sync/link"
)

// Findings lists what the connected system noticed about journals, to whoever may read the log.
func Findings(c *console.Console, args []string) error {
	f := c.Flags()
	var filter link.FindingFilter
	f.StringVar(&filter.Person, "person", "", c.Say("log.staff"))
	device := f.String("device", "", c.Say("log.device"))
	f.StringVar(&filter.Code, "code", "", c.Say("cli.flag.finding_code"))
	f.BoolVar(&filter.Open, "open", false, c.Say("cli.flag.finding_open"))
	if _, err := c.Parse(f, args, 0, 0); err != nil {
		return err
	}
	var err error
	if filter.Device, err = deviceOf(*device); err != nil {
		return err
	}
	if err := c.Unlocked(); err != nil {
		return err
	}
	for {
		page, err := c.Agent.Findings(c.Ctx, filter)
		if err != nil {
			return err
		}
		err = c.Print(page, func(w io.Writer) {
			for _, f := range page.Findings {
				state := c.Say("found.closed")
				if f.Open {
					state = c.Say("found.open")
				}
				fmt.Fprintln(w, console.Joined(state, finding(c, f.Code), console.Moment(f.At.Time()), f.Person.Username, f.Device.Short()))
			}
		})
		if err != nil || page.Cursor == "" || page.Cursor == filter.After {
			return err
		}
		filter.After = page.Cursor
	}
}

// finding is a finding in words.
func finding(c *console.Console, code string) string {
	if !c.Lang().Knows("found." + code) {
		code = "unknown"
	}
	return c.Say("found." + code)
}
