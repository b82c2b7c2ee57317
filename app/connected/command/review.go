package command

import (
	"context"
	"flag"
	"fmt"
	"strings"

	"handslag/app/connected/gate"
	"handslag/assets"
	"handslag/identity"
	"handslag/sync/link"
)

func logVerb() verb {
	var f link.LogFilter
	var device string
	return verb{
		name: "log", short: "Show the audit log, newest first: the entries of which all filters hold. To look is an entry itself",
		examples: []string{"log -subject s-7m2q9d4xkv", "log -unit norra -kind record.opened -day 2026-11-23", "log -person anna.lind -rows 1000 -json"},
		begin: func(flags *flag.FlagSet) func(context.Context, *call) error {
			flags.Func("subject", "`ID` of the person or place that the data are about", text(&f.Subject))
			flags.Func("record", "`ID` of a record", text(&f.Record))
			flags.StringVar(&f.Person, "person", "", "`username` of a member of staff")
			flags.StringVar(&device, "device", "", "device `ID`")
			flags.Func("assignment", "`ID` of an assignment", text(&f.Assignment))
			flags.Func("unit", "`ID` of a unit in which whoever said it served then", text(&f.Unit))
			flags.Func("kind", "`kind` of entry: record.opened, share.sent, …", text(&f.Kind))
			flags.StringVar(&f.Day, "day", "", "`day` that it may have happened on: 2026-11-23")
			flags.StringVar(&f.To, "to", "", "the last `day` of several from -day on, at most 31 in all")
			rows := flags.Int("rows", 100, "show at most so `many`")
			return func(ctx context.Context, c *call) error {
				var err error
				if f.Device, err = deviceFlag(device); err != nil {
					return err
				}
				return c.administer(ctx, func(admin gate.Administration) error { return c.showLog(ctx, admin, f, *rows) })
			}
		},
	}
}

// text is a flag of a type that is a text.
func text[T ~string](to *T) func(string) error {
	return func(value string) error {
		*to = T(value)
		return nil
	}
}

func deviceFlag(text string) (identity.DeviceID, error) {
	if text == "" {
		return "", nil
	}
	id, err := identity.ParseDeviceID(text)
	if err != nil {
		return "", &usageError{fmt.Sprintf("-device: %v", err), "connected device list shows them"}
	}
	return id, nil
}

// showLog asks on until there are so many rows, or no more.
func (c *call) showLog(ctx context.Context, admin gate.Administration, f link.LogFilter, most int) error {
	all := link.LogPage{Rows: []link.LogRow{}}
	for first := true; first || all.Cursor != "" && len(all.Rows) < most; first = false {
		f.After, f.Limit = all.Cursor, most-len(all.Rows)
		page, err := admin.ReadLog(ctx, f)
		if err != nil {
			return err
		}
		all.Rows, all.Cursor = append(all.Rows, page.Rows...), page.Cursor
		if first {
			all.Found = page.Found
		}
	}
	return c.answer(all, func() {
		for _, found := range all.Found {
			c.say("FINDING %s", foundLine(found))
		}
		for _, r := range all.Rows {
			c.say("%s", rowLine(r))
			if r.Other != nil {
				c.say("  + %s", rowLine(*r.Other))
			}
		}
		if len(all.Rows) == 0 {
			c.say("No entry fits.")
		}
		if all.Cursor != "" {
			c.say("There may be more: -rows.")
		}
	})
}

// rowLine is an entry on one line: when it came, which device, and what it says as a sentence.
func rowLine(r link.LogRow) string {
	who, what, peer, title := r.Told()
	did := assets.English.Did(assets.Deed{Kind: string(r.Kind), Who: who, What: what, Peer: peer, Title: title, Thing: r.Thing(), Count: r.Count, Code: r.Code, System: r.System})
	parts := []string{minute(r.NotAfter), r.Device.Short(), did}
	var units []string
	for _, u := range r.Units {
		units = append(units, u.Name)
	}
	for _, part := range []string{r.Person.Username, r.DeviceLabel, r.PeerLabel, r.AssignmentTitle, r.Reason, r.Note, r.Code, strings.Join(units, ", "), strings.Join(r.Findings, ", ")} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if r.Alone {
		parts = append(parts, "the other half has not come")
	}
	return strings.Join(parts, " · ")
}

func findingListVerb() verb {
	var f link.FindingFilter
	var device string
	return verb{
		name: "finding list", short: "List what was noticed about devices' journals, newest first: gaps, forks, lone halves. To look is an entry itself",
		examples: []string{"finding list -open", "finding list -person anna.lind -json"},
		begin: func(flags *flag.FlagSet) func(context.Context, *call) error {
			flags.StringVar(&f.Person, "person", "", "`username` of a member of staff")
			flags.StringVar(&device, "device", "", "device `ID`")
			flags.StringVar(&f.Code, "code", "", "`code`: gap, fork, lone_half, clone, …")
			flags.BoolVar(&f.Open, "open", false, "only those of which something is left to wait for")
			rows := flags.Int("rows", 100, "show at most so `many`")
			return func(ctx context.Context, c *call) error {
				var err error
				if f.Device, err = deviceFlag(device); err != nil {
					return err
				}
				return c.administer(ctx, func(admin gate.Administration) error { return c.showFindings(ctx, admin, f, *rows) })
			}
		},
	}
}

func (c *call) showFindings(ctx context.Context, admin gate.Administration, f link.FindingFilter, most int) error {
	all := link.FindingPage{Findings: []link.Finding{}}
	for first := true; first || all.Cursor != "" && len(all.Findings) < most; first = false {
		f.After, f.Limit = all.Cursor, most-len(all.Findings)
		page, err := admin.ReadFindings(ctx, f)
		if err != nil {
			return err
		}
		all.Findings, all.Cursor = append(all.Findings, page.Findings...), page.Cursor
	}
	return c.answer(all, func() {
		var rows [][]string
		for _, found := range all.Findings {
			state := "closed"
			if found.Open {
				state = "open"
			}
			rows = append(rows, []string{found.Code, state, minute(found.At), dash(found.Person.Username), dash(found.Device.Grouped()), fmt.Sprint(found.Times)})
		}
		c.list("Nothing was found.", []string{"CODE", "STATE", "AT", "USERNAME", "DEVICE", "TIMES"}, rows)
	})
}

func foundLine(f link.Finding) string {
	state := "closed"
	if f.Open {
		state = "open"
	}
	return strings.Join([]string{f.Code, state, minute(f.At), dash(f.Person.Username), f.Device.Short()}, " · ")
}
