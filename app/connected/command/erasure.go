package command

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"handslag/app/connected/gate"
	"handslag/vault/journal"
)

func eraseVerb() verb {
	var yes bool
	return verb{
		name: "erase", args: "SUBJECT", short: "Destroy the key of a person's data and all that is kept about them here, and order every device to do the same", min: 1, max: 1,
		examples: []string{"erase s-7m2q9d4xkv -yes"},
		begin: func(flags *flag.FlagSet) func(context.Context, *call) error {
			flags.BoolVar(&yes, "yes", false, "do it: it can not be undone")
			return func(ctx context.Context, c *call) error {
				if !yes {
					return &usageError{"erasure can not be undone, and -yes is missing", "nothing was changed; check the subject, then add -yes"}
				}
				return c.administer(ctx, func(admin gate.Administration) error {
					done, err := admin.EraseSubject(ctx, journal.SubjectID(c.args[0]))
					if errors.Is(err, gate.ErrUnknown) {
						return &hinted{err, "nothing was changed; an import's lines and the log name subjects: look at its spelling"}
					}
					if err != nil {
						return err
					}
					return c.answer(done, func() {
						c.say("Erased: %d records, %d assignments, %d attachments, %d payloads of the log. The log's entries stand.",
							done.Records, done.Assignments, done.Attachments, done.Payloads)
						c.say("Devices get the order when they next call; a device that is away keeps a copy until its loan ends.")
						c.say("No copy opens after %s.", minute(done.NoCopyAfter))
						c.say("How far it has come: connected erasure %s", c.args[0])
					})
				})
			}
		},
	}
}

func erasureVerb() verb {
	return verb{
		name: "erasure", args: "SUBJECT", short: "Say after when no copy of an erased person's data opens, and what each device has answered", min: 1, max: 1,
		examples: []string{"erasure s-7m2q9d4xkv", "erasure s-7m2q9d4xkv -json"},
		begin: simple(func(ctx context.Context, c *call) error {
			return c.administer(ctx, func(admin gate.Administration) error {
				report, err := admin.Erasure(ctx, journal.SubjectID(c.args[0]))
				if errors.Is(err, gate.ErrUnknown) {
					return &hinted{err, "nobody has been erased under this ID; connected erase does it"}
				}
				if err != nil {
					return err
				}
				return c.answer(report, func() { c.tellErasure(report) })
			})
		}),
	}
}

func (c *call) tellErasure(report gate.Erasure) {
	c.say("Erased %s.", minute(report.At))
	c.say("No copy opens after %s.", minute(report.NoCopyAfter))
	c.say("Backups of this folder from before it have to be gone by %s.", minute(report.BackupUntil))
	var waiting, weak, exported int
	var rows [][]string
	for _, d := range report.Devices {
		held := "no copy"
		if d.Held {
			held = "a copy"
			if d.LentUntil != 0 {
				held = "until " + minute(d.LentUntil)
			}
		}
		exported += d.Exported
		answer := "not yet"
		switch {
		case d.Answered != 0:
			answer = minute(d.Answered)
		case d.RevokedAt != 0:
			answer = "revoked"
		}
		if d.Held && d.Answered == 0 {
			waiting++
		}
		if d.Held && d.Answered != 0 && !d.Promised() {
			weak++
		}
		rows = append(rows, []string{d.ID.Grouped(), dash(d.Person.Username), held, answer, dash(d.Promise)})
	}
	c.list("No device has ever been enrolled.", []string{"DEVICE", "USERNAME", "LENT", "ERASED", "PROMISE"}, rows)
	if waiting > 0 {
		c.say("%s held a copy and %s not answered: it ends there with its loan at the latest.", devices(waiting), has(waiting))
	}
	if exported > 0 {
		c.say("Copies of attachments that staff saved in the clear, outside the program: %d. No order reaches them; the log says who saved which and why.", exported)
	}
	if weak > 0 {
		c.say("%s can not promise it for old copies of their files: whoever took one before, and has the passphrase, may bring the data back.", devices(weak))
	}
}

func devices(n int) string {
	if n == 1 {
		return "1 device"
	}
	return fmt.Sprintf("%d devices", n)
}

func has(n int) string {
	if n == 1 {
		return "has"
	}
	return "have"
}
