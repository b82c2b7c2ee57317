package review

import (
	"cmp"
	"fmt"
	"io"

	"handslag/app/agent"
	"handslag/app/cli/console"
	"handslag/identity"
	"handslag/sync/link"
	"handslag/vault/journal"
)

// Spread draws where copies of a record went, to whoever may read the log.
func Spread(c *console.Console, args []string) error {
	f := c.Flags()
	from := f.String("from", "", c.Say("cli.flag.spread_from"))
	after := f.String("after", "", c.Say("cli.flag.spread_after"))
	rest, err := c.Parse(f, args, 1, 1)
	if err != nil {
		return err
	}
	filter := link.SpreadFilter{Record: journal.RecordID(rest[0])}
	if filter.From, err = deviceOf(*from); err != nil {
		return err
	}
	if filter.After, err = deviceOf(*after); err != nil {
		return err
	}
	if err := c.Unlocked(); err != nil {
		return err
	}
	tree, err := c.Agent.Spread(c.Ctx, filter)
	if err != nil {
		return err
	}
	return c.Print(tree, func(w io.Writer) { drawSpread(c, w, tree) })
}

// deviceOf is a device ID that was typed, or none.
func deviceOf(text string) (identity.DeviceID, error) {
	if text == "" {
		return "", nil
	}
	id, err := identity.ParseDeviceID(text)
	if err != nil {
		return "", &agent.Problem{Code: agent.BadFilter, Err: err}
	}
	return id, nil
}

func drawSpread(c *console.Console, w io.Writer, tree link.Spread) {
	fmt.Fprintln(w, console.Joined(tree.SubjectName, string(tree.Record)))
	for lead, one := range tree.Drawn() {
		if one.SpreadCopy == nil {
			fmt.Fprintf(w, "%s%s\n", lead, c.Say("spread.more", "n", one.Folded))
			continue
		}
		fmt.Fprintf(w, "%s%s\n", lead, copyLine(c, *one.SpreadCopy))
	}
	if tree.Devices == 0 {
		fmt.Fprintln(w, c.Say("spread.none"))
		return
	}
	fmt.Fprintln(w, c.Say("spread.devices", "n", tree.Devices, "open", tree.Open))
	if !tree.Ordered.IsZero() {
		fmt.Fprintln(w, c.Say("spread.ordered", "time", console.Moment(tree.Ordered.Time())))
	}
	if !tree.NoCopyAfter.IsZero() {
		fmt.Fprintln(w, c.Say("spread.no_copy_after", "time", console.Moment(tree.NoCopyAfter.Time())))
	}
	if tree.Unpromised > 0 {
		fmt.Fprintln(w, c.Say("spread.unpromised", "n", tree.Unpromised))
	}
	if tree.Partial {
		fmt.Fprintln(w, c.Say("spread.partial"))
	}
}

// copyLine is a copy on one line.
func copyLine(c *console.Console, one link.SpreadCopy) string {
	parts := []string{cmp.Or(one.Person.Username, c.Say("did.somebody")) + " " + one.Device.Short(), one.Label, c.Say("spread.way." + string(one.Way))}
	if !one.Last.IsZero() {
		parts = append(parts, console.Moment(one.Last.Time()))
	}
	parts = append(parts, c.Say("spread.state."+string(one.State), "until", console.Moment(one.Until.Time()), "ended", console.Moment(one.Ended.Time())))
	if one.Answer != nil {
		parts = append(parts, c.Say("spread.answer", "n", one.Answer.Entry))
	}
	if one.Promise != "" && c.Lang().Knows("spread.promise."+one.Promise) {
		parts = append(parts, c.Say("spread.promise."+one.Promise))
	}
	for _, word := range []struct {
		is   bool
		code string
	}{
		{one.Halves == 1 && one.Way == link.WayHandOver && one.State != link.CopyRefused, "spread.half"}, {one.Unseen, "spread.unseen"},
		{!one.Revoked.IsZero(), "spread.revoked"}, {one.Exported > 0, "spread.exported"}, {one.Again, "spread.again"},
	} {
		if word.is {
			parts = append(parts, c.Say(word.code, "n", one.Exported))
		}
	}
	return console.Joined(parts...)
}
