// Handslag is the window of a staff member's device. It wires command line, agent and window together, and ends them
// cleanly; what the program does lies in app/agent, what it shows in ui.
package main

import (
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"os"

	"fyne.io/fyne/v2/app"

	"handslag/app/agent"
	"handslag/app/process"
	"handslag/ui"
	"handslag/ui/program"
)

//go:embed FyneApp.toml
var metadata []byte

func main() {
	process.Seclude(os.Stderr)
	process.Spare()
	if err := run(os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(os.Stderr, "handslag: %v\n", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	flags, err := program.ParseFlags(args, os.Stdout)
	if err != nil {
		return err
	}
	about, forFyne, err := program.Introduce(metadata)
	if err != nil {
		return err
	}
	prefs, err := flags.Preferences()
	if err != nil {
		fmt.Fprintf(os.Stderr, "handslag: %v\n", err) // the usual choices serve as well
	}
	conf, err := flags.Agent()
	if err != nil {
		return err
	}
	a, err := agent.New(conf)
	if err != nil {
		return err
	}
	defer a.Close()
	if err := program.TryDisplay(); err != nil {
		return fmt.Errorf("%s (%w)", prefs.Language.Say("window.no_display"), err)
	}
	app.SetMetadata(forFyne)
	program.Show(app.NewWithID(about.ID), ui.Config{Agent: a, Preferences: prefs, About: about, Lens: flags.Lens, Keep: flags.Keep}, flags.Title, flags.Frame)
	return nil
}
