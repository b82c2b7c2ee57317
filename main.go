// Handslag is the window of a staff member's device. It reads the command line, wires agent and window together, and ends
// both cleanly; what the program does lies in app/agent, what it shows in ui.
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"github.com/BurntSushi/toml"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/identity/qr"
	"handslag/ui"
)

//go:embed FyneApp.toml
var metadata []byte

func main() {
	switch err := run(os.Args[1:]); {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintf(os.Stderr, "handslag: %v\n", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	set, err := parse(args, os.Stdout)
	if err != nil {
		return err
	}
	about, err := introduce()
	if err != nil {
		return err
	}
	prefs, err := ui.ReadPreferences(set.preferences())
	if err != nil {
		fmt.Fprintf(os.Stderr, "handslag: %v\n", err) // the usual choices serve as well
	}
	if set.lang != "" {
		prefs.Language = assets.Language(set.lang)
	}
	conf, err := set.config()
	if err != nil {
		return err
	}
	a, err := agent.New(conf)
	if err != nil {
		return err
	}
	defer a.Close()
	if err := ui.TryDisplay(); err != nil {
		return fmt.Errorf("%s (%w)", prefs.Language.Say("window.no_display"), err)
	}
	show(a, set, about, prefs)
	return nil
}

// show runs the window until it is closed or the process is told to end, which Fyne hears.
func show(a *agent.Agent, set settings, about ui.About, prefs ui.Preferences) {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = a.Run(ctx) // ends with ctx; what a sync came to stands in Me
	}()
	program := app.NewWithID(about.ID)
	window := program.NewWindow(set.title)
	w := ui.NewWindow(ui.Config{
		Agent: a, Preferences: prefs, About: about,
		Keep: func(p ui.Preferences) error { return ui.KeepPreferences(set.preferences(), p) },
	})
	w.Attach(window)
	window.Resize(set.size)
	window.SetMaster()
	program.Lifecycle().SetOnStarted(func() {
		ui.SettleTaps(window)
		ui.HearInput(window, a.Touch)
	})
	window.ShowAndRun()
	w.Close()
	stop()
	<-ended
}

// introduce tells Fyne and the person what this program is: FyneApp.toml, which a plain go build would leave aside.
func introduce() (ui.About, error) {
	var file struct {
		Details struct {
			Name, ID, Version string
			Build             int
		}
		Migrations map[string]bool
	}
	if err := toml.Unmarshal(metadata, &file); err != nil {
		return ui.About{}, fmt.Errorf("read FyneApp.toml: %w", err)
	}
	picture, err := assets.AppPicture()
	if err != nil {
		return ui.About{}, err
	}
	d := file.Details
	app.SetMetadata(fyne.AppMetadata{
		ID: d.ID, Name: d.Name, Version: d.Version, Build: d.Build, Icon: fyne.NewStaticResource("handslag.png", picture),
		Migrations: file.Migrations,
	})
	return ui.About{ID: d.ID, Name: d.Name, Version: d.Version}, nil
}

// settings are the flags.
type settings struct {
	vault, outbox          string
	directory, directoryCA string
	camera, showQR         string
	lang, title            string
	loopback               bool
	size                   fyne.Size
}

func parse(args []string, help io.Writer) (settings, error) {
	home := dataHome()
	s := settings{
		vault: filepath.Join(home, "handslag"), outbox: filepath.Join(home, "handslag-outbox"),
		directory: os.Getenv("HANDSLAG_DIRECTORY"), camera: "none", title: "Handslag", size: fyne.NewSize(1180, 780),
	}
	say := assets.Swedish.Say
	for i, arg := range args { // the help speaks the language that is asked for beside it
		if arg == "-lang=en" || arg == "--lang=en" || (arg == "-lang" || arg == "--lang") && i+1 < len(args) && args[i+1] == "en" {
			say = assets.English.Say
		}
	}
	f := flag.NewFlagSet("handslag", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&s.vault, "vault", s.vault, say("cli.flag.vault"))
	f.StringVar(&s.outbox, "outbox", s.outbox, say("cli.flag.outbox"))
	f.StringVar(&s.directory, "directory", s.directory, say("cli.flag.directory"))
	f.StringVar(&s.directoryCA, "directory-ca", "", say("cli.flag.directory_ca"))
	f.StringVar(&s.camera, "camera", s.camera, say("cli.flag.camera"))
	f.StringVar(&s.showQR, "show-qr", "", say("window.flag.show_qr"))
	f.BoolVar(&s.loopback, "loopback", false, say("cli.flag.loopback"))
	f.StringVar(&s.lang, "lang", "", say("cli.flag.lang"))
	f.StringVar(&s.title, "title", s.title, say("window.flag.title"))
	f.Func("size", say("window.flag.size"), func(text string) error {
		var width, height uint16
		if n, err := fmt.Sscanf(text, "%dx%d", &width, &height); n < 2 || err != nil || width == 0 || height == 0 {
			return errors.New("940x760")
		}
		s.size = fyne.NewSize(float32(width), float32(height))
		return nil
	})
	err := f.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintf(help, "%s\n\n", say("window.help"))
		f.SetOutput(help)
		f.PrintDefaults()
		return s, err
	case err != nil:
		return s, fmt.Errorf("%w (-h)", err)
	case f.NArg() > 0:
		return s, fmt.Errorf("%q (-h)", f.Arg(0))
	case s.lang != "" && s.lang != string(assets.Swedish) && s.lang != string(assets.English):
		return s, fmt.Errorf("-lang: %q (sv, en)", s.lang)
	}
	return s, nil
}

// preferences lies beside the profile, so that two profiles on one machine do not share it.
func (s settings) preferences() string { return filepath.Clean(s.vault) + "-window.json" }

const cameraPeriod = 200 * time.Millisecond

func (s settings) config() (agent.Config, error) {
	conf := agent.Config{Vault: s.vault, Outbox: s.outbox, Directory: s.directory, Loopback: s.loopback}
	if s.directoryCA != "" {
		pem, err := os.ReadFile(s.directoryCA)
		if err != nil {
			return conf, fmt.Errorf("-directory-ca: %w", err)
		}
		conf.DirectoryCA = pem
	}
	if s.camera != "none" {
		conf.Camera = func() (qr.Frames, error) { return qr.OpenCamera(s.camera, qr.Every(cameraPeriod)) }
	}
	if s.showQR != "" {
		path := filepath.Join(s.showQR, "handslag.png")
		conf.ShowQR = func(code *qr.Code) error {
			if code != nil {
				return qr.WritePicture(path, code)
			}
			if err := os.Remove(path); !errors.Is(err, os.ErrNotExist) {
				return err
			}
			return nil
		}
	}
	return conf, nil
}

// dataHome is where XDG keeps a user's data.
func dataHome() string {
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return dir
	}
	return filepath.Join(os.Getenv("HOME"), ".local", "share")
}
