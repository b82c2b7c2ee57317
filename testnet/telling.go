package testnet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/sync/link"
	"handslag/testnet/demo"
)

// tellMorning plays the morning of the demo with the real parts, each step told as a
// sentence. What an earlier run did already is told so.
func (d *town) tellMorning(ctx context.Context) error {
	for _, step := range []func(context.Context) error{
		d.tellStart, d.tellCellar, d.tellHandshake, d.tellWork, d.tellReturn, d.tellLog,
	} {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := step(ctx); err != nil {
			return err
		}
	}
	d.say("demo.end", "state", d.dir)
	return d.obey(ctx)
}

// indent sets what a device shows apart from what is told.
func (d *town) indent(format string, args ...any) {
	fmt.Fprintf(d.o.Out, "    "+format+"\n", args...)
}

func (d *town) tellStart(ctx context.Context) error {
	for _, p := range []*Person{d.anna, d.bo} {
		if _, err := p.Do(ctx, "sync"); err != nil {
			return err
		}
		me, err := p.me(ctx)
		if err != nil {
			return err
		}
		d.say("demo.unlocked", "name", me.Person.Name(), "device", me.Device.Grouped())
	}
	return nil
}

func (d *town) tellCellar(ctx context.Context) error {
	if err := d.StopConnected(ctx); err != nil {
		return err
	}
	d.say("demo.offline")
	held, err := d.holds(ctx, d.bo)
	if err != nil {
		return err
	}
	d.say("demo.needs", "assignment", demo.MorningAssignmentID)
	if held {
		d.say("demo.held_already")
		return nil
	}
	_, err = d.bo.Do(ctx, "open", demo.MorningRecordID)
	var refused *Refused
	if !errors.As(err, &refused) {
		return fmt.Errorf("the record is on Bo's device, where it should not be: %w", err)
	}
	d.quote(refused.Said)
	return nil
}

func (d *town) quote(said string) {
	for line := range strings.Lines(said) {
		d.indent("%s", strings.TrimSpace(line))
	}
}

func (d *town) holds(ctx context.Context, p *Person) (bool, error) {
	values, err := p.Do(ctx, "records")
	if err != nil {
		return false, err
	}
	var cards []agent.Card
	if err := json.Unmarshal(values[0], &cards); err != nil {
		return false, err
	}
	for _, c := range cards {
		if c.ID == demo.MorningRecordID {
			return true, nil
		}
	}
	return false, nil
}

func (d *town) tellHandshake(ctx context.Context) error {
	m, err := d.Show(ctx, d.bo)
	if err != nil {
		return err
	}
	d.say("demo.shows", "file", m.Picture())
	digits, err := m.Read(ctx, d.anna)
	if err != nil {
		return err
	}
	d.say("demo.digits", "code", digits)
	if err := m.Type(ctx, digits); err != nil {
		return err
	}
	d.say("demo.verified")
	if err := m.Give(ctx, d.anna, demo.MorningRecordID); err != nil {
		return err
	}
	d.say("demo.given", "assignment", demo.MorningAssignmentID)
	return m.End(ctx, d.anna)
}

func (d *town) tellWork(ctx context.Context) error {
	values, err := d.bo.Do(ctx, "open", demo.MorningRecordID, "-assignment", demo.MorningAssignmentID)
	if err != nil {
		return err
	}
	var opening agent.Opening
	if err := json.Unmarshal(values[0], &opening); err != nil {
		return err
	}
	d.say("demo.opened", "entry", opening.Entry)
	for _, f := range opening.Fields {
		label := f.Name
		if code := "field." + f.Name; d.o.Lang.Knows(code) {
			label = d.o.Lang.Say(code)
		}
		d.indent("%-10s %s", label, f.Value)
	}
	_, err = d.bo.Do(ctx, "done", demo.MorningAssignmentID, "-note", d.o.Lang.Say("demo.note"))
	var refused *Refused
	switch {
	case errors.As(err, &refused) && refused.Code == agent.AlreadyDone:
		d.say("demo.signed_already", "assignment", demo.MorningAssignmentID)
	case err != nil:
		return err
	default:
		d.say("demo.signed", "assignment", demo.MorningAssignmentID)
	}
	d.bo.Kill()
	me, err := d.bo.me(ctx)
	if err != nil {
		return err
	}
	d.say("demo.killed", "n", me.Waiting)
	return nil
}

func (d *town) tellReturn(ctx context.Context) error {
	if err := d.StartConnected(ctx); err != nil {
		return err
	}
	d.say("demo.online")
	for _, p := range []*Person{d.anna, d.bo} {
		if _, err := p.Do(ctx, "sync"); err != nil {
			return err
		}
		me, err := p.me(ctx)
		if err != nil {
			return err
		}
		d.say("demo.synced", "name", me.Person.Name(), "waiting", me.Waiting)
	}
	return nil
}

func (d *town) tellLog(ctx context.Context) error {
	_, err := d.bo.Do(ctx, "log")
	var refused *Refused
	if !errors.As(err, &refused) {
		return fmt.Errorf("the log is open to Bo, who has no right to it: %w", err)
	}
	d.say("demo.bo_asks")
	d.quote(refused.Said)
	values, err := d.anna.Do(ctx, "log", "-record", demo.MorningRecordID)
	if err != nil {
		return err
	}
	var page link.LogPage
	if err := json.Unmarshal(values[0], &page); err != nil {
		return err
	}
	d.say("demo.log", "assignment", demo.MorningAssignmentID)
	const newest = 12
	for _, r := range page.Rows[:min(newest, len(page.Rows))] {
		d.row(r)
	}
	v, err := d.Audit(ctx)
	if err != nil {
		return err
	}
	d.say("demo.audit", "entries", v.Entries)
	return nil
}

// row is an entry as one line.
func (d *town) row(r link.LogRow) {
	why := r.Reason + r.Note
	if why == "" && r.Assignment != "" {
		why = string(r.Assignment)
	}
	who, what, peer, title := r.Told()
	did := d.Lang.Did(assets.Deed{Kind: string(r.Kind), Who: who, What: what, Peer: peer, Title: title, Thing: r.Thing(), Count: r.Count, Code: r.Code, System: r.System})
	if why != "" {
		did += " · " + why
	}
	d.indent("%s  %s  %s  %s", r.NotAfter.Time().Local().Format("15:04:05"), r.Device.Short(), r.Fingerprint, did)
}

func (p *Person) me(ctx context.Context) (agent.Me, error) {
	var me agent.Me
	values, err := p.Do(ctx, "me")
	if err != nil {
		return me, err
	}
	return me, json.Unmarshal(values[0], &me)
}
