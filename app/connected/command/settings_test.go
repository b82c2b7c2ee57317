package command

import (
	"os"
	"path/filepath"
	"testing"
)

// Flags come first, then the environment, then the file, each setting by itself.
func TestSettingsComeFromFlagsTheEnvironmentAndTheFileInThisOrder(t *testing.T) {
	const url = "postgres://linden@db.example/"
	for name, c := range map[string]struct {
		environment, line string
		flag              func(*settings)
		got               func(settings) string
		want              [4]string // by flag, by environment, by file, by none
		value             string    // of the variable
	}{
		"database": {environmentDatabase, `database = "` + url + `file"`, func(s *settings) { s.Database = url + "flag" },
			func(s settings) string { return s.Database }, [4]string{url + "flag", url + "environment", url + "file", ""}, url + "environment"},
		"listen": {environmentListen, `listen = ":3"`, func(s *settings) { s.Listen = ":1" },
			func(s settings) string { return s.Listen }, [4]string{":1", ":2", ":3", ""}, ":2"},
		"metrics": {environmentMetrics, `metrics = ":3"`, func(s *settings) { s.Metrics = ":1" },
			func(s settings) string { return s.Metrics }, [4]string{":1", ":2", ":3", ""}, ":2"},
		"backup_days": {environmentKeep, `backup_days = 3`, func(s *settings) { s.Keep = 1 },
			func(s settings) string { return s.Keep.String() }, [4]string{"1", "2", "3", "30"}, "2"},
		"syslog": {environmentSyslog, `syslog = "c:3"`, func(s *settings) { s.Syslog = "a:1" },
			func(s settings) string { return s.Syslog }, [4]string{"a:1", "b:2", "c:3", ""}, "b:2"},
	} {
		for i, want := range c.want {
			dir, s := t.TempDir(), settings{}
			t.Setenv(c.environment, "")
			if i == 0 {
				c.flag(&s)
			}
			if i <= 1 {
				t.Setenv(c.environment, c.value)
			}
			if i <= 2 {
				if err := os.WriteFile(filepath.Join(dir, settingsFile), []byte(c.line+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.complete(dir); err != nil || c.got(s) != want {
				t.Errorf("%s, case %d: %q, %v, want %q", name, i, c.got(s), err, want)
			}
		}
	}
}
