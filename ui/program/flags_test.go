package program_test

import (
	"bytes"
	"errors"
	"flag"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"handslag/assets"
	"handslag/identity/qr"
	"handslag/ui"
	"handslag/ui/part"
	"handslag/ui/program"
)

func TestACommandLineSaysWhoseProfileAndWhichWindow(t *testing.T) {
	ca := filepath.Join(t.TempDir(), "ca.pem")
	ok(t, os.WriteFile(ca, []byte("-----BEGIN"), 0o600))
	vault, shown := filepath.Join(t.TempDir(), "bo"), t.TempDir()
	f, err := program.ParseFlags([]string{"-vault", vault, "-outbox", "/o", "-directory", "https://katalog", "-directory-ca", ca,
		"-camera", "frames:" + shown, "-show-qr", shown, "-loopback", "-lang", "en", "-title", "Bo Ek", "-size", "940x760+960+0"}, &bytes.Buffer{})
	ok(t, err)
	if f.Title != "Bo Ek" || f.Frame.Size != fyne.NewSize(940, 760) || *f.Frame.At != image.Pt(960, 0) {
		t.Errorf("the window is %+v", f)
	}
	conf, err := f.Agent()
	ok(t, err)
	if conf.Vault != vault || conf.Outbox != "/o" || conf.Directory != "https://katalog" || string(conf.DirectoryCA) != "-----BEGIN" || !conf.Loopback {
		t.Errorf("the profile is %+v", conf)
	}

	// What is shown is written, and taken away again; there may be nothing to take away.
	code, err := qr.Draw("HANDSLAG")
	ok(t, err)
	ok(t, conf.ShowQR(code))
	if _, err := os.Stat(filepath.Join(shown, "handslag.png")); err != nil {
		t.Error(err)
	}
	for range 2 {
		ok(t, conf.ShowQR(nil))
	}
	frames, err := conf.Camera()
	ok(t, err)
	ok(t, frames.Close())

	// Choices are kept beside the profile; the command line's language goes before the one that was chosen.
	ok(t, f.Keep(ui.Preferences{Language: assets.Swedish, Appearance: part.Dusk, TextScale: 2}))
	if prefs, err := f.Preferences(); err != nil || prefs != (ui.Preferences{Language: assets.English, Appearance: part.Dusk, TextScale: 2}) {
		t.Errorf("%+v, %v", prefs, err)
	}
	f, err = program.ParseFlags([]string{"-vault", vault}, &bytes.Buffer{})
	ok(t, err)
	if prefs, err := f.Preferences(); err != nil || prefs.Language != assets.Swedish {
		t.Errorf("%+v, %v", prefs, err)
	}
	if conf, err := f.Agent(); err != nil || conf.Camera == nil || conf.CameraThere == nil || conf.ShowQR != nil || conf.Loopback {
		t.Errorf("%+v, %v", conf, err)
	}
}

func TestACommandLineThatIsNoneIsRefused(t *testing.T) {
	for _, args := range [][]string{{"-passphrase", "x"}, {"anna"}, {"-lang", "tlh"}, {"-camera", "frames:/tmp"}, {"-size", "wide"}, {"-size", "0x10"}, {"-size", "70000x10"}, {"-size", "940x760+1"}, {"-size", "940x760+1+2 "}} {
		if f, err := program.ParseFlags(args, &bytes.Buffer{}); err == nil || errors.Is(err, flag.ErrHelp) {
			t.Errorf("%q became %+v, %v", args, f, err)
		}
	}
	f, err := program.ParseFlags([]string{"-directory-ca", filepath.Join(t.TempDir(), "none.pem")}, &bytes.Buffer{})
	ok(t, err)
	if _, err := f.Agent(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a certificate that is not there: %v", err)
	}
}

func TestHelpSpeaksTheLanguageAskedFor(t *testing.T) {
	for _, c := range []struct {
		args []string
		lang assets.Language
	}{
		{[]string{"-h"}, assets.Swedish},
		{[]string{"-lang", "en", "-h"}, assets.English},
		{[]string{"--lang=en", "--help"}, assets.English},
		{[]string{"-lang", "sv", "-h"}, assets.Swedish},
		{[]string{"-h", "-lang"}, assets.Swedish},
	} {
		var help bytes.Buffer
		if _, err := program.ParseFlags(c.args, &help); !errors.Is(err, flag.ErrHelp) {
			t.Errorf("%q: %v", c.args, err)
		}
		if !strings.HasPrefix(help.String(), c.lang.Say("window.help")) || !strings.Contains(help.String(), "-vault") {
			t.Errorf("%q is helped with\n%s", c.args, help.String())
		}
	}
}

func TestTheProgramIntroducesItself(t *testing.T) {
	file, err := os.ReadFile("../../FyneApp.toml")
	ok(t, err)
	about, forFyne, err := program.Introduce(file)
	ok(t, err)
	if about.Name != "Handslag" || about.Version == "" || about.ID == "" || forFyne.ID != about.ID || forFyne.Icon == nil {
		t.Errorf("%+v, %+v", about, forFyne)
	}
	if _, _, err := program.Introduce([]byte("Details = [")); err == nil {
		t.Error("a file that is none introduces")
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
