package command

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
)

// Where settings come from beside flags: flags come first, then the environment, then the file in
// the system's folder.
const (
	settingsFile        = "connected.toml"
	environmentDatabase = "CONNECTED_DATABASE"
	environmentListen   = "CONNECTED_LISTEN"
	environmentMetrics  = "CONNECTED_METRICS"
	environmentKeep     = "CONNECTED_BACKUP_DAYS"

	environmentSyslog            = "CONNECTED_SYSLOG"
	environmentSyslogRoots       = "CONNECTED_SYSLOG_CA"
	environmentSyslogCertificate = "CONNECTED_SYSLOG_CERTIFICATE"
	environmentSyslogKey         = "CONNECTED_SYSLOG_KEY"
	environmentSyslogFormat      = "CONNECTED_SYSLOG_FORMAT"

	environmentApprove = "CONNECTED_APPROVE_DEVICES"
	environmentDevices = "CONNECTED_DEVICES_PER_PERSON"

	environmentOIDC       = "CONNECTED_OIDC"
	environmentOIDCClient = "CONNECTED_OIDC_CLIENT"
	environmentOIDCSecret = "CONNECTED_OIDC_SECRET"
	environmentOIDCRoots  = "CONNECTED_OIDC_CA"
)

// settings are what an administrator chooses once, the same for every command.
type settings struct {
	Database string `toml:"database"`    // URL of a PostgreSQL database; empty: the file in the folder
	Listen   string `toml:"listen"`      // address of serve
	Metrics  string `toml:"metrics"`     // address of its metrics; empty: none
	Keep     days   `toml:"backup_days"` // how long backups of keys live; 0: keepDays

	Approve toggle `toml:"approve_devices"`    // a device waits for an administrator before it is enrolled
	Devices count  `toml:"devices_per_person"` // 0: any number

	Syslog            string `toml:"syslog"`             // host:port of a receiver of the audit log; empty: none
	SyslogRoots       string `toml:"syslog_ca"`          // file of certificates that may have signed its own; empty: the machine's
	SyslogCertificate string `toml:"syslog_certificate"` // file with ours, where it asks for one
	SyslogKey         string `toml:"syslog_key"`         // file with its key
	SyslogFormat      string `toml:"syslog_format"`      // json or ocsf

	OIDC       string `toml:"oidc"`        // issuer of an identity provider at which staff may sign in; empty: none
	OIDCClient string `toml:"oidc_client"` // our name there
	OIDCSecret string `toml:"oidc_secret"` // which it gave us
	OIDCRoots  string `toml:"oidc_ca"`     // file of certificates that may have signed its own; empty: the machine's
	OIDCEmail  bool   `toml:"oidc_email"`  // addresses that it has verified count the first time
	OIDCOnly   bool   `toml:"oidc_only"`   // no password signs in
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
	if secret(s.Database) {
		return &usageError{"a password on a command line can be read by everybody on this machine",
			"put it into the file that PGPASSFILE names, into " + environmentDatabase + ", or into " + settingsFile}
	}
	file, err := readSettings(dir)
	if err != nil {
		return err
	}
	for _, one := range []struct {
		set               *string
		environment, file string
	}{
		{&s.Database, environmentDatabase, file.Database}, {&s.Listen, environmentListen, file.Listen}, {&s.Metrics, environmentMetrics, file.Metrics},
		{&s.Syslog, environmentSyslog, file.Syslog}, {&s.SyslogRoots, environmentSyslogRoots, file.SyslogRoots},
		{&s.SyslogCertificate, environmentSyslogCertificate, file.SyslogCertificate}, {&s.SyslogKey, environmentSyslogKey, file.SyslogKey},
		{&s.SyslogFormat, environmentSyslogFormat, file.SyslogFormat},
		{&s.OIDC, environmentOIDC, file.OIDC}, {&s.OIDCClient, environmentOIDCClient, file.OIDCClient},
		{&s.OIDCSecret, environmentOIDCSecret, file.OIDCSecret}, {&s.OIDCRoots, environmentOIDCRoots, file.OIDCRoots},
	} {
		if *one.set == "" {
			*one.set = os.Getenv(one.environment)
		}
		if *one.set == "" {
			*one.set = one.file
		}
	}
	s.OIDCEmail, s.OIDCOnly = file.OIDCEmail, file.OIDCOnly
	if text := os.Getenv(environmentKeep); s.Keep == 0 && text != "" {
		if err := s.Keep.Set(text); err != nil {
			return &usageError{environmentKeep + " " + err.Error(), "for example: " + environmentKeep + "=30"}
		}
	}
	if err := s.completeDevices(file); err != nil {
		return err
	}
	if s.Keep = cmp.Or(s.Keep, file.Keep, keepDays); s.Keep < 1 || s.Keep > keepMost {
		return fmt.Errorf("read settings: backup_days is not between 1 and %d", keepMost)
	}
	if s.Database == "" {
		return nil
	}
	if u, err := url.Parse(s.Database); err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return &usageError{"the database is not named by a URL of PostgreSQL's", "for example: postgres://handslag@db.example/handslag?sslmode=verify-full"}
	}
	return nil
}

// readSettings reads the folder's file, which may be missing.
func readSettings(dir string) (settings, error) {
	var s settings
	path := filepath.Join(dir, settingsFile)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, fmt.Errorf("read settings: %w", err)
	}
	meta, err := toml.DecodeFile(path, &s)
	if err != nil {
		return s, fmt.Errorf("read settings: %s is malformed", settingsFile) // toml's words quote the line
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return s, fmt.Errorf("read settings: %s has no setting %q", settingsFile, unknown[0])
	}
	if (secret(s.Database) || s.OIDCSecret != "") && info.Mode().Perm()&0o077 != 0 {
		return s, fmt.Errorf("read settings: %w", errOpenSecret)
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
