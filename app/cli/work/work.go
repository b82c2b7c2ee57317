package work

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"handslag/app/agent"
	"handslag/app/cli/console"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// Assignment shows one piece of work with all that was said about it.
func Assignment(c *console.Console, args []string) error {
	words, err := c.Parse(c.Flags(), args, 1, 1)
	if err != nil {
		return err
	}
	if err := c.Unlocked(); err != nil {
		return err
	}
	return show(c)(c.Agent.Assignment(c.Ctx, journal.AssignmentID(words[0])))
}

// Edit says what a field of the work is now.
func Edit(c *console.Console, args []string) error {
	words, err := c.Parse(c.Flags(), args, 2, 16)
	if err != nil {
		return err
	}
	if err := c.Unlocked(); err != nil {
		return err
	}
	value := strings.Join(words[2:], " ")
	return show(c)(c.Agent.EditWork(c.Ctx, journal.AssignmentID(words[0]), agent.Edit{Topic: topicOf(words[1]), Value: value}))
}

// Note adds a note to the work.
func Note(c *console.Console, args []string) error {
	words, err := c.Parse(c.Flags(), args, 2, 256)
	if err != nil {
		return err
	}
	if err := c.Unlocked(); err != nil {
		return err
	}
	return show(c)(c.Agent.Note(c.Ctx, journal.AssignmentID(words[0]), strings.Join(words[1:], " ")))
}

// Choose settles a field that stands in several ways, by the number that it is shown with.
func Choose(c *console.Console, args []string) error {
	words, err := c.Parse(c.Flags(), args, 3, 3)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(words[2])
	if err != nil || n < 1 {
		return c.Misused()
	}
	if err := c.Unlocked(); err != nil {
		return err
	}
	id, topic := journal.AssignmentID(words[0]), topicOf(words[1])
	task, err := c.Agent.Assignment(c.Ctx, id)
	if err != nil {
		return err
	}
	for _, f := range task.Fields() {
		if f.Topic == topic && n <= len(f.Says) {
			return show(c)(c.Agent.Choose(c.Ctx, id, topic, f.Says[n-1].Operation, task.Seen))
		}
	}
	return &agent.Problem{Code: agent.WorkMoved, Err: errors.New("there is nothing of that number")}
}

// topicOf is the field that a person names: status, planned, or a point of the assignment.
func topicOf(word string) record.Topic {
	if topic := record.Topic(word); topic == record.TopicStatus || topic == record.TopicPlanned {
		return topic
	}
	return record.PointTopic(word)
}

// show prints an assignment, or hands on why there is none to print.
func show(c *console.Console) func(agent.Task, error) error {
	return func(t agent.Task, err error) error {
		if err != nil {
			return err
		}
		return c.Print(t, func(w io.Writer) { writeWork(c, w, t) })
	}
}

func writeWork(c *console.Console, w io.Writer, t agent.Task) {
	fmt.Fprintf(w, "%s %s  %s\n", t.ID, t.Title, console.Joined(t.Due, t.Area, stand(c, t)))
	if t.With != "" {
		code := "assignments.with"
		if t.Here {
			code = "assignments.here"
		}
		fmt.Fprintln(w, c.Say(code, "name", t.With))
	}
	for _, f := range t.Fields() {
		for i, said := range f.Says {
			line := console.Joined(c.Lang().Change(string(f.Topic), said.Value)+unitOf(f), said.By, console.Moment(said.At))
			if f.Conflict() {
				line = fmt.Sprintf("%d) %s", i+1, line)
			}
			fmt.Fprintf(w, "  %s\n", line)
		}
		if f.Conflict() {
			fmt.Fprintf(w, "  %s\n", c.Say("assignments.conflict"))
		}
		for _, lost := range f.Settled() {
			fmt.Fprintf(w, "  %s\n", c.Say("assignments.settled", "name", lost.By, "value", lost.Value+unitOf(f)))
		}
	}
	for _, n := range t.Notes {
		fmt.Fprintf(w, "  %s: %s\n", n.By, n.Value)
	}
	for _, d := range t.Signatures {
		line := console.Joined(c.Say("assignments.signed_by", "name", d.By, "time", console.Moment(d.At)), d.Note)
		if d.EarlierState {
			line = console.Joined(line, c.Say("assignments.signed_earlier"))
		}
		fmt.Fprintf(w, "  %s\n", line)
	}
}

func unitOf(f agent.FieldState) string {
	if f.Unit == "" {
		return ""
	}
	return " " + f.Unit
}
