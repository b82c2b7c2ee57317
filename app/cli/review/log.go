package review

import (
	"fmt"
	"strings"

	"handslag/app/cli/console"
	"handslag/assets"
	"handslag/identity"
	"handslag/sync/link"
	"handslag/vault/journal"
)

// Log shows or exports the connected system's log, to whoever may read it.
func Log(c *console.Console, args []string) error {
	f := c.Flags()
	subject := f.String("subject", "", c.Say("log.subject"))
	record := f.String("record", "", c.Say("cli.flag.record"))
	person := f.String("person", "", c.Say("log.staff"))
	device := f.String("device", "", c.Say("log.device"))
	assignment := f.String("assignment", "", c.Say("log.assignment"))
	unit := f.String("unit", "", c.Say("log.unit"))
	kind := f.String("kind", "", c.Say("cli.flag.kind"))
	day := f.String("day", "", c.Say("log.day"))
	to := f.String("to", "", c.Say("cli.flag.to"))
	csv := f.Bool("csv", false, c.Say("log.export_csv"))
	if _, err := c.Parse(f, args, 0, 0); err != nil {
		return err
	}
	filter := link.LogFilter{
		Subject: journal.SubjectID(*subject), Record: journal.RecordID(*record), Person: *person, Day: *day, To: *to,
		Assignment: journal.AssignmentID(*assignment), Unit: identity.UnitID(*unit), Kind: journal.Kind(*kind),
	}
	var err error
	if filter.Device, err = deviceOf(*device); err != nil {
		return err
	}
	if err := c.Unlocked(); err != nil {
		return err
	}
	switch {
	case *csv:
		_, err := c.Agent.ExportLog(c.Ctx, filter, "csv", c.Raw)
		return err
	case c.Settings.JSON:
		return logPages(c, filter)
	}
	return logText(c, filter)
}

// logPages prints each page as one line of JSON, findings with it.
func logPages(c *console.Console, filter link.LogFilter) error {
	return eachPage(c, filter, func(page link.LogPage) error { return c.Print(page, nil) })
}

func logText(c *console.Console, filter link.LogFilter) error {
	rows, bounded := 0, false
	err := eachPage(c, filter, func(page link.LogPage) error {
		if len(page.Within) > 0 && !bounded {
			bounded = true
			if _, err := fmt.Fprintln(c.Out, c.Say("log.within", "units", console.Units(page.Within))); err != nil {
				return err
			}
		}
		for _, f := range page.Found {
			if _, err := fmt.Fprintf(c.Out, "%s: %s  %s  %s %s\n", c.Say("log.finding"), finding(c, f.Code), console.Moment(f.At.Time()), f.Person.Username, f.Device.Short()); err != nil {
				return err
			}
		}
		for _, r := range page.Rows {
			rows++
			if err := writeRow(c, r, ""); err != nil {
				return err
			}
			if r.Other != nil {
				if err := writeRow(c, *r.Other, "  + "); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err == nil {
		fmt.Fprintln(c.Out, c.Say("log.rows", "n", rows))
	}
	return err
}

func eachPage(c *console.Console, filter link.LogFilter, show func(link.LogPage) error) error {
	for {
		page, err := c.Agent.Log(c.Ctx, filter)
		if err != nil {
			return err
		}
		if err := show(page); err != nil {
			return err
		}
		if page.Cursor == "" || page.Cursor == filter.After {
			return nil
		}
		filter.After = page.Cursor
	}
}

func writeRow(c *console.Console, r link.LogRow, indent string) error {
	alone := ""
	if r.Alone {
		alone = c.Say("log.pair_missing")
	}
	carried := ""
	if r.Carrier != "" {
		carried = c.Say("log.carried_by") + " " + r.Carrier.Short()
	}
	var found []string
	for _, code := range r.Findings {
		found = append(found, finding(c, code))
	}
	who, what, peer, title := r.Told()
	did := c.Lang().Did(assets.Deed{Kind: string(r.Kind), Who: who, What: what, Peer: peer, Title: title, Thing: r.Thing(), Count: r.Count, Code: r.Code, System: r.System})
	_, err := fmt.Fprintf(c.Out, "%s%s  %s  %s  %s\n", indent, console.Moment(r.NotAfter.Time()), r.Device.Short(), r.Fingerprint,
		console.Joined(did, r.Person.Username, r.DeviceLabel, r.PeerLabel, r.AssignmentTitle, r.Reason, r.Note, c.Lang().Change(r.Topic, r.Value), r.Code, console.Units(r.Units), r.Address, carried, alone, strings.Join(found, ", ")))
	return err
}

// Feed writes the connected system's log for another system, oldest first, to whoever may take it there.
func Feed(c *console.Console, args []string) error {
	f := c.Flags()
	after := f.String("after", "", c.Say("cli.flag.after"))
	format := f.String("format", "json", c.Say("cli.flag.format"))
	if _, err := c.Parse(f, args, 0, 0); err != nil {
		return err
	}
	if err := c.Unlocked(); err != nil {
		return err
	}
	return c.Agent.FeedLog(c.Ctx, *after, *format, c.Raw)
}
