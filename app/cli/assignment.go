package cli

import (
	"fmt"
	"io"
	"os"
	"strings"

	"handslag/app/agent"
	"handslag/identity"
	"handslag/vault/journal"
)

// assignments lists the work.
func assignments(s *session, args []string) error {
	words, err := s.parse(s.flags(), args, 0, 16)
	if err != nil {
		return err
	}
	if err := s.unlocked(); err != nil {
		return err
	}
	tasks, err := s.agent.Assignments(s.ctx, strings.Join(words, " "))
	if err != nil {
		return err
	}
	if tasks == nil {
		tasks = []agent.Task{}
	}
	return s.print(tasks, func(w io.Writer) {
		if len(tasks) == 0 {
			fmt.Fprintf(w, "%s\n%s\n", s.say("assignments.empty"), s.say("assignments.empty_hint"))
		}
		for _, t := range tasks {
			fmt.Fprintf(w, "%-10s %-11s %-34s %-14s %s\n", t.ID, t.Due, t.Title, t.Area, s.stand(t))
		}
	})
}

// stand is how far the work is.
func (s *session) stand(t agent.Task) string {
	switch {
	case t.Done == nil && t.Record != "" && !t.HoldRecord:
		return s.say("assignments.needs_record", "record", t.RecordTitle)
	case t.Done == nil:
		return s.say("assignments.open")
	}
	text := s.say("assignments.signed_by", "name", t.Done.By, "time", moment(t.Done.At))
	if t.Done.OlderVersion {
		text += " · " + s.say("assignments.signed_older")
	}
	return text
}

// done signs an assignment as carried out.
func done(s *session, args []string) error {
	f := s.flags()
	note := f.String("note", "", s.say("assignments.note_hint"))
	words, err := s.parse(f, args, 1, 1)
	if err != nil {
		return err
	}
	if err := s.unlocked(); err != nil {
		return err
	}
	task, err := s.agent.Finish(s.ctx, journal.AssignmentID(words[0]), *note, "")
	if err != nil {
		return err
	}
	return s.print(task, func(w io.Writer) { fmt.Fprintf(w, "%s %s: %s\n", task.ID, task.Title, s.stand(task)) })
}

// exportSignature writes what verify-signature reads. A file that exists is left alone.
func exportSignature(s *session, args []string) (err error) {
	f := s.flags()
	out := f.String("out", "", s.say("cli.flag.out"))
	words, err := s.parse(f, args, 1, 1)
	if err != nil {
		return err
	}
	if *out == "" {
		return usageError{fmt.Errorf("%s %s", s.inUse.name, s.inUse.synopsis)}
	}
	if err := s.unlocked(); err != nil {
		return err
	}
	file, err := os.OpenFile(*out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return usageError{err}
	}
	defer func() {
		if closing := file.Close(); err == nil && closing != nil {
			err = fmt.Errorf("write signature: %w", closing)
		}
		if err != nil {
			os.Remove(*out)
		}
	}()
	if err := s.agent.ExportSignature(s.ctx, journal.AssignmentID(words[0]), file); err != nil {
		return err
	}
	return s.print(map[string]string{"file": *out}, func(w io.Writer) { fmt.Fprintln(w, *out) })
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

// verifySignature needs no vault and no network: only the organisation's ID is trusted.
func verifySignature(s *session, args []string) error {
	f := s.flags()
	org := f.String("organisation", "", s.say("enrol.organisation_id"))
	words, err := s.parse(f, args, 1, 1)
	if err != nil {
		return err
	}
	id, err := identity.ParseOrgID(*org)
	if err != nil {
		return &agent.Problem{Code: agent.OrgIDSlip, Err: err}
	}
	file, err := os.Open(words[0])
	if err != nil {
		return usageError{err}
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
	return s.print(told, func(w io.Writer) {
		fmt.Fprintln(w, s.say("cli.signature_holds"))
		fmt.Fprintf(w, "%s\n%s %s (%d)\n%s, %s\n%s: %s\n", told.Organisation, told.Assignment, told.Title, told.Number,
			told.Person.Name(), told.Person.Username, s.say("me.device_id"), told.Device.Grouped())
		if told.Details.Note != "" {
			fmt.Fprintf(w, "%s: %s\n", s.say("assignments.note"), told.Details.Note)
		}
	})
}
