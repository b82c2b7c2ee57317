package cli

import (
	"fmt"
	"os/exec"
	"runtime"
)

// browse opens the person's browser, and says where it goes. What the command line holds is an address on this machine
// that is good once.
func (s *session) browse(address string) error {
	fmt.Fprintf(s.env.Err, "%s\n%s\n", s.say("cli.browser"), address)
	if s.env.Browse == nil {
		return nil
	}
	if err := s.env.Browse(address); err != nil {
		fmt.Fprintln(s.env.Err, err) // the person may go there by hand
	}
	return nil
}

// openBrowser asks the system to open the person's browser.
func openBrowser(address string) error {
	name, args := "xdg-open", []string{address}
	switch runtime.GOOS {
	case "darwin":
		name = "open"
	case "windows":
		name, args = "rundll32", []string{"url.dll,FileProtocolHandler", address}
	}
	command := exec.Command(name, args...)
	if err := command.Start(); err != nil {
		return fmt.Errorf("open browser: %w", err)
	}
	go command.Wait()
	return nil
}

// signIn asks for a new credential for a device that was away until its own had expired.
func signIn(s *session, args []string) error {
	f := s.flags()
	browser := f.Bool("oidc", false, s.say("cli.flag.browser"))
	f.IntVar(&s.set.passwordFD, "password-fd", s.set.passwordFD, s.say("cli.flag.password_fd"))
	if _, err := s.parse(f, args, 0, 0); err != nil {
		return err
	}
	if err := s.unlocked(); err != nil {
		return err
	}
	if *browser {
		if err := s.agent.SignInInBrowser(s.ctx, s.browse); err != nil {
			return err
		}
		return s.enrolled()
	}
	password, err := s.secret(s.set.passwordFD, "cli.password")
	if err != nil {
		return err
	}
	if err := s.agent.SignIn(s.ctx, password); err != nil {
		return err
	}
	return s.enrolled()
}
