package cli

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

// converse is the session command: unlock once, then a command a line. Each ends with a line
// of its own on Out, "= ok" or "= problem CODE", so that a program knows when to go on; with
// -json the problem stands there whole.
func (s *session) converse(args []string) error {
	f := s.flags()
	if _, err := s.parse(f, args, 0, 0); err != nil {
		return err
	}
	if err := s.unlocked(); err != nil {
		return err
	}
	s.long = true
	asJSON := s.set.json
	fmt.Fprintln(s.raw, "= ready")
	for {
		line, err := s.input.next(s.ctx)
		switch {
		case errors.Is(err, io.EOF), err != nil && s.ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		}
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if line == "quit" {
			return nil
		}
		s.set.json = asJSON
		s.answer(s.one(line))
	}
}

// one runs one line.
func (s *session) one(line string) error {
	args, err := words(line)
	if err != nil {
		return usageError{err}
	}
	if args[0] == "help" {
		s.help()
		return nil
	}
	c, rest, ok := find(args)
	if !ok || c.run == nil {
		return usageError{fmt.Errorf("%s: %q", s.say("cli.unknown_command"), args[0])}
	}
	s.inUse = c
	return c.run(s, rest)
}

func (s *session) answer(err error) {
	var t told
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		fmt.Fprintln(s.raw, "= ok")
		return
	case isUsage(err):
		t = s.misused(err)
	default:
		t = tell(s.lang(), err)
	}
	if s.set.json {
		fmt.Fprint(s.raw, "= problem ")
		t.write(s.raw, s.lang(), true)
		return
	}
	t.write(s.env.Err, s.lang(), false)
	fmt.Fprintln(s.raw, "= problem", t.Code)
}
