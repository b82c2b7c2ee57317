package device

import (
	"fmt"
	"io"

	"handslag/app/cli/console"
)

// Passphrase changes what opens this device. Inside a session both come from descriptors:
// its input is for commands.
func Passphrase(c *console.Console, args []string) error {
	f := c.Flags()
	if c.Long {
		f.IntVar(&c.Settings.PassphraseFD, "passphrase-fd", c.Settings.PassphraseFD, c.Say("cli.flag.passphrase_fd"))
	}
	newFD := f.Int("new-passphrase-fd", -1, c.Say("cli.flag.new_passphrase_fd"))
	if _, err := c.Parse(f, args, 0, 0); err != nil {
		return err
	}
	if c.Long && (c.Settings.PassphraseFD < 0 || *newFD < 0) {
		return c.Misused()
	}
	if err := c.Start(); err != nil {
		return err
	}
	if err := c.Enrolled(); err != nil { // before anything is asked
		return err
	}
	old, err := c.Secret(c.Settings.PassphraseFD, "passphrase.old")
	if err != nil {
		return err
	}
	fresh, err := c.NewPassphrase(*newFD)
	if err != nil {
		return err
	}
	if !c.Long {
		if err := c.Agent.Unlock(c.Ctx, old); err != nil {
			return err
		}
	}
	if err := c.Agent.ChangePassphrase(c.Ctx, old, fresh); err != nil {
		return err
	}
	return c.Print(map[string]bool{"changed": true}, func(w io.Writer) {
		fmt.Fprintf(w, "%s\n%s\n", c.Say("passphrase.changed"), c.Say("passphrase.copies"))
	})
}
