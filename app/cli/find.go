package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"handslag/app/agent"
	"handslag/vault/journal"
)

// findProtected shows the cards of those who have a protected value, after the entries that say
// so are durable.
func findProtected(s *session, args []string) error {
	f := s.flags()
	text := f.String("reason", "", s.say("log.reason"))
	assignment := f.String("assignment", "", s.say("cli.flag.assignment"))
	words, err := s.parse(f, args, 1, 16)
	if err != nil {
		return err
	}
	if *text != "" && *assignment != "" {
		return usageError{errors.New(s.inUse.name + " " + s.inUse.synopsis)}
	}
	if err := s.unlocked(); err != nil {
		return err
	}
	found, err := s.agent.FindProtected(s.ctx, strings.Join(words, " "), agent.Reason{Text: *text, Assignment: journal.AssignmentID(*assignment)})
	if err != nil {
		return err
	}
	return s.print(found, func(w io.Writer) {
		if len(found.Cards) == 0 {
			fmt.Fprintln(w, s.say("cli.found_none"))
		}
		s.writeCards(w, found.Cards)
		if found.More {
			fmt.Fprintln(w, s.say("cli.found_more"))
		}
	})
}
