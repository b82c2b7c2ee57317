package work

import (
	"fmt"
	"io"
	"os"
	"strings"

	"handslag/app/agent"
	"handslag/app/cli/console"
	"handslag/identity"
	"handslag/vault/journal"
)

// Assignments lists the work.
func Assignments(c *console.Console, args []string) error {
	words, err := c.Parse(c.Flags(), args, 0, 16)
	if err != nil {
		return err
	}
	if err := c.Unlocked(); err != nil {
		return err
	}
	tasks, err := c.Agent.Assignments(c.Ctx, strings.Join(words, " "))
	if err != nil {
		return err
	}
	if tasks == nil {
		tasks = []agent.Task{}
	}
	return c.Print(tasks, func(w io.Writer) {
		if len(tasks) == 0 {
			fmt.Fprintf(w, "%s\n%s\n", c.Say("assignments.empty"), c.Say("assignments.empty_hint"))
		}
		for _, t := range tasks {
			fmt.Fprintf(w, "%-10s %-11s %-34s %-14s %s\n", t.ID, t.Due, t.Title, t.Area, stand(c, t))
		}
	})
}

// stand is how far the work is.
func stand(c *console.Console, t agent.Task) string {
	switch {
	case t.Done == nil && t.Record != "" && !t.HoldRecord:
		return c.Say("assignments.needs_record", "record", t.RecordTitle)
	case t.Done == nil:
		return c.Say("assignments.open")
	}
	text := c.Say("assignments.signed_by", "name", t.Done.By, "time", console.Moment(t.Done.At))
	if t.Done.OlderVersion {
		text += " · " + c.Say("assignments.signed_older")
	}
	return text
}

// Done signs an assignment as carried out.
func Done(c *console.Console, args []string) error {
	f := c.Flags()
	note := f.String("note", "", c.Say("assignments.note_hint"))
	words, err := c.Parse(f, args, 1, 1)
	if err != nil {
		return err
	}
	if err := c.Unlocked(); err != nil {
		return err
	}
	task, err := c.Agent.Finish(c.Ctx, journal.AssignmentID(words[0]), *note, "")
	if err != nil {
		return err
	}
	return c.Print(task, func(w io.Writer) { fmt.Fprintf(w, "%s %s: %s\n", task.ID, task.Title, stand(c, task)) })
}

// ExportSignature writes what verify-signature reads. A file that exists is left alone.
func ExportSignature(c *console.Console, args []string) (err error) {
	f := c.Flags()
	out := f.String("out", "", c.Say("cli.flag.out"))
	words, err := c.Parse(f, args, 1, 1)
	if err != nil {
		return err
	}
	if *out == "" {
		return c.Misused()
	}
	if err := c.Unlocked(); err != nil {
		return err
	}
	file, err := os.OpenFile(*out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return console.Usage(err)
	}
	defer func() {
		if closing := file.Close(); err == nil && closing != nil {
			err = fmt.Errorf("write signature: %w", closing)
		}
		if err != nil {
			os.Remove(*out)
		}
	}()
	if err := c.Agent.ExportSignature(c.Ctx, journal.AssignmentID(words[0]), file); err != nil {
		return err
	}
	return c.Print(map[string]string{"file": *out}, func(w io.Writer) { fmt.Fprintln(w, *out) })
}

// signature is what a checked file says.
type signature struct {
	Organisation string               `json:"organisation"`
	Assignment   journal.AssignmentID `json:"assignment"`
	Number       uint64               `json:"number"`
	Title        string               `json:"title"`
	Person       identity.Person      `json:"person"`
	Device       identity.DeviceID    `json:"device"`
	Details      journal.Details      `json:"details"`
}

// VerifySignature needs no vault and no network: only the organisation's ID is trusted.
func VerifySignature(c *console.Console, args []string) error {
	f := c.Flags()
	org := f.String("organisation", "", c.Say("enrol.organisation_id"))
	words, err := c.Parse(f, args, 1, 1)
	if err != nil {
		return err
	}
	id, err := identity.ParseOrgID(*org)
	if err != nil {
		return &agent.Problem{Code: agent.OrgIDSlip, Err: err}
	}
	file, err := os.Open(words[0])
	if err != nil {
		return console.Usage(err)
	}
	defer file.Close()
	found, err := agent.VerifySignature(file, id)
	if err != nil {
		return err
	}
	told := signature{
		Organisation: found.Statement.Name, Assignment: found.Work.Assignment, Number: found.Work.Number,
		Title: found.Assignment.Title, Person: found.Credential.Person, Device: found.Work.Device, Details: found.Details,
	}
	return c.Print(told, func(w io.Writer) {
		fmt.Fprintln(w, c.Say("cli.signature_holds"))
		fmt.Fprintf(w, "%s\n%s %s (%d)\n%s, %s\n%s: %s\n", told.Organisation, told.Assignment, told.Title, told.Number,
			told.Person.Name(), told.Person.Username, c.Say("me.device_id"), told.Device.Grouped())
		if told.Details.Note != "" {
			fmt.Fprintf(w, "%s: %s\n", c.Say("assignments.note"), told.Details.Note)
		}
	})
}
