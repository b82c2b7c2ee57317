package cli

import (
	"fmt"
	"io"
	"strings"

	"handslag/app/agent"
	"handslag/vault/journal"
)

// records lists cards; no protected part is touched.
func records(s *session, args []string) error {
	words, err := s.parse(s.flags(), args, 0, 16)
	if err != nil {
		return err
	}
	if err := s.unlocked(); err != nil {
		return err
	}
	cards, err := s.agent.Records(s.ctx, strings.Join(words, " "))
	if err != nil {
		return err
	}
	if cards == nil {
		cards = []agent.Card{}
	}
	return s.print(cards, func(w io.Writer) {
		if len(cards) == 0 {
			fmt.Fprintf(w, "%s\n%s\n", s.say("records.empty"), s.say("records.empty_hint"))
		}
		s.writeCards(w, cards)
	})
}

func (s *session) writeCards(w io.Writer, cards []agent.Card) {
	for _, c := range cards {
		fmt.Fprintf(w, "%-14s %-24s %-28s %-14s %s\n", c.ID, c.Title, c.Street, c.Area, s.loan(c))
	}
}

func (s *session) loan(c agent.Card) string {
	text := s.say("records.loan_until", "until", moment(c.LoanUntil))
	if c.From != nil {
		text += " · " + s.say("cli.from", "name", c.From.Name)
	}
	return text
}

// open shows a protected part, after the entry that says so is durable. Without a reason
// today's assignment there is one.
func open(s *session, args []string) error {
	f := s.flags()
	text := f.String("reason", "", s.say("log.reason"))
	assignment := f.String("assignment", "", s.say("cli.flag.assignment"))
	words, err := s.parse(f, args, 1, 1)
	if err != nil {
		return err
	}
	if *text != "" && *assignment != "" {
		return usageError{fmt.Errorf("%s %s", s.inUse.name, s.inUse.synopsis)}
	}
	if err := s.unlocked(); err != nil {
		return err
	}
	id := journal.RecordID(words[0])
	reason := agent.Reason{Text: *text, Assignment: journal.AssignmentID(*assignment)}
	if reason == (agent.Reason{}) {
		if reason, err = s.preselected(id); err != nil {
			return err
		}
	}
	opening, err := s.agent.Open(s.ctx, id, reason)
	if err != nil {
		return err
	}
	err = s.print(opening, func(w io.Writer) {
		fmt.Fprintf(w, "%s\n%s\n", opening.Card.Title, s.loan(opening.Card))
		for _, field := range opening.Fields {
			fmt.Fprintf(w, "  %-14s %s\n", s.label(field.Name), strings.ReplaceAll(field.Value, "\n", "\n"+strings.Repeat(" ", 17)))
		}
		fmt.Fprintf(w, "%s: %s\n", s.say("cli.entry"), opening.Entry)
	})
	if closing := s.agent.CloseRecord(s.ctx, id); err == nil {
		err = closing
	}
	return err
}

// label is a field's name as people read it, where it is one of the known.
func (s *session) label(name string) string {
	if code := "field." + name; s.lang().Knows(code) {
		return s.say(code)
	}
	return name
}

func (s *session) preselected(id journal.RecordID) (agent.Reason, error) {
	reasons, err := s.agent.Reasons(s.ctx, id)
	if err != nil {
		return agent.Reason{}, err
	}
	for _, r := range reasons {
		if r.Preselected {
			fmt.Fprintf(s.env.Err, "%s: %s\n", s.say("log.reason"), r.Text)
			return r, nil
		}
	}
	return agent.Reason{}, nil // the agent says that it is missing, and its entry too
}
