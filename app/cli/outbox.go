package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"handslag/app/agent"
)

// outboxList shows what lies sealed on this machine, of all its profiles.
func outboxList(s *session, args []string) error {
	if _, err := s.parse(s.flags(), args, 0, 0); err != nil {
		return err
	}
	if err := s.start(); err != nil {
		return err
	}
	list, err := s.agent.Outbox(s.ctx)
	if err != nil {
		return err
	}
	return s.print(list, func(w io.Writer) {
		if len(list) == 0 {
			fmt.Fprintln(w, s.say("cli.outbox_empty"))
		}
		for _, one := range list {
			s.writeSealed(w, one)
		}
		for _, b := range agent.Burdens(list) {
			fmt.Fprintln(w, s.say("outbox.bears", "n", b.Segments, "who", cmp.Or(b.For, s.say("outbox.device", "device", b.Device.Grouped()))))
		}
	})
}

func (s *session) writeSealed(w io.Writer, one agent.SealedSegment) {
	parts := []string{one.File}
	if one.Device != "" {
		parts = []string{s.say("cli.outbox_line", "device", one.Device.Grouped(), "first", one.First, "entries", one.Entries, "size", one.Size)}
	}
	for _, mark := range []struct {
		is   bool
		code string
	}{{one.Own, "cli.outbox_own"}, {one.Brought, "cli.outbox_brought"}, {one.Carried, "cli.outbox_carried"}, {one.Handed, "cli.outbox_handed"}} {
		if mark.is {
			parts = append(parts, s.say(mark.code))
		}
	}
	if one.Problem != "" {
		parts = append(parts, sentences(s.lang(), &agent.Problem{Code: one.Problem}).What+" ("+string(one.Problem)+")")
	}
	fmt.Fprintln(w, strings.Join(parts, " · "))
}

// outboxExport copies all of it into a folder, as it is.
func outboxExport(s *session, args []string) error {
	return carryOutbox(s, args, "cli.outbox_exported", (*agent.Agent).ExportOutbox)
}

// outboxImport takes what an export left in a folder.
func outboxImport(s *session, args []string) error {
	return carryOutbox(s, args, "cli.outbox_imported", (*agent.Agent).ImportOutbox)
}

// carryOutbox tells what was copied and, on the stream of problems, each file that was not. A
// file that is refused is no failure of the others: the status is 1, and they are there.
func carryOutbox(s *session, args []string, sentence string, carry func(*agent.Agent, context.Context, string) (agent.Carriage, error)) error {
	words, err := s.parse(s.flags(), args, 1, 1)
	if err != nil {
		return err
	}
	if info, err := os.Stat(words[0]); err != nil || !info.IsDir() {
		return usageError{fmt.Errorf("%s: %s", s.say("cli.no_folder"), words[0])}
	}
	if err := s.start(); err != nil {
		return err
	}
	result, err := carry(s.agent, s.ctx, words[0])
	if err != nil {
		return err
	}
	err = s.print(result, func(w io.Writer) {
		fmt.Fprintln(w, s.say(sentence, "copied", result.Copied, "known", result.Known))
		for _, one := range result.Refused {
			s.writeSealed(w, one)
		}
	})
	if err == nil && len(result.Refused) > 0 {
		return &agent.Problem{Code: result.Refused[0].Problem}
	}
	return err
}
