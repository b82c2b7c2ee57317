package device

import (
	"fmt"

	"handslag/app/cli/console"
)

// SignIn asks for a new credential for a device that was away until its own had expired.
func SignIn(c *console.Console, args []string) error {
	f := c.Flags()
	browser := f.Bool("oidc", false, c.Say("cli.flag.browser"))
	f.IntVar(&c.Settings.PasswordFD, "password-fd", c.Settings.PasswordFD, c.Say("cli.flag.password_fd"))
	if _, err := c.Parse(f, args, 0, 0); err != nil {
		return err
	}
	if err := c.Unlocked(); err != nil {
		return err
	}
	if *browser {
		if err := c.Agent.SignInInBrowser(c.Ctx, browse(c)); err != nil {
			return err
		}
		return enrolled(c)
	}
	password, err := c.Secret(c.Settings.PasswordFD, "cli.password")
	if err != nil {
		return err
	}
	if err := c.Agent.SignIn(c.Ctx, password); err != nil {
		return err
	}
	return enrolled(c)
}

// browse opens the person's browser, and says where it goes. What the command line holds is an address on this machine
// that is good once.
func browse(c *console.Console) func(address string) error {
	return func(address string) error {
		fmt.Fprintf(c.Err, "%s\n%s\n", c.Say("cli.browser"), address)
		if err := c.Browse(address); err != nil {
			fmt.Fprintln(c.Err, err) // the person may go there by hand
		}
		return nil
	}
}
