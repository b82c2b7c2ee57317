package program

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/identity/qr"
	"handslag/ui"
	"handslag/ui/camera"
)

// Flags are what a command line says of one window: whose profile it opens, and how it looks.
type Flags struct {
	Lens  *camera.Lens // the window's camera
	Title string       // the window's
	Frame Frame        // the window's, at first

	vault, outbox          string
	directory, directoryCA string
	camera, showQR         string
	lang                   string
	loopback               bool
}

// ParseFlags reads a command line, without the program's name. Asked for help it writes it and returns flag.ErrHelp.
func ParseFlags(args []string, help io.Writer) (Flags, error) {
	home := dataHome()
	s := Flags{
		vault: filepath.Join(home, "handslag"), outbox: filepath.Join(home, "handslag-outbox"),
		directory: os.Getenv("HANDSLAG_DIRECTORY"), camera: camera.Auto, Title: "Handslag", Frame: Frame{Size: fyne.NewSize(1180, 780)},
	}
	say := askedFor(args).Say
	f := flag.NewFlagSet("handslag", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&s.vault, "vault", s.vault, say("cli.flag.vault"))
	f.StringVar(&s.outbox, "outbox", s.outbox, say("cli.flag.outbox"))
	f.StringVar(&s.directory, "directory", s.directory, say("cli.flag.directory"))
	f.StringVar(&s.directoryCA, "directory-ca", "", say("cli.flag.directory_ca"))
	f.StringVar(&s.camera, "camera", s.camera, say("window.flag.camera"))
	f.StringVar(&s.showQR, "show-qr", "", say("window.flag.show_qr"))
	f.BoolVar(&s.loopback, "loopback", false, say("cli.flag.loopback"))
	f.StringVar(&s.lang, "lang", "", say("cli.flag.lang"))
	f.StringVar(&s.Title, "title", s.Title, say("window.flag.title"))
	f.Func("size", say("window.flag.size"), func(text string) error {
		frame, ok := parseFrame(text)
		if !ok {
			return errors.New("940x760, 940x760+960+0")
		}
		s.Frame = frame
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
	case qr.IsFolder(s.camera) && !s.loopback: // whoever writes to a folder holds codes before it: it is no camera to meet by
		return s, fmt.Errorf("-camera %s: -loopback", s.camera)
	}
	s.Lens = camera.NewLens(s.camera)
	return s, nil
}

// askedFor is the language that a command line names, which its help speaks too.
func askedFor(args []string) assets.Language {
	for i, arg := range args {
		name, value, inOne := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		if name != "lang" || name == arg {
			continue
		}
		if !inOne && i+1 < len(args) {
			value = args[i+1]
		}
		if value == string(assets.English) {
			return assets.English
		}
	}
	return assets.Swedish
}

// Preferences are what the person chose in an earlier window, in the language that the command line asks for. They come
// whole beside an error too, which a program may tell and go on.
func (s Flags) Preferences() (ui.Preferences, error) {
	prefs, err := ui.ReadPreferences(s.preferences())
	if s.lang != "" {
		prefs.Language = assets.Language(s.lang)
	}
	return prefs, err
}

// Keep makes choices last for this profile.
func (s Flags) Keep(p ui.Preferences) error { return ui.KeepPreferences(s.preferences(), p) }

// preferences lies beside the profile, so that two profiles on one machine do not share it.
func (s Flags) preferences() string { return filepath.Clean(s.vault) + "-window.json" }

// Agent is the profile that the flags mean, with eyes and a second screen where they name some.
func (s Flags) Agent() (agent.Config, error) {
	conf := agent.Config{
		Vault: s.vault, Outbox: s.outbox, Directory: s.directory, Loopback: s.loopback, Keyring: agent.SystemKeyring(),
	}
	if s.directoryCA != "" {
		pem, err := os.ReadFile(s.directoryCA)
		if err != nil {
			return conf, fmt.Errorf("-directory-ca: %w", err)
		}
		conf.DirectoryCA = pem
	}
	if s.camera != "none" {
		conf.Camera, conf.CameraThere = s.Lens.Open, s.Lens.There
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
