package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"handslag/app/agent"
	"handslag/identity"
)

// me shows who this device speaks for.
func me(s *session, args []string) error {
	if _, err := s.parse(s.flags(), args, 0, 0); err != nil {
		return err
	}
	if err := s.unlocked(); err != nil {
		return err
	}
	m := s.agent.Me()
	return s.print(m, func(w io.Writer) { s.writeMe(w, m) })
}

func (s *session) writeMe(w io.Writer, m agent.Me) {
	online := s.say("header.offline")
	if m.Online {
		online = s.say("header.online")
	}
	for _, row := range [][2]string{
		{s.say("me.name"), m.Person.Name()},
		{s.say("me.username"), m.Person.Username},
		{s.say("me.organisation"), m.Organisation},
		{s.say("me.units"), unitNames(m.Units)},
		{s.say("me.roles"), strings.Join(m.Roles, ", ")},
		{s.say("me.device_id"), m.Device.Grouped()},
		{s.say("me.machine"), m.Label},
		{s.say("me.connection"), online},
		{s.say("me.last_sync"), moment(m.LastSync)},
		{s.say("me.credential_until"), moment(m.CredentialUntil)},
	} {
		if row[1] != "" || row[0] != s.say("me.machine") {
			fmt.Fprintf(w, "%-24s %s\n", row[0], row[1])
		}
	}
	fmt.Fprintln(w, s.waiting(m.Waiting))
	if n := len(s.agent.Notices()); n > 0 {
		fmt.Fprintln(w, s.say("cli.notices_waiting", "n", n))
	}
	if m.Revoked {
		fmt.Fprintln(w, s.say("me.revoked"))
	}
	if m.ClockSuspect {
		fmt.Fprintln(w, s.say("me.clock_suspect"))
	}
	if m.Problem != nil {
		sentences(s.lang(), m.Problem).write(w, s.lang(), false)
	}
}

func (s *session) waiting(n int) string {
	if n == 0 {
		return s.say("me.nothing_waiting")
	}
	return s.say("header.waiting_calm", "n", n)
}

func unitNames(units []identity.Unit) string {
	names := make([]string, len(units))
	for i, u := range units {
		names[i] = u.Name
	}
	return strings.Join(names, ", ")
}

// state is what can be said without a passphrase.
type state struct {
	State  agent.State       `json:"state"`
	First  string            `json:"first,omitempty"`
	Device identity.DeviceID `json:"device,omitempty"`
	Vault  string            `json:"vault"`

	ApprovalUntil time.Time `json:"approval_until,omitzero"` // until then the device waits for an administrator
}

// status needs no passphrase.
func status(s *session, args []string) error {
	if _, err := s.parse(s.flags(), args, 0, 0); err != nil {
		return err
	}
	if err := s.start(); err != nil {
		return err
	}
	m := s.agent.Me()
	now := state{State: s.agent.State(), First: m.Person.First, Device: m.Device, Vault: s.set.vault, ApprovalUntil: m.ApprovalUntil}
	return s.print(now, func(w io.Writer) {
		fmt.Fprintf(w, "%s\n%s\n", s.say("cli.state."+string(now.State)), now.Vault)
		if now.Device != "" {
			fmt.Fprintf(w, "%s, %s\n", now.First, now.Device.Grouped())
		}
	})
}
