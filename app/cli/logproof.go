package cli

import (
	"errors"
	"fmt"
	"io"
	"strconv"

	"handslag/app/agent"
)

// evidence writes evidence about entries of the audit log, by their places in it.
func evidence(s *session, args []string) error {
	f := s.flags()
	out := f.String("out", "", s.say("cli.flag.out"))
	words, err := s.parse(f, args, 1, 100)
	if err != nil {
		return err
	}
	if *out == "" {
		return usageError{errors.New("-out FILE")}
	}
	var places []int64
	for _, word := range words {
		n, err := strconv.ParseInt(word, 10, 64)
		if err != nil || n <= 0 {
			return usageError{fmt.Errorf("%q", word)}
		}
		places = append(places, n)
	}
	if err := s.unlocked(); err != nil {
		return err
	}
	bundle, err := s.agent.Evidence(s.ctx, places)
	if err != nil {
		return err
	}
	if err := writeNew(*out, bundle); err != nil {
		return err
	}
	line := agent.VerifyLine(s.agent.Me().Org, *out)
	return s.print(map[string]string{"file": *out, "verify": line}, func(w io.Writer) {
		fmt.Fprintln(w, *out)
		fmt.Fprintln(w, s.say("cli.verify_with"), line)
	})
}

// witnesses shows which devices vouch for the audit log.
func witnesses(s *session, args []string) error {
	if _, err := s.parse(s.flags(), args, 0, 0); err != nil {
		return err
	}
	if err := s.unlocked(); err != nil {
		return err
	}
	told, err := s.agent.Witnesses(s.ctx)
	if err != nil {
		return err
	}
	return s.print(told, func(w io.Writer) {
		fmt.Fprintf(w, "%s: %d, %s: %d\n", s.say("witness.log"), told.Size, s.say("witness.count"), told.Count)
		for _, one := range told.Witnesses {
			state := s.say("witness.fits")
			if !one.Fits {
				state = s.say("witness.contradicts")
			}
			fmt.Fprintf(w, "%10d  %s  %s  %s  %s\n", one.Size, moment(one.At.Time()), one.Device.Grouped(), one.Person.Name(), state)
		}
	})
}
