package testnet_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"handslag/assets"
	"handslag/testnet"
)

func tell(t *testing.T, o testnet.DemoOptions) string {
	t.Helper()
	var out bytes.Buffer
	o.Out, o.Bin = &out, filepath.Dir(programs.Agent)
	if o.In == nil {
		o.In = strings.NewReader("")
	}
	if o.Getenv == nil {
		o.Getenv = func(string) string { return "" }
	}
	if err := testnet.Demo(t.Context(), o); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	return out.String()
}

func wantAll(t *testing.T, said string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(said, part) {
			t.Errorf("it does not say %q:\n%s", part, said)
		}
	}
}

// settle gives a state that nobody has started yet addresses of loopback that are this process's alone: between two runs on it somebody
// else's demo might take the usual ones.
func settle(t *testing.T, state string) {
	t.Helper()
	if runtime.GOOS != "linux" { // where all of 127.0.0.0/8 is loopback
		return
	}
	pid := os.Getpid()
	host := fmt.Sprintf("127.%d.%d.%d", 64+pid>>16&63, pid>>8&255, pid&255)
	kept := fmt.Sprintf(`{"line":"%s:18443","directory_line":"%s:18440"}`, host, host)
	if err := os.WriteFile(filepath.Join(state, "net.json"), []byte(kept), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestTheDemoTellsItsMorningAndGoesOnTheNextDay(t *testing.T) {
	state := t.TempDir()
	settle(t, state)
	day := time.Date(2026, 11, 23, 7, 0, 0, 0, time.Local)
	said := tell(t, testnet.DemoOptions{State: state, Lang: assets.Swedish, Day: day})
	wantAll(t, said, "Ingen skärm", "Maja Vintergrind", "Akten finns inte på enheten", "Väntar: 0", "alla kedjor", "skrev under uppdraget")
	if strings.Contains(said, "demo.") || strings.Contains(said, "{") {
		t.Errorf("a sentence is missing:\n%s", said)
	}
	again := tell(t, testnet.DemoOptions{State: state, Lang: assets.English, Day: day})
	wantAll(t, again, "No display", "from an earlier morning", "signed by Bo already")
	if strings.Contains(again, "has been given a device") || strings.Contains(again, "demo.") {
		t.Errorf("the second run does not go on:\n%s", again)
	}
	later := tell(t, testnet.DemoOptions{State: state, Lang: assets.English, Day: day.AddDate(0, 0, 1)})
	wantAll(t, later, "Bo signs U-2300") // the day's own version of it
}

func TestASecondDemoOnTheSameFolderSaysSo(t *testing.T) {
	state := t.TempDir()
	n, err := testnet.Start(t.Context(), testnet.Options{Dir: state, Programs: programs, Empty: true})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	var out bytes.Buffer
	err = testnet.Demo(t.Context(), testnet.DemoOptions{
		State: state, Bin: filepath.Dir(programs.Agent), Lang: assets.English, Out: &out, Getenv: func(string) string { return "" },
	})
	if err == nil {
		t.Fatal("two of them run on one folder")
	}
	wantAll(t, out.String(), "port is in use")
}

// The windows are stood in for by a program that shows none, so that the terminal's words can
// be tried without a display.
func TestTheTerminalStopsAndStartsTheConnectedSystem(t *testing.T) {
	bin := t.TempDir()
	for _, program := range []string{programs.Agent, programs.Connected, programs.Directory} {
		if err := os.Symlink(program, filepath.Join(bin, filepath.Base(program))); err != nil {
			t.Fatal(err)
		}
	}
	window := "#!/bin/sh\nexec sleep 600\n"
	if err := os.WriteFile(filepath.Join(bin, "handslag"), []byte(window), 0o700); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err := testnet.Demo(context.Background(), testnet.DemoOptions{
		State: t.TempDir(), Bin: bin, Lang: assets.English, Out: &out, In: strings.NewReader("offline\nonline\nwhat\nquit\n"),
		Getenv: func(name string) string { return map[string]string{"DISPLAY": ":9"}[name] },
	})
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	wantAll(t, out.String(), "Two windows", "anna.lind", "no coverage", "answers again", "Type offline, online or quit")
}
