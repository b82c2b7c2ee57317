package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"handslag/app/agent"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// assignment shows one piece of work with all that was said about it.
func assignment(s *session, args []string) error {
	words, err := s.parse(s.flags(), args, 1, 1)
	if err != nil {
		return err
	}
	if err := s.unlocked(); err != nil {
		return err
	}
	return s.work(s.agent.Assignment(s.ctx, journal.AssignmentID(words[0])))
}

// edit says what a field of the work is now.
func edit(s *session, args []string) error {
	words, err := s.parse(s.flags(), args, 2, 16)
	if err != nil {
		return err
	}
	if err := s.unlocked(); err != nil {
		return err
	}
	value := strings.Join(words[2:], " ")
	return s.work(s.agent.EditWork(s.ctx, journal.AssignmentID(words[0]), agent.Edit{Topic: topicOf(words[1]), Value: value}))
}

// note adds a note to the work.
func note(s *session, args []string) error {
	words, err := s.parse(s.flags(), args, 2, 256)
	if err != nil {
		return err
	}
	if err := s.unlocked(); err != nil {
		return err
	}
	return s.work(s.agent.Note(s.ctx, journal.AssignmentID(words[0]), strings.Join(words[1:], " ")))
}

// choose settles a field that stands in several ways, by the number that it is shown with.
func choose(s *session, args []string) error {
	words, err := s.parse(s.flags(), args, 3, 3)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(words[2])
	if err != nil || n < 1 {
		return usageError{fmt.Errorf("%s %s", s.inUse.name, s.inUse.synopsis)}
	}
	if err := s.unlocked(); err != nil {
		return err
	}
	id, topic := journal.AssignmentID(words[0]), topicOf(words[1])
	task, err := s.agent.Assignment(s.ctx, id)
	if err != nil {
		return err
	}
	for _, f := range task.Fields() {
		if f.Topic == topic && n <= len(f.Says) {
			return s.work(s.agent.Choose(s.ctx, id, topic, f.Says[n-1].Operation, task.Seen))
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

// work prints an assignment.
func (s *session) work(t agent.Task, err error) error {
	if err != nil {
		return err
	}
	return s.print(t, func(w io.Writer) { s.writeWork(w, t) })
}

func (s *session) writeWork(w io.Writer, t agent.Task) {
	fmt.Fprintf(w, "%s %s  %s\n", t.ID, t.Title, joined(t.Due, t.Area, s.stand(t)))
	if t.With != "" {
		code := "assignments.with"
		if t.Here {
			code = "assignments.here"
		}
		fmt.Fprintln(w, s.say(code, "name", t.With))
	}
	for _, f := range t.Fields() {
		for i, said := range f.Says {
			line := joined(s.lang().Change(string(f.Topic), said.Value)+unitOf(f), said.By, moment(said.At))
			if f.Conflict() {
				line = fmt.Sprintf("%d) %s", i+1, line)
			}
			fmt.Fprintf(w, "  %s\n", line)
		}
		if f.Conflict() {
			fmt.Fprintf(w, "  %s\n", s.say("assignments.conflict"))
		}
		for _, lost := range f.Settled() {
			fmt.Fprintf(w, "  %s\n", s.say("assignments.settled", "name", lost.By, "value", lost.Value+unitOf(f)))
		}
	}
	for _, n := range t.Notes {
		fmt.Fprintf(w, "  %s: %s\n", n.By, n.Value)
	}
	for _, d := range t.Signatures {
		line := joined(s.say("assignments.signed_by", "name", d.By, "time", moment(d.At)), d.Note)
		if d.EarlierState {
			line = joined(line, s.say("assignments.signed_earlier"))
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

// together are the commands that may be said in a meeting, beside what the meeting itself knows.
var together = []string{"assignments", "assignment", "edit", "note", "choose", "done"}

// inMeeting runs one of them.
func (s *session) inMeeting(line string) error {
	before := s.inUse
	defer func() { s.inUse = before }()
	return s.tellRefusal(s.one(line))
}

func isTogether(word string) bool { return slices.Contains(together, word) }
