package command

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"

	"handslag/app/connected/gate"
	"handslag/identity"
	"handslag/sync/link"
	"handslag/vault/journal"
)

func spreadVerb() verb {
	var f link.SpreadFilter
	return verb{
		name: "spread", args: "RECORD", short: "Show where copies of a record went, as a tree: who was given one by whom, until when, and what became of it", min: 1, max: 1,
		examples: []string{"spread r-7m2q9d4xkv", "spread r-7m2q9d4xkv -json", "spread r-7m2q9d4xkv -from QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"},
		begin: func(flags *flag.FlagSet) func(context.Context, *call) error {
			from := flags.String("from", "", "only what went on from this device `ID`")
			after := flags.String("after", "", "behind this device `ID`, the last that was shown of those that it was given by")
			return func(ctx context.Context, c *call) error {
				f.Record = journal.RecordID(c.args[0])
				for _, id := range []struct {
					text string
					to   *identity.DeviceID
				}{{*from, &f.From}, {*after, &f.After}} {
					device, err := deviceFlag(id.text)
					if err != nil {
						return err
					}
					*id.to = device
				}
				return c.administer(ctx, func(admin gate.Administration) error {
					tree, err := admin.ReadSpread(ctx, f)
					if errors.Is(err, gate.ErrUnknown) {
						return &hinted{err, "no such record, or no such device in its spread; look at the spelling"}
					}
					if err != nil {
						return err
					}
					return c.answer(tree, func() { c.drawSpread(tree) })
				})
			}
		},
	}
}

func (c *call) drawSpread(s link.Spread) {
	c.say("%s", strings.TrimSpace(s.SubjectName+" ("+string(s.Record)+")"))
	for lead, line := range s.Drawn() {
		if line.SpreadCopy == nil {
			c.say("%s… and %d more: -from and -after", lead, line.Folded)
			continue
		}
		c.say("%s%s", lead, copyLine(*line.SpreadCopy))
	}
	if s.Devices == 0 {
		c.say("No device was ever given a copy.")
		return
	}
	c.say("%s given a copy; it may open on %d.", devices(s.Devices), s.Open)
	if s.Ordered != 0 {
		c.say("Erasure ordered %s.", minute(s.Ordered))
	}
	if s.NoCopyAfter != 0 {
		c.say("No copy opens after %s, unless one is lent anew.", minute(s.NoCopyAfter))
	}
	if s.Unpromised > 0 {
		c.say("%s can not promise, or have not said so, that an older copy of their files stays shut after an erasure.", devices(s.Unpromised))
	}
	if s.Partial {
		c.say("It went to more devices than are told of here.")
	}
}

// copyLine is a copy on one line.
func copyLine(d link.SpreadCopy) string {
	holder := cmp.Or(d.Person.Username, "unknown") + " " + d.Device.Short()
	if d.Label != "" {
		holder += " (" + d.Label + ")"
	}
	parts := []string{holder, map[link.SpreadWay]string{
		link.WaySync: "from the connected system", link.WayHandOver: "handed over", link.WayUnknown: "handed it on, and nobody has told how it came"}[d.Way]}
	if d.Last != 0 {
		parts = append(parts, minute(d.Last))
	}
	state := map[link.SpreadState]string{link.CopyOpen: "open until " + minute(d.Until), link.CopyEnded: "its loan ended " + minute(d.Ended), link.CopyGone: "removed when its loan ended",
		link.CopyErased: "erased " + minute(d.Ended), link.CopyWiped: "emptied " + minute(d.Ended), link.CopyRefused: "not taken",
		link.CopyWithdrawn: "withdrawn, its loan until " + minute(d.Until), link.CopyUnknown: "nothing is known of its copy"}[d.State]
	parts = append(parts, state)
	if d.Answer != nil {
		parts = append(parts, fmt.Sprintf("receipt %d in the log", d.Answer.Entry))
	}
	if d.Promise != "" {
		parts = append(parts, "promise: "+d.Promise)
	}
	if d.Halves == 1 && d.Way == link.WayHandOver && d.State != link.CopyRefused {
		parts = append(parts, "one half has told")
	}
	for _, word := range []struct {
		is   bool
		text string
	}{{d.Unseen, "not seen since"}, {d.Revoked != 0, "revoked"}, {d.Exported > 0, fmt.Sprintf("%d attachments saved in the clear", d.Exported)}, {d.Again, "stands here again"}} {
		if word.is {
			parts = append(parts, word.text)
		}
	}
	return strings.Join(parts, " · ")
}
