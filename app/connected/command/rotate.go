package command

import (
	"context"
	"flag"
	"fmt"
	"time"

	"handslag/app/connected/organisation"
)

func rotateVerb() verb {
	var recovery string
	var fd int
	return verb{
		name: "rotate", args: "tls|sealing|issuing|log", short: "Put a new key in the place of one of the server's, by a new statement that the recovery file signs", min: 1, max: 1,
		examples: []string{"rotate tls -recovery /media/usb/linden.recovery"},
		begin: func(flags *flag.FlagSet) func(context.Context, *call) error {
			flags.StringVar(&recovery, "recovery", "", "recovery `file` that connected init wrote; sealing writes it anew (required)")
			flags.IntVar(&fd, "passphrase-fd", -1, "read the recovery file's passphrase from this file descriptor `number`")
			return func(ctx context.Context, c *call) error {
				if recovery == "" {
					return &usageError{"-recovery is required", "try: connected rotate -h"}
				}
				a := assurance{recovery: recovery, fd: fd}
				passphrase, err := a.passphrase(ctx, c)
				if err != nil {
					return err
				}
				defer clear(passphrase)
				what := organisation.Rotation(c.args[0])
				s, err := organisation.Reissue(c.dir, recovery, passphrase, organisation.Changes{Rotate: what}, time.Now())
				if err != nil {
					return err
				}
				return c.answer(tell(s), func() {
					c.say("The %s key is a new one, by statement %s. A running server takes it within seconds, devices at their next sync.", c.args[0], fmt.Sprint(s.Number))
					if what == organisation.RotateSealing {
						c.say("The recovery file has been written anew: copies of it do not open backups from now on. Replace them.")
					}
					c.say("Next: connected export statement for the directory, and connected backup, because an older one has the former key.")
				})
			}
		},
	}
}
