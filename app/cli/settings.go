package cli

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/identity/qr"
)

// settings are the flags that every command takes, before or after its name.
type settings struct {
	vault, outbox          string
	directory, directoryCA string
	camera                 string
	loopback               bool
	passphraseFD           int // -1: ask
	passwordFD             int // -1: ask
	json                   bool
	lang                   string
}

const cameraPeriod = 200 * time.Millisecond

func (s *settings) defaults(env Surroundings) {
	home := env.dataHome()
	s.vault = filepath.Join(home, "handslag")
	s.outbox = filepath.Join(home, "handslag-outbox")
	s.directory = env.Getenv("HANDSLAG_DIRECTORY")
	s.camera = "none"
	s.passphraseFD, s.passwordFD = -1, -1
	s.lang = string(assets.Swedish)
}

// register adds the flags, with what is set already as their defaults.
func (s *settings) register(f *flag.FlagSet, say func(string, ...any) string) {
	f.StringVar(&s.vault, "vault", s.vault, say("cli.flag.vault"))
	f.StringVar(&s.outbox, "outbox", s.outbox, say("cli.flag.outbox"))
	f.StringVar(&s.directory, "directory", s.directory, say("cli.flag.directory"))
	f.StringVar(&s.directoryCA, "directory-ca", s.directoryCA, say("cli.flag.directory_ca"))
	f.StringVar(&s.camera, "camera", s.camera, say("cli.flag.camera"))
	f.BoolVar(&s.loopback, "loopback", s.loopback, say("cli.flag.loopback"))
	f.IntVar(&s.passphraseFD, "passphrase-fd", s.passphraseFD, say("cli.flag.passphrase_fd"))
	f.BoolVar(&s.json, "json", s.json, say("cli.flag.json"))
	f.StringVar(&s.lang, "lang", s.lang, say("cli.flag.lang"))
}

func (s *settings) language() assets.Language {
	if s.lang == string(assets.English) {
		return assets.English
	}
	return assets.Swedish
}

func (s *settings) check() error {
	if s.lang != string(assets.Swedish) && s.lang != string(assets.English) {
		return usageError{fmt.Errorf("-lang: %q is neither sv nor en", s.lang)}
	}
	if qr.IsFolder(s.camera) && !s.loopback {
		return usageError{fmt.Errorf("-camera %s: -loopback", s.camera)} // whoever writes to a folder holds codes before it: it is no camera to meet by
	}
	return nil
}

// config is the agent's.
func (s *settings) config(env Surroundings) (agent.Config, error) {
	conf := agent.Config{
		Vault: s.vault, Outbox: s.outbox, Directory: s.directory, Loopback: s.loopback, Keyring: agent.SystemKeyring(),
	}
	if s.directoryCA != "" {
		pem, err := os.ReadFile(s.directoryCA)
		if err != nil {
			return agent.Config{}, usageError{fmt.Errorf("-directory-ca: %w", err)}
		}
		conf.DirectoryCA = pem
	}
	if s.camera != "none" {
		name := s.camera
		conf.Camera = func() (qr.Frames, error) { return qr.OpenCamera(name, qr.Every(cameraPeriod)) }
	}
	if env.Adjust != nil {
		env.Adjust(&conf)
	}
	return conf, nil
}

// usageError is a mistake on the command line: exit status 2.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func isUsage(err error) bool {
	var u usageError
	return errors.As(err, &u)
}
