package cli

import (
	"cmp"
	"fmt"
	"io"

	"handslag/app/agent"
	"handslag/identity"
	"handslag/sync/link"
	"handslag/vault/journal"
)

// spread draws where copies of a record went, to whoever may read the log.
func spread(s *session, args []string) error {
	f := s.flags()
	from := f.String("from", "", s.say("cli.flag.spread_from"))
	after := f.String("after", "", s.say("cli.flag.spread_after"))
	rest, err := s.parse(f, args, 1, 1)
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
	if err := s.unlocked(); err != nil {
		return err
	}
	tree, err := s.agent.Spread(s.ctx, filter)
	if err != nil {
		return err
	}
	return s.print(tree, func(w io.Writer) { s.drawSpread(w, tree) })
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

func (s *session) drawSpread(w io.Writer, tree link.Spread) {
	fmt.Fprintln(w, joined(tree.SubjectName, string(tree.Record)))
	for lead, c := range tree.Drawn() {
		if c.SpreadCopy == nil {
			fmt.Fprintf(w, "%s%s\n", lead, s.say("spread.more", "n", c.Folded))
			continue
		}
		fmt.Fprintf(w, "%s%s\n", lead, s.copyLine(*c.SpreadCopy))
	}
	if tree.Devices == 0 {
		fmt.Fprintln(w, s.say("spread.none"))
		return
	}
	fmt.Fprintln(w, s.say("spread.devices", "n", tree.Devices, "open", tree.Open))
	if !tree.Ordered.IsZero() {
		fmt.Fprintln(w, s.say("spread.ordered", "time", moment(tree.Ordered.Time())))
	}
	if !tree.NoCopyAfter.IsZero() {
		fmt.Fprintln(w, s.say("spread.no_copy_after", "time", moment(tree.NoCopyAfter.Time())))
	}
	if tree.Unpromised > 0 {
		fmt.Fprintln(w, s.say("spread.unpromised", "n", tree.Unpromised))
	}
	if tree.Partial {
		fmt.Fprintln(w, s.say("spread.partial"))
	}
}

// copyLine is a copy on one line.
func (s *session) copyLine(c link.SpreadCopy) string {
	parts := []string{cmp.Or(c.Person.Username, s.say("did.somebody")) + " " + c.Device.Short(), c.Label, s.say("spread.way." + string(c.Way))}
	if !c.Last.IsZero() {
		parts = append(parts, moment(c.Last.Time()))
	}
	parts = append(parts, s.say("spread.state."+string(c.State), "until", moment(c.Until.Time()), "ended", moment(c.Ended.Time())))
	if c.Answer != nil {
		parts = append(parts, s.say("spread.answer", "n", c.Answer.Entry))
	}
	if c.Promise != "" && s.lang().Knows("spread.promise."+c.Promise) {
		parts = append(parts, s.say("spread.promise."+c.Promise))
	}
	for _, word := range []struct {
		is   bool
		code string
	}{
		{c.Halves == 1 && c.Way == link.WayHandOver && c.State != link.CopyRefused, "spread.half"}, {c.Unseen, "spread.unseen"},
		{!c.Revoked.IsZero(), "spread.revoked"}, {c.Exported > 0, "spread.exported"}, {c.Again, "spread.again"},
	} {
		if word.is {
			parts = append(parts, s.say(word.code, "n", c.Exported))
		}
	}
	return joined(parts...)
}

// findings lists what the connected system noticed about journals, to whoever may read the log.
func findings(s *session, args []string) error {
	f := s.flags()
	var filter link.FindingFilter
	f.StringVar(&filter.Person, "person", "", s.say("log.staff"))
	device := f.String("device", "", s.say("log.device"))
	f.StringVar(&filter.Code, "code", "", s.say("cli.flag.finding_code"))
	f.BoolVar(&filter.Open, "open", false, s.say("cli.flag.finding_open"))
	if _, err := s.parse(f, args, 0, 0); err != nil {
		return err
	}
	var err error
	if filter.Device, err = deviceOf(*device); err != nil {
		return err
	}
	if err := s.unlocked(); err != nil {
		return err
	}
	for {
		page, err := s.agent.Findings(s.ctx, filter)
		if err != nil {
			return err
		}
		err = s.print(page, func(w io.Writer) {
			for _, f := range page.Findings {
				state := s.say("found.closed")
				if f.Open {
					state = s.say("found.open")
				}
				fmt.Fprintln(w, joined(state, s.found(f.Code), moment(f.At.Time()), f.Person.Username, f.Device.Short()))
			}
		})
		if err != nil || page.Cursor == "" || page.Cursor == filter.After {
			return err
		}
		filter.After = page.Cursor
	}
}
