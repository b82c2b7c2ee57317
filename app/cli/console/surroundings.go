package console

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"

	"golang.org/x/term"

	"handslag/app/agent"
)

// Surroundings is what a command line stands in.
type Surroundings struct {
	In     io.Reader // answers, and the lines of a session
	Out    io.Writer // data
	Err    io.Writer // prompts and problems
	Getenv func(string) string

	// Secret asks a person for something without showing it; nil where nobody can be asked.
	Secret func(prompt string) (string, error)
	// Browse opens the person's browser at an address; nil where there is none to open.
	Browse func(address string) error
	// Descriptor is an open file descriptor by number.
	Descriptor func(number int) (io.Reader, error)
	// Interrupts tells of each ctrl-C; nil where there are none. The first ends the share under way, where there is one, and
	// else, as every later one, the program.
	Interrupts <-chan os.Signal
	// Adjust may change the agent's surroundings (clocks, say); nil leaves them.
	Adjust func(*agent.Config)
}

// System is the process's own surroundings.
func System() Surroundings {
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)
	s := Surroundings{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Getenv: os.Getenv, Descriptor: descriptor, Browse: openBrowser, Interrupts: interrupts}
	if term.IsTerminal(int(os.Stdin.Fd())) {
		s.Secret = func(prompt string) (string, error) {
			fmt.Fprint(os.Stderr, prompt)
			secret, err := term.ReadPassword(int(os.Stdin.Fd()))
			fmt.Fprintln(os.Stderr)
			if err != nil {
				return "", fmt.Errorf("read secret: %w", err)
			}
			return string(secret), nil
		}
	}
	return s
}

func descriptor(number int) (io.Reader, error) {
	if number == 0 {
		return os.Stdin, nil
	}
	file := os.NewFile(uintptr(number), "descriptor")
	if file == nil {
		return nil, errors.New("open descriptor: there is none of that number")
	}
	return file, nil
}

// dataHome is where XDG keeps a user's data.
func (s Surroundings) dataHome() string {
	if dir := s.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return dir
	}
	return filepath.Join(s.Getenv("HOME"), ".local", "share")
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
