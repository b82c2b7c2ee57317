package command

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"handslag/app/connected/feed"
)

// settingsFile is in the system's folder. Of each setting its flag comes first, then the environment, then this file.
const settingsFile = "connected.toml"

// settings are what an administrator chooses once, the same for every command.
type settings struct {
	Database string `toml:"database"`    // URL of a PostgreSQL database; empty: the file in the folder
	Listen   string `toml:"listen"`      // address of serve
	Metrics  string `toml:"metrics"`     // address of its metrics; empty: none
	Keep     days   `toml:"backup_days"` // how long backups of keys live; 0: keepDays

	Approve bool  `toml:"approve_devices"`    // a device waits for an administrator before it is enrolled
	Devices count `toml:"devices_per_person"` // 0: any number

	Syslog            string `toml:"syslog"`             // host:port of a receiver of the audit log; empty: none
	SyslogRoots       string `toml:"syslog_ca"`          // file of certificates that may have signed its own; empty: the machine's
	SyslogCertificate string `toml:"syslog_certificate"` // file with ours, where it asks for one
	SyslogKey         string `toml:"syslog_key"`         // file with its key
	SyslogFormat      string `toml:"syslog_format"`      // json or ocsf

	OIDC       string `toml:"oidc"`             // issuer of an identity provider at which staff may sign in; empty: none
	OIDCClient string `toml:"oidc_client"`      // our name there
	OIDCSecret string `toml:"oidc_secret_file"` // file with what it gave us
	OIDCRoots  string `toml:"oidc_ca"`          // file of certificates that may have signed its own; empty: the machine's
	OIDCEmail  bool   `toml:"oidc_email"`       // addresses that it has verified count the first time
	OIDCOnly   bool   `toml:"oidc_only"`        // no password signs in

	given map[string]string // by flags, by the setting's name
}

// setting is one of them: it has a name in the file, a flag and a variable that are called alike, and a text that
// says it.
type setting struct {
	name  string // in the file
	every bool   // each command has its flag; otherwise serve alone
	means string
	get   func(*settings) any // a pointer
}

// table is all settings. None is a secret: what is one lies in a file, which a setting names.
var table = []setting{
	{"database", true, "`URL` of a PostgreSQL database in place of the folder's own file, without its password", func(s *settings) any { return &s.Database }},
	{"backup_days", true, "how many `days` backups of keys live: so long a copy of who is erased may be opened from one (default 30)", func(s *settings) any { return &s.Keep }},
	{"approve_devices", true, "a device is enrolled once an administrator has approved it (default false)", func(s *settings) any { return &s.Approve }},
	{"devices_per_person", true, "how many `devices` one person may have at once (default: any number)", func(s *settings) any { return &s.Devices }},
	{"listen", false, "`address` to listen on; port 0 takes a free one (default \"" + listenAt + "\")", func(s *settings) any { return &s.Listen }},
	{"metrics", false, "`address` to tell Prometheus at, by plain HTTP: one that only who watches this machine reaches, for example 127.0.0.1:9100 (off by default)", func(s *settings) any { return &s.Metrics }},
	{"syslog", false, "`host:port` of a syslog server that gets the audit log by TLS (RFC 5425), for example siem.example:6514 (off by default)", func(s *settings) any { return &s.Syslog }},
	{"syslog_ca", false, "PEM `file` of certificates that may have signed that server's (default: those that this machine trusts)", func(s *settings) any { return &s.SyslogRoots }},
	{"syslog_certificate", false, "PEM `file` of our certificate, where that server asks for one", func(s *settings) any { return &s.SyslogCertificate }},
	{"syslog_key", false, "PEM `file` of its key", func(s *settings) any { return &s.SyslogKey }},
	{"syslog_format", false, "`format` of the messages: json, or ocsf for OCSF " + feed.OCSFVersion + " (default \"json\")", func(s *settings) any { return &s.SyslogFormat }},
	{"oidc", false, "`URL` of the identity provider at which staff may sign in (OpenID Connect), to the letter as it writes it (off by default)", func(s *settings) any { return &s.OIDC }},
	{"oidc_client", false, "our `name` there", func(s *settings) any { return &s.OIDCClient }},
	{"oidc_secret_file", false, "`file` with the secret that it gave us, which nobody else may read (default: none, we are a public client)", func(s *settings) any { return &s.OIDCSecret }},
	{"oidc_ca", false, "PEM `file` of certificates that may have signed its own (default: those that this machine trusts)", func(s *settings) any { return &s.OIDCRoots }},
	{"oidc_email", false, "an address that it has verified counts the first time", func(s *settings) any { return &s.OIDCEmail }},
	{"oidc_only", false, "no password signs in", func(s *settings) any { return &s.OIDCOnly }},
}

func (one setting) flag() string        { return strings.ReplaceAll(one.name, "_", "-") }
func (one setting) environment() string { return "CONNECTED_" + strings.ToUpper(one.name) }

// put reads the setting's text into s.
func (one setting) put(s *settings, text string) error {
	switch to := one.get(s).(type) {
	case *string:
		*to = text
	case interface{ Set(string) error }:
		return to.Set(text)
	case *bool:
		on, err := strconv.ParseBool(text)
		if err != nil {
			return errors.New("is neither true nor false")
		}
		*to = on
	}
	return nil
}

// given is a flag's value: what it said, kept until it is known what is said elsewhere.
type given struct {
	setting
	to *settings
}

func (g given) String() string { return "" }

func (g given) IsBoolFlag() bool {
	if g.get == nil { // flag makes one of its own, to see what is none
		return false
	}
	_, is := g.get(g.to).(*bool)
	return is
}

// Set keeps what can be read.
func (g given) Set(text string) error {
	if err := g.put(&settings{}, text); err != nil {
		return err
	}
	if g.to.given == nil {
		g.to.given = map[string]string{}
	}
	g.to.given[g.name] = text
	return nil
}

// flags adds those of every command, or those of serve alone.
func (s *settings) flags(to *flag.FlagSet, every bool) {
	for _, one := range table {
		if one.every == every {
			to.Var(given{one, s}, one.flag(), one.means)
		}
	}
}

// take takes what other flags said.
func (s *settings) take(other settings) {
	for name, text := range other.given {
		if s.given == nil {
			s.given = map[string]string{}
		}
		s.given[name] = text
	}
}

// Days that backups of keys live: what an erasure destroys stands in them.
const (
	keepDays = 30
	keepMost = 3650
)

// days is a flag.
type days int

func (d *days) String() string { return strconv.Itoa(int(*d)) }

// Set reads a number of days.
func (d *days) Set(text string) error {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > keepMost {
		return fmt.Errorf("is not a number of days between 1 and %d", keepMost)
	}
	*d = days(n)
	return nil
}

func (d days) duration() time.Duration { return time.Duration(d) * 24 * time.Hour }

var errOpenSecret = fmt.Errorf("%s holds a password and can be read by others", settingsFile)

// complete fills what flags left open from the environment and the folder's file.
func (s *settings) complete(dir string) error {
	if secret(s.given["database"]) {
		return &usageError{"a password on a command line can be read by everybody on this machine",
			"put it into the file that PGPASSFILE names, into CONNECTED_DATABASE, or into " + settingsFile}
	}
	file, err := readSettings(dir)
	if err != nil {
		return err
	}
	file.given = s.given
	*s = file
	for _, one := range table {
		text, by := s.given[one.name], "-"+one.flag()
		if text == "" {
			text, by = os.Getenv(one.environment()), one.environment()
		}
		if text == "" {
			continue
		}
		if err := one.put(s, text); err != nil {
			return &usageError{by + " " + err.Error(), "try: connected serve -h"}
		}
	}
	if s.Keep = cmp.Or(s.Keep, keepDays); s.Keep < 1 || s.Keep > keepMost {
		return fmt.Errorf("read settings: backup_days is not between 1 and %d", keepMost)
	}
	if s.Devices < 0 || s.Devices > devicesMost {
		return fmt.Errorf("read settings: devices_per_person is not between 0 and %d", devicesMost)
	}
	if s.Database == "" {
		return nil
	}
	if u, err := url.Parse(s.Database); err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return &usageError{"the database is not named by a URL of PostgreSQL's", "for example: postgres://handslag@db.example/handslag?sslmode=verify-full"}
	}
	return nil
}

// settingsLimit is what the file has at most, in bytes.
const settingsLimit = 64 << 10

// readSettings reads the folder's file, which may be missing.
func readSettings(dir string) (settings, error) {
	path := filepath.Join(dir, settingsFile)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return settings{}, nil
	}
	if err != nil {
		return settings{}, fmt.Errorf("read settings: %w", err)
	}
	if info.Size() > settingsLimit || !info.Mode().IsRegular() { // what is read from a pipe may never come
		return settings{}, fmt.Errorf("read settings: %s is no file of at most %d bytes", settingsFile, settingsLimit)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return settings{}, fmt.Errorf("read settings: %w", err)
	}
	s, err := parseSettings(string(text))
	if err != nil {
		return s, fmt.Errorf("read settings: %w", err)
	}
	if secret(s.Database) && info.Mode().Perm()&0o077 != 0 {
		return s, fmt.Errorf("read settings: %w", errOpenSecret)
	}
	return s, nil
}

// parseSettings reads what stands in the file. Its errors repeat nothing of it but a setting's name.
func parseSettings(text string) (settings, error) {
	var s settings
	meta, err := toml.Decode(text, &s)
	if err != nil {
		return settings{}, fmt.Errorf("%s is malformed", settingsFile) // toml's words quote the line
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return settings{}, fmt.Errorf("%s has no setting %.40q", settingsFile, unknown[0].String())
	}
	return s, nil
}

// secret reports whether a URL holds a password. What can not be read as one may.
func secret(text string) bool {
	u, err := url.Parse(text)
	if err != nil {
		return true
	}
	_, set := u.User.Password()
	return set || strings.Contains(text, "password=")
}
