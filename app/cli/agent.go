package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"handslag/app/agent"
)

// start makes the agent, once a session.
func (s *session) start() error {
	if s.agent != nil {
		return nil
	}
	conf, err := s.set.config(s.env)
	if err != nil {
		return err
	}
	s.agent, err = agent.New(conf)
	return err
}

func (s *session) close() {
	if s.agent != nil {
		s.agent.Close()
	}
}

// unlocked starts the agent and unlocks it, unless that is done.
func (s *session) unlocked() error {
	if err := s.start(); err != nil {
		return err
	}
	switch s.agent.State() {
	case agent.IsUnlocked:
		s.agent.Touch()
		return nil
	case agent.IsNew, agent.IsEnrolling:
		return &agent.Problem{Code: agent.NotEnrolled}
	case agent.IsElsewhere:
		return &agent.Problem{Code: agent.OpenElsewhere}
	}
	if s.long {
		return &agent.Problem{Code: agent.Locked} // by itself: its input is for commands now
	}
	passphrase, err := s.secret(s.set.passphraseFD, s.secretLabel())
	if err != nil {
		return err
	}
	if err := s.agent.Unlock(s.ctx, passphrase); err != nil {
		return err
	}
	if n := s.agent.Me().WrongAttempts; n > 0 {
		fmt.Fprintln(s.env.Err, s.say("lock.failed_before", "n", n))
	}
	return nil
}

// secretLabel names what unlocks this device: where a TPM guards it a PIN may.
func (s *session) secretLabel() string {
	if s.agent.Guarded().MinSecret < agent.MinPassphrase {
		return "lock.passphrase_pin"
	}
	return "lock.passphrase"
}

// secret reads one from its descriptor, or asks at the terminal.
func (s *session) secret(fd int, label string) (string, error) {
	if fd >= 0 {
		r, err := s.env.Descriptor(fd)
		if err != nil {
			return "", usageError{err}
		}
		secret, err := readSecret(r)
		if err != nil {
			return "", usageError{fmt.Errorf("%s: %w", s.say(label), err)}
		}
		return secret, nil
	}
	if s.env.Secret == nil {
		return "", usageError{fmt.Errorf("%s: %s", s.say(label), s.say("cli.no_terminal"))}
	}
	return s.env.Secret(s.say(label) + ": ")
}

// print puts value out as one line of JSON, or as text.
func (s *session) print(value any, text func(io.Writer)) error {
	if !s.set.json {
		text(s.env.Out)
		return nil
	}
	line, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	if _, err := fmt.Fprintf(s.raw, "%s\n", escaped(line)); err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	return nil
}

// moment is a time as people read it.
func moment(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.Local().Format("2006-01-02 15:04")
}
