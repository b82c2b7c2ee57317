package console

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/identity/qr"
)

// Settings are the flags that every command takes, before or after its name.
type Settings struct {
	Vault        string
	Directory    string
	PassphraseFD int // -1: ask
	PasswordFD   int // -1: ask
	JSON         bool

	outbox, directoryCA, camera, lang string
	loopback                          bool
}

const cameraPeriod = 200 * time.Millisecond

func (s *Settings) defaults(env Surroundings) {
	home := env.dataHome()
	s.Vault = filepath.Join(home, "handslag")
	s.outbox = filepath.Join(home, "handslag-outbox")
	s.Directory = env.Getenv("HANDSLAG_DIRECTORY")
	s.camera = "none"
	s.PassphraseFD, s.PasswordFD = -1, -1
	s.lang = string(assets.Swedish)
}

// register adds the flags, with what is set already as their defaults.
func (s *Settings) register(f *flag.FlagSet, say func(string, ...any) string) {
	f.StringVar(&s.Vault, "vault", s.Vault, say("cli.flag.vault"))
	f.StringVar(&s.outbox, "outbox", s.outbox, say("cli.flag.outbox"))
	f.StringVar(&s.Directory, "directory", s.Directory, say("cli.flag.directory"))
	f.StringVar(&s.directoryCA, "directory-ca", s.directoryCA, say("cli.flag.directory_ca"))
	f.StringVar(&s.camera, "camera", s.camera, say("cli.flag.camera"))
	f.BoolVar(&s.loopback, "loopback", s.loopback, say("cli.flag.loopback"))
	f.IntVar(&s.PassphraseFD, "passphrase-fd", s.PassphraseFD, say("cli.flag.passphrase_fd"))
	f.BoolVar(&s.JSON, "json", s.JSON, say("cli.flag.json"))
	f.StringVar(&s.lang, "lang", s.lang, say("cli.flag.lang"))
}

func (s *Settings) language() assets.Language {
	if s.lang == string(assets.English) {
		return assets.English
	}
	return assets.Swedish
}

func (s *Settings) check() error {
	if s.lang != string(assets.Swedish) && s.lang != string(assets.English) {
		return Usage(fmt.Errorf("-lang: %q is neither sv nor en", s.lang))
	}
	if qr.IsFolder(s.camera) && !s.loopback {
		return Usage(fmt.Errorf("-camera %s: -loopback", s.camera)) // whoever writes to a folder holds codes before it: it is no camera to meet by
	}
	return nil
}

// config is the agent's.
func (s *Settings) config(env Surroundings) (agent.Config, error) {
	conf := agent.Config{
		Vault: s.Vault, Outbox: s.outbox, Directory: s.Directory, Loopback: s.loopback, Keyring: agent.SystemKeyring(),
	}
	if s.directoryCA != "" {
		pem, err := os.ReadFile(s.directoryCA)
		if err != nil {
			return agent.Config{}, Usage(fmt.Errorf("-directory-ca: %w", err))
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
