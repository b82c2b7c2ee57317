package device

import (
	"fmt"
	"io"
	"strings"
	"time"

	"handslag/app/agent"
	"handslag/app/cli/console"
	"handslag/identity"
)

// Me shows who this device speaks for.
func Me(c *console.Console, args []string) error {
	if _, err := c.Parse(c.Flags(), args, 0, 0); err != nil {
		return err
	}
	if err := c.Unlocked(); err != nil {
		return err
	}
	m := c.Agent.Me()
	return c.Print(m, func(w io.Writer) { writeMe(c, w, m) })
}

func writeMe(c *console.Console, w io.Writer, m agent.Me) {
	online := c.Say("header.offline")
	if m.Online {
		online = c.Say("header.online")
	}
	for _, row := range [][2]string{
		{c.Say("me.name"), m.Person.Name()},
		{c.Say("me.username"), m.Person.Username},
		{c.Say("me.organisation"), m.Organisation},
		{c.Say("me.units"), console.Units(m.Units)},
		{c.Say("me.roles"), strings.Join(m.Roles, ", ")},
		{c.Say("me.device_id"), m.Device.Grouped()},
		{c.Say("me.machine"), m.Label},
		{c.Say("me.connection"), online},
		{c.Say("me.last_sync"), console.Moment(m.LastSync)},
		{c.Say("me.credential_until"), console.Moment(m.CredentialUntil)},
	} {
		if row[1] != "" || row[0] != c.Say("me.machine") {
			fmt.Fprintf(w, "%-24s %s\n", row[0], row[1])
		}
	}
	fmt.Fprintln(w, waiting(c, m.Waiting))
	if n := len(c.Agent.Notices()); n > 0 {
		fmt.Fprintln(w, c.Say("cli.notices_waiting", "n", n))
	}
	if m.Revoked {
		fmt.Fprintln(w, c.Say("me.revoked"))
	}
	if m.ClockSuspect {
		fmt.Fprintln(w, c.Say("me.clock_suspect"))
	}
	if m.Problem != nil {
		c.Told(m.Problem).Write(w, false)
	}
}

func waiting(c *console.Console, n int) string {
	if n == 0 {
		return c.Say("me.nothing_waiting")
	}
	return c.Say("header.waiting_calm", "n", n)
}

// state is what can be said without a passphrase.
type state struct {
	State  agent.State       `json:"state"`
	First  string            `json:"first,omitempty"`
	Device identity.DeviceID `json:"device,omitempty"`
	Vault  string            `json:"vault"`

	ApprovalUntil time.Time `json:"approval_until,omitzero"` // until then the device waits for an administrator
}

// Status needs no passphrase.
func Status(c *console.Console, args []string) error {
	if _, err := c.Parse(c.Flags(), args, 0, 0); err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	m := c.Agent.Me()
	now := state{State: c.Agent.State(), First: m.Person.First, Device: m.Device, Vault: c.Settings.Vault, ApprovalUntil: m.ApprovalUntil}
	return c.Print(now, func(w io.Writer) {
		fmt.Fprintf(w, "%s\n%s\n", c.Say("cli.state."+string(now.State)), now.Vault)
		if now.Device != "" {
			fmt.Fprintf(w, "%s, %s\n", now.First, now.Device.Grouped())
		}
	})
}
