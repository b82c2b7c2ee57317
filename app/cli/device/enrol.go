package device

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"

	"handslag/app/agent"
	"handslag/app/cli/console"
	"handslag/identity"
)

// CheckOrganisation catches a typing slip before any network is asked, then asks the
// directory once and checks the root key's signature.
func CheckOrganisation(c *console.Console, args []string) error {
	f := c.Flags()
	picture := f.String("picture", "", c.Say("cli.flag.picture"))
	words, err := c.Parse(f, args, 0, 1)
	if err != nil {
		return err
	}
	if (len(words) == 1) == (*picture != "") {
		return c.Misused()
	}
	if err := c.Start(); err != nil {
		return err
	}
	org, err := organisation(c, words, *picture)
	if err != nil {
		return err
	}
	if c.Settings.Directory == "" {
		return console.Usage(fmt.Errorf("-directory: %s", c.Say("common.required")))
	}
	found, err := c.Agent.FindOrganisation(c.Ctx, org)
	if err != nil {
		return err
	}
	return c.Print(found, func(w io.Writer) {
		fmt.Fprintf(w, "%s\n%s\n%s\n%s\n", found.Name, found.Org.Grouped(), found.URL, c.Say("enrol.found"))
	})
}

func organisation(c *console.Console, words []string, picture string) (identity.OrgID, error) {
	if picture == "" {
		return c.Agent.ReadOrganisation(words[0])
	}
	file, err := os.Open(picture)
	if err != nil {
		return "", console.Usage(err)
	}
	defer file.Close()
	return c.Agent.ReadOrganisationPicture(file)
}

// Enrol makes this folder a person's profile; a half made one is resumed.
func Enrol(c *console.Console, args []string) error {
	f := c.Flags()
	org := f.String("organisation", "", c.Say("enrol.organisation_id"))
	picture := f.String("picture", "", c.Say("cli.flag.picture"))
	username := f.String("username", "", c.Say("enrol.username"))
	browser := f.Bool("oidc", false, c.Say("cli.flag.browser"))
	leave := f.Bool("no-wait", false, c.Say("cli.flag.no_wait"))
	guards := f.String("factors", "none", c.Say("cli.flag.factors"))
	f.IntVar(&c.Settings.PasswordFD, "password-fd", c.Settings.PasswordFD, c.Say("cli.flag.password_fd"))
	if _, err := c.Parse(f, args, 0, 0); err != nil {
		return err
	}
	if c.Long {
		return &agent.Problem{Code: agent.AlreadyEnrolled}
	}
	if err := c.Start(); err != nil {
		return err
	}
	if c.Agent.State() == agent.IsEnrolling {
		return resume(c, *browser, *leave)
	}
	if *org == "" && *picture == "" {
		*org = string(c.Agent.Me().Org) // of a device that was started again
	}
	if (*username == "") != *browser || (*org == "") == (*picture == "") {
		return c.Misused()
	}
	use, err := parseFactors(*guards)
	if err != nil {
		return err
	}
	id, err := organisation(c, []string{*org}, *picture)
	if err != nil {
		return err // before anything is asked
	}
	ask := agent.Enrolment{Org: id, Username: *username, Factors: use}
	if *browser {
		ask.Browse = browse(c)
	} else if ask.Password, err = c.Secret(c.Settings.PasswordFD, "cli.password"); err != nil {
		return err
	}
	ask.Passphrase, err = c.NewPassphrase(c.Settings.PassphraseFD)
	if err != nil {
		return err
	}
	return enrolling(c, *leave, func(ctx context.Context) error { return c.Agent.Enrol(ctx, ask) })
}

// enrolling enrols, and says so while the device waits for an administrator; leave ends it there.
func enrolling(c *console.Console, leave bool, enrol func(context.Context) error) error {
	ctx, stop := context.WithCancel(c.Ctx)
	defer stop()
	var once sync.Once
	defer c.Agent.Listen(func(agent.Signal) {
		if me := c.Agent.Me(); !me.ApprovalUntil.IsZero() {
			once.Do(func() {
				if leave {
					stop()
					return
				}
				fmt.Fprintf(c.Err, "%s\n%s: %s\n%s\n", c.Say("enrol.waits_hint"), c.Say("me.device_id"), me.Device.Grouped(),
					c.Say("enrol.waits_until", "time", me.ApprovalUntil.Local().Format("2006-01-02 15:04")))
			})
		}
	})()
	err := enrol(ctx)
	if me := c.Agent.Me(); agent.CodeOf(err) == agent.Cancelled && c.Ctx.Err() == nil && !me.ApprovalUntil.IsZero() {
		return &agent.Problem{Code: agent.DeviceWaits, Args: map[string]string{"device": me.Device.Grouped()}}
	}
	if err != nil {
		return err
	}
	return enrolled(c)
}

func resume(c *console.Console, browser, leave bool) error {
	waits := !c.Agent.Me().ApprovalUntil.IsZero()
	if waits {
		fmt.Fprintln(c.Err, c.Say("enrol.waits_resume"))
	} else {
		fmt.Fprintln(c.Err, c.Say("enrol.resume"))
	}
	var password string
	var err error
	if !browser && !waits {
		if password, err = c.Secret(c.Settings.PasswordFD, "cli.password"); err != nil {
			return err
		}
	}
	passphrase, err := c.Secret(c.Settings.PassphraseFD, "lock.passphrase")
	if err != nil {
		return err
	}
	return enrolling(c, leave, func(ctx context.Context) error {
		if browser && !waits {
			return c.Agent.ResumeEnrolInBrowser(ctx, passphrase, browse(c))
		}
		return c.Agent.ResumeEnrol(ctx, passphrase, password)
	})
}

func enrolled(c *console.Console) error {
	me := c.Agent.Me()
	return c.Print(me, func(w io.Writer) {
		fmt.Fprintf(w, "%s\n%s: %s\n", c.Say("enrol.done", "name", me.Person.Name()), c.Say("me.device_id"), me.Device.Grouped())
	})
}
