package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"handslag/app/agent"
)

// The factors that a command line may name.
const (
	factorKeyring = agent.Factor("keyring")
	factorTPM     = agent.Factor("tpm")
)

// parseFactors reads names with commas between; "none" is none of them.
func parseFactors(text string) ([]agent.Factor, error) {
	var use []agent.Factor
	if text == "none" || text == "" {
		return use, nil
	}
	for name := range strings.SplitSeq(text, ",") {
		f := agent.Factor(strings.TrimSpace(name))
		if f != factorKeyring && f != factorTPM || slices.Contains(use, f) {
			return nil, usageError{fmt.Errorf("%q: keyring, tpm, none", text)}
		}
		use = append(use, f)
	}
	return use, nil
}

// protection shows what guards the device, and what could. A device that is enrolled is unlocked for it.
func protection(s *session, args []string) error {
	if _, err := s.parse(s.flags(), args, 0, 0); err != nil {
		return err
	}
	if err := s.start(); err != nil {
		return err
	}
	if state := s.agent.State(); state != agent.IsNew && state != agent.IsEnrolling {
		if err := s.unlocked(); err != nil {
			return err
		}
	}
	p, err := s.agent.Protection()
	if err != nil {
		return err
	}
	return s.print(p, func(w io.Writer) {
		fmt.Fprintln(w, s.say("cli.protection_offered", "names", factorNames(p.Offered)))
		if s.agent.State() == agent.IsUnlocked {
			fmt.Fprintln(w, s.say("cli.protection_used", "names", factorNames(p.Used)))
			s.means(w, p)
		}
	})
}

// means says what a protection is good for, as the window does.
func (s *session) means(w io.Writer, p agent.Protection) {
	code := "protect.passphrase_text"
	switch {
	case slices.Contains(p.Used, factorTPM):
		code = "protect.tpm_text"
	case slices.Contains(p.Used, factorKeyring):
		code = "protect.keyring_text"
	}
	fmt.Fprintln(w, s.say(code))
	if promise := "promise." + string(p.Promise); s.lang().Knows(promise) {
		fmt.Fprintln(w, s.say(promise))
	}
}

func factorNames(all []agent.Factor) string {
	if len(all) == 0 {
		return "–"
	}
	names := make([]string, len(all))
	for i, f := range all {
		names[i] = string(f)
	}
	return strings.Join(names, ", ")
}

// factors changes what opens the device together with the passphrase.
func factors(s *session, args []string) error {
	var use []agent.Factor
	secret, err := s.secretDeed(args, 1, func(words []string) (err error) {
		use, err = parseFactors(words[0])
		return err
	})
	if err != nil {
		return err
	}
	passphrase, err := secret()
	if err != nil {
		return err
	}
	if err := s.agent.ChangeFactors(s.ctx, passphrase, use); err != nil {
		return err
	}
	p, err := s.agent.Protection()
	if err != nil {
		return err
	}
	return s.print(p, func(w io.Writer) {
		fmt.Fprintln(w, s.say("protect.changed"))
		s.means(w, p)
	})
}

// wipe empties the device; what waits is handed in first, or stays in the outbox.
func wipe(s *session, args []string) error {
	secret, err := s.secretDeed(args, 0, func([]string) error { return nil })
	if err != nil {
		return err
	}
	passphrase, err := secret()
	if err != nil {
		return err
	}
	defer s.reportProgress()()
	if err := s.agent.Wipe(s.ctx, passphrase); err != nil {
		return err
	}
	return s.print(map[string]bool{"wiped": true}, func(w io.Writer) { fmt.Fprintln(w, s.say("wipe.done")) })
}

// secretDeed begins a command that wants the passphrase though the device be unlocked: inside a session it comes from a
// descriptor, since its input is for commands. What it gives asks for it, and unlocks with it where that was not done.
func (s *session) secretDeed(args []string, words int, take func([]string) error) (func() (string, error), error) {
	f := s.flags()
	if s.long {
		f.IntVar(&s.set.passphraseFD, "passphrase-fd", s.set.passphraseFD, s.say("cli.flag.passphrase_fd"))
	}
	given, err := s.parse(f, args, words, words)
	if err == nil {
		err = take(given)
	}
	switch {
	case err != nil:
		return nil, err
	case s.long && s.set.passphraseFD < 0:
		return nil, usageError{fmt.Errorf("%s %s", s.inUse.name, s.inUse.synopsis)}
	}
	if err := s.start(); err != nil {
		return nil, err
	}
	switch s.agent.State() { // before anything is asked
	case agent.IsNew, agent.IsEnrolling:
		return nil, &agent.Problem{Code: agent.NotEnrolled}
	case agent.IsElsewhere:
		return nil, &agent.Problem{Code: agent.OpenElsewhere}
	}
	return func() (string, error) {
		passphrase, err := s.secret(s.set.passphraseFD, s.secretLabel())
		if err == nil && s.agent.State() != agent.IsUnlocked {
			err = s.agent.Unlock(s.ctx, passphrase)
		}
		return passphrase, err
	}, nil
}

// startAgain is for a forgotten passphrase: it says what is lost and what is not, and wants a typed word.
func startAgain(s *session, args []string) error {
	f := s.flags()
	yes := f.Bool("yes", false, s.say("cli.flag.yes"))
	if _, err := s.parse(f, args, 0, 0); err != nil {
		return err
	}
	if err := s.start(); err != nil {
		return err
	}
	switch s.agent.State() {
	case agent.IsNew:
		return &agent.Problem{Code: agent.NotEnrolled}
	case agent.IsElsewhere:
		return &agent.Problem{Code: agent.OpenElsewhere}
	}
	if !*yes {
		if s.long {
			return usageError{fmt.Errorf("%s %s", s.inUse.name, s.inUse.synopsis)}
		}
		if err := s.sure(); err != nil {
			return err
		}
	}
	if err := s.agent.StartAgain(s.ctx); err != nil {
		return err
	}
	return s.print(map[string]bool{"new": true}, func(w io.Writer) { fmt.Fprintln(w, s.say("again.done")) })
}

// sure says what will happen and reads the word that confirms it.
func (s *session) sure() error {
	for _, code := range []string{"again.received", "again.outbox", "again.gone", "again.needs"} {
		fmt.Fprintln(s.env.Err, s.say(code))
	}
	fmt.Fprintf(s.env.Err, "%s: ", s.say("again.confirm", "word", s.say("again.word")))
	line, err := s.input.next(s.ctx)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if !strings.EqualFold(strings.TrimSpace(line), s.say("again.word")) {
		return &agent.Problem{Code: agent.Cancelled, Err: context.Canceled}
	}
	return nil
}
