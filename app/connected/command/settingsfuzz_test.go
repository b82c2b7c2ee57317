package command

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"github.com/BurntSushi/toml"
)

// Whatever stands in the file, what is read of it says the same when it is written, and nothing of it is repeated where
// it is none.
func FuzzSettings(f *testing.F) {
	var all strings.Builder
	for _, one := range table {
		line := one.name + " = " + quotedIf(one, examples(one)[2]) + "\n"
		f.Add(line)
		all.WriteString(line)
	}
	f.Add(all.String())
	for _, text := range []string{"", "database = 7", "listen = \"a\"\nlisten = \"b\"", "[oidc]\nx = 1", "backup_days = -1", "backup_days = 1e9",
		"oidc_email = \"true\"", "given = {a = \"b\"}", "Given.database = \"postgres://l:hemligt@db\"", "database = \"postgres://l:hemligt@db\" x",
		"listen = '''\n:1'''", "a.b.c.d = []", "\x00", `listen = "\u0000"`, strings.Repeat("[", 999), strings.Repeat("a.", 999) + "b = 1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > settingsLimit { // refused before it is parsed
			return
		}
		s, err := parseSettings(text)
		if err != nil {
			if len(err.Error()) > 300 || strings.Contains(err.Error(), "hemligt") {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		if s.given != nil {
			t.Errorf("%q is taken for what a flag said", text)
		}
		var again strings.Builder
		if err := toml.NewEncoder(&again).Encode(s); err != nil {
			t.Fatal(err)
		}
		if back, err := parseSettings(again.String()); err != nil || !reflect.DeepEqual(back, s) {
			t.Errorf("%q is read as %+v, written %q, and read as %+v: %v", text, s, again.String(), back, err)
		}
	})
}

// What a flag or a variable says is a setting or is refused, and said again it is the same.
func FuzzSetting(f *testing.F) {
	for i, one := range table {
		for _, text := range examples(one) {
			f.Add(i, text)
		}
	}
	for _, text := range []string{"+7", "0x7", "9223372036854775808", " 7", "TRUE", "t", "ja", "\x00"} {
		for i := range table {
			f.Add(i, text)
		}
	}
	f.Fuzz(func(t *testing.T, i int, text string) {
		i = int(uint(i) % uint(len(table)))
		var s, back settings
		if err := table[i].put(&s, text); err != nil {
			if !reflect.DeepEqual(s, settings{}) {
				t.Errorf("%s=%q is refused, and %+v", table[i].name, text, s)
			}
			return
		}
		if s.Keep < 0 || s.Keep > keepMost || s.Devices < 0 || s.Devices > devicesMost {
			t.Errorf("%s=%q is read as %+v", table[i].name, text, s)
		}
		if err := table[i].put(&back, said(table[i], &s)); err != nil || !reflect.DeepEqual(back, s) {
			t.Errorf("%s=%q is read as %+v, and then as %+v: %v", table[i].name, text, s, back, err)
		}
	})
}

// A file without end, and what is none.
func TestAFileOfSettingsIsBounded(t *testing.T) {
	for what, make := range map[string]func(path string) error{
		"too long": func(path string) error {
			return os.WriteFile(path, []byte(strings.Repeat("#", settingsLimit+1)), 0o600)
		},
		"a folder": func(path string) error { return os.Mkdir(path, 0o700) },
		"a pipe":   func(path string) error { return syscall.Mkfifo(path, 0o600) },
	} {
		dir := t.TempDir()
		if err := make(filepath.Join(dir, settingsFile)); err != nil {
			t.Fatal(err)
		}
		if err := new(settings).complete(dir); err == nil {
			t.Errorf("%s is taken", what)
		}
	}
}
