package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"

	"handslag/app/agent"
	"handslag/identity"
)

// organisationCheck catches a typing slip before any network is asked, then asks the
// directory once and checks the root key's signature.
func organisationCheck(s *session, args []string) error {
	f := s.flags()
	picture := f.String("picture", "", s.say("cli.flag.picture"))
	words, err := s.parse(f, args, 0, 1)
	if err != nil {
		return err
	}
	if (len(words) == 1) == (*picture != "") {
		return usageError{fmt.Errorf("%s %s", s.inUse.name, s.inUse.synopsis)}
	}
	if err := s.start(); err != nil {
		return err
	}
	org, err := s.organisation(words, *picture)
	if err != nil {
		return err
	}
	if s.set.directory == "" {
		return usageError{fmt.Errorf("-directory: %s", s.say("common.required"))}
	}
	found, err := s.agent.FindOrganisation(s.ctx, org)
	if err != nil {
		return err
	}
	return s.print(found, func(w io.Writer) {
		fmt.Fprintf(w, "%s\n%s\n%s\n%s\n", found.Name, found.Org.Grouped(), found.URL, s.say("enrol.found"))
	})
}

func (s *session) organisation(words []string, picture string) (identity.OrgID, error) {
	if picture == "" {
		return s.agent.ReadOrganisation(words[0])
	}
	file, err := os.Open(picture)
	if err != nil {
		return "", usageError{err}
	}
	defer file.Close()
	return s.agent.ReadOrganisationPicture(file)
}

// enrol makes this folder a person's profile; a half made one is resumed.
func enrol(s *session, args []string) error {
	f := s.flags()
	org := f.String("organisation", "", s.say("enrol.organisation_id"))
	picture := f.String("picture", "", s.say("cli.flag.picture"))
	username := f.String("username", "", s.say("enrol.username"))
	browser := f.Bool("oidc", false, s.say("cli.flag.browser"))
	leave := f.Bool("no-wait", false, s.say("cli.flag.no_wait"))
	guards := f.String("factors", "none", s.say("cli.flag.factors"))
	f.IntVar(&s.set.passwordFD, "password-fd", s.set.passwordFD, s.say("cli.flag.password_fd"))
	if _, err := s.parse(f, args, 0, 0); err != nil {
		return err
	}
	if s.long {
		return &agent.Problem{Code: agent.AlreadyEnrolled}
	}
	if err := s.start(); err != nil {
		return err
	}
	if s.agent.State() == agent.IsEnrolling {
		return s.resume(*browser, *leave)
	}
	if *org == "" && *picture == "" {
		*org = string(s.agent.Me().Org) // of a device that was started again
	}
	if (*username == "") != *browser || (*org == "") == (*picture == "") {
		return usageError{fmt.Errorf("%s %s", s.inUse.name, s.inUse.synopsis)}
	}
	use, err := parseFactors(*guards)
	if err != nil {
		return err
	}
	id, err := s.organisation([]string{*org}, *picture)
	if err != nil {
		return err // before anything is asked
	}
	ask := agent.Enrolment{Org: id, Username: *username, Factors: use}
	if *browser {
		ask.Browse = s.browse
	} else if ask.Password, err = s.secret(s.set.passwordFD, "cli.password"); err != nil {
		return err
	}
	ask.Passphrase, err = s.newPassphrase(s.set.passphraseFD)
	if err != nil {
		return err
	}
	return s.enrolling(*leave, func(ctx context.Context) error { return s.agent.Enrol(ctx, ask) })
}

// enrolling enrols, and says so while the device waits for an administrator; leave ends it there.
func (s *session) enrolling(leave bool, enrol func(context.Context) error) error {
	ctx, stop := context.WithCancel(s.ctx)
	defer stop()
	var once sync.Once
	defer s.agent.Listen(func(agent.Signal) {
		if me := s.agent.Me(); !me.ApprovalUntil.IsZero() {
			once.Do(func() {
				if leave {
					stop()
					return
				}
				fmt.Fprintf(s.env.Err, "%s\n%s: %s\n%s\n", s.say("enrol.waits_hint"), s.say("me.device_id"), me.Device.Grouped(),
					s.say("enrol.waits_until", "time", me.ApprovalUntil.Local().Format("2006-01-02 15:04")))
			})
		}
	})()
	err := enrol(ctx)
	if me := s.agent.Me(); agent.CodeOf(err) == agent.Cancelled && s.ctx.Err() == nil && !me.ApprovalUntil.IsZero() {
		return &agent.Problem{Code: agent.DeviceWaits, Args: map[string]string{"device": me.Device.Grouped()}}
	}
	if err != nil {
		return err
	}
	return s.enrolled()
}

func (s *session) resume(browser, leave bool) error {
	waits := !s.agent.Me().ApprovalUntil.IsZero()
	if waits {
		fmt.Fprintln(s.env.Err, s.say("enrol.waits_resume"))
	} else {
		fmt.Fprintln(s.env.Err, s.say("enrol.resume"))
	}
	var password string
	var err error
	if !browser && !waits {
		if password, err = s.secret(s.set.passwordFD, "cli.password"); err != nil {
			return err
		}
	}
	passphrase, err := s.secret(s.set.passphraseFD, "lock.passphrase")
	if err != nil {
		return err
	}
	return s.enrolling(leave, func(ctx context.Context) error {
		if browser && !waits {
			return s.agent.ResumeEnrolInBrowser(ctx, passphrase, s.browse)
		}
		return s.agent.ResumeEnrol(ctx, passphrase, password)
	})
}

func (s *session) enrolled() error {
	me := s.agent.Me()
	return s.print(me, func(w io.Writer) {
		fmt.Fprintf(w, "%s\n%s: %s\n", s.say("enrol.done", "name", me.Person.Name()), s.say("me.device_id"), me.Device.Grouped())
	})
}

// newPassphrase asks twice where a person types it.
func (s *session) newPassphrase(fd int) (string, error) {
	if fd >= 0 {
		return s.secret(fd, "enrol.passphrase")
	}
	first, err := s.secret(-1, "enrol.passphrase")
	if err != nil {
		return "", err
	}
	second, err := s.secret(-1, "enrol.passphrase_again")
	if err != nil {
		return "", err
	}
	if first != second {
		return "", usageError{fmt.Errorf("%s", s.say("enrol.passphrase_differs"))}
	}
	return first, nil
}
