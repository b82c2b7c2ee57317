package cli

import (
	"fmt"
	"io"

	"handslag/app/agent"
)

// passphrase changes what opens this device. Inside a session both come from descriptors:
// its input is for commands.
func passphrase(s *session, args []string) error {
	f := s.flags()
	if s.long {
		f.IntVar(&s.set.passphraseFD, "passphrase-fd", s.set.passphraseFD, s.say("cli.flag.passphrase_fd"))
	}
	newFD := f.Int("new-passphrase-fd", -1, s.say("cli.flag.new_passphrase_fd"))
	if _, err := s.parse(f, args, 0, 0); err != nil {
		return err
	}
	if s.long && (s.set.passphraseFD < 0 || *newFD < 0) {
		return usageError{fmt.Errorf("%s %s", s.inUse.name, s.inUse.synopsis)}
	}
	if err := s.start(); err != nil {
		return err
	}
	switch s.agent.State() { // before anything is asked
	case agent.IsNew, agent.IsEnrolling:
		return &agent.Problem{Code: agent.NotEnrolled}
	case agent.IsElsewhere:
		return &agent.Problem{Code: agent.OpenElsewhere}
	}
	old, err := s.secret(s.set.passphraseFD, "passphrase.old")
	if err != nil {
		return err
	}
	fresh, err := s.newPassphrase(*newFD)
	if err != nil {
		return err
	}
	if !s.long {
		if err := s.agent.Unlock(s.ctx, old); err != nil {
			return err
		}
	}
	if err := s.agent.ChangePassphrase(s.ctx, old, fresh); err != nil {
		return err
	}
	return s.print(map[string]bool{"changed": true}, func(w io.Writer) {
		fmt.Fprintf(w, "%s\n%s\n", s.say("passphrase.changed"), s.say("passphrase.copies"))
	})
}
