package command

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// examples are texts for a setting: by flag, by environment, by file, and what holds where nothing is said.
func examples(one setting) [4]string {
	switch one.get(&settings{}).(type) {
	case *days:
		return [4]string{"1", "2", "3", "30"}
	case *count:
		return [4]string{"1", "2", "3", "0"}
	case *bool: // said to be off, it is off, whatever is said elsewhere
		return [4]string{"false", "true", "false", "false"}
	}
	if one.name == "database" {
		return [4]string{"postgres://l@db/flag", "postgres://l@db/environment", "postgres://l@db/file", ""}
	}
	return [4]string{one.name + ":1", one.name + ":2", one.name + ":3", ""}
}

func said(one setting, s *settings) string {
	return fmt.Sprint(reflect.ValueOf(one.get(s)).Elem().Interface())
}

func quotedIf(one setting, text string) string {
	if _, is := one.get(&settings{}).(*string); is {
		return `"` + text + `"`
	}
	return text
}

// Flags come first, then the environment, then the file, each setting by itself.
func TestEachSettingComesFromAFlagTheEnvironmentAndTheFileInThisOrder(t *testing.T) {
	for _, one := range table {
		texts := examples(one)
		for i, want := range texts {
			dir, s := t.TempDir(), settings{}
			t.Setenv(one.environment(), "")
			if i == 0 {
				flags := flag.NewFlagSet("", flag.ContinueOnError)
				s.flags(flags, one.every)
				if err := flags.Parse([]string{"-" + one.flag() + "=" + texts[0]}); err != nil {
					t.Fatal(err)
				}
			}
			if i <= 1 {
				t.Setenv(one.environment(), texts[1])
			}
			if i <= 2 {
				if err := os.WriteFile(filepath.Join(dir, settingsFile), []byte(one.name+" = "+quotedIf(one, texts[2])+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.complete(dir); err != nil || said(one, &s) != want {
				t.Errorf("%s, case %d: %q, %v, want %q", one.name, i, said(one, &s), err, want)
			}
		}
		t.Setenv(one.environment(), "")
	}
}

// Whatever the file can hold stands in the table, by the same name.
func TestEverySettingOfTheFileIsInTheTable(t *testing.T) {
	of := reflect.TypeFor[settings]()
	var names []string
	for i := range of.NumField() {
		if name := of.Field(i).Tag.Get("toml"); name != "" {
			names = append(names, name)
		}
	}
	var rows []string
	for _, one := range table {
		rows = append(rows, one.name)
		if strings.Contains(one.means, "secret") != strings.HasSuffix(one.name, "_file") {
			t.Errorf("%s is a secret's own words, or no file of one", one.name)
		}
	}
	if slices.Sort(names); !slices.Equal(names, slices.Sorted(slices.Values(rows))) {
		t.Errorf("the file knows %v, the table %v", names, rows)
	}
}

func TestASettingThatIsNoneIsRefused(t *testing.T) {
	for _, arg := range []string{"-backup-days=0", "-backup-days=x", "-devices-per-person=0", "-oidc-only=kanske", "-oidc-secret=x"} {
		flags := flag.NewFlagSet("", flag.ContinueOnError)
		flags.SetOutput(io.Discard)
		var s settings
		s.flags(flags, true)
		s.flags(flags, false)
		if flags.Parse([]string{arg}) == nil {
			t.Errorf("%s is taken", arg)
		}
	}
	for name, text := range map[string]string{"CONNECTED_BACKUP_DAYS": "0", "CONNECTED_OIDC_EMAIL": "kanske", "CONNECTED_DATABASE": "connected.db"} {
		t.Setenv(name, text)
		if err := new(settings).complete(t.TempDir()); err == nil {
			t.Errorf("%s=%s is taken", name, text)
		}
		t.Setenv(name, "")
	}
}

// The table in README is this one.
func TestTheReadmeNamesEverySetting(t *testing.T) {
	text, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| `(-[a-z-]+)` \\| `(CONNECTED_[A-Z_]+)` \\| [^|\n]+ \\|$").FindAllStringSubmatch(string(text), -1) {
		rows = append(rows, strings.Join(row[1:], " "))
	}
	var want []string
	for _, one := range table {
		want = append(want, one.name+" -"+one.flag()+" "+one.environment())
	}
	if !slices.Equal(rows, want) {
		t.Errorf("README has\n%s\nand not\n%s", strings.Join(rows, "\n"), strings.Join(want, "\n"))
	}
}

// A secret lies in a file that nobody else reads, as its first line.
func TestASecretIsReadFromItsFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	for text, want := range map[string]string{"hemligt\n": "hemligt", "hemligt": "hemligt", "hemligt\r\nmer": "hemligt", "": "", "\nhemligt": "", strings.Repeat("x", maxSecret+1): ""} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := secretIn(path); got != want || (err == nil) != (want != "") {
			t.Errorf("%.10q is %q, %v", text, got, err)
		}
	}
	if err := os.WriteFile(path, []byte("hemligt"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := secretIn(path); err == nil || strings.Contains(err.Error(), "hemligt") {
		t.Errorf("others may read it: %v", err)
	}
}
