package testnet_test

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"handslag/testnet/demo"
)

// The README's commands are run as they stand there, in a folder of their own; only where
// the stick with the recovery file is mounted, and that nobody sits at a terminal to type
// its passphrase, differs.
func TestTheCommandsOfTheReadmeMakeAnOrganisation(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, block, ok := strings.Cut(string(text), "<!-- commands: organisation -->\n```sh\n")
	if !ok {
		t.Fatal("the README shows no commands")
	}
	block, _, _ = strings.Cut(block, "```")
	lines := strings.Split(strings.TrimSpace(block), "\n")
	if len(lines) != 5 {
		t.Fatalf("%d commands, the README says five", len(lines))
	}

	work := t.TempDir()
	stick := t.TempDir()
	var staff strings.Builder
	if err := demo.Organisation(demo.DefaultSeed, time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)).WriteJSONL(&staff); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(work, "staff.jsonl"), []byte(staff.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(work, "statements"), 0o700); err != nil {
		t.Fatal(err)
	}
	for i, line := range lines {
		line = strings.Replace(line, "/media/usb", stick, 1)
		line = strings.Replace(line, "-listen :8443", "-listen 127.0.0.1:0", 1)
		if strings.HasPrefix(line, "connected init ") {
			line += " -no-passphrase"
		}
		if i == len(lines)-1 {
			serves(t, work, line)
			return
		}
		command := shell(t.Context(), work, line)
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
	}
}

func shell(ctx context.Context, work, line string) *exec.Cmd {
	command := exec.CommandContext(ctx, "sh", "-c", "exec "+line)
	command.Dir = work
	command.Env = append(os.Environ(), "PATH="+filepath.Dir(programs.Connected)+":"+os.Getenv("PATH"), "XDG_DATA_HOME="+filepath.Join(work, "data"))
	return command
}

func serves(t *testing.T, work, line string) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute)
	defer stop()
	command := shell(ctx, work, line)
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	command.Stderr = &said
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	first, err := bufio.NewReader(out).ReadString('\n')
	stop()
	_ = command.Wait()
	if err != nil || !strings.Contains(first, "listening on https://") {
		t.Errorf("%s: %q %v\n%s", line, first, err, said.String())
	}
}

var target = regexp.MustCompile("`(make [a-z]+)|^    (make [a-z]+)")

func TestTheTargetsOfTheReadmeExist(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	makefile, err := os.ReadFile(filepath.Join("..", "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for line := range strings.Lines(string(text)) {
		for _, m := range target.FindAllStringSubmatch(line, -1) {
			name := strings.TrimPrefix(m[1]+m[2], "make ")
			seen++
			if !regexp.MustCompile(`(?m)^` + name + `:`).Match(makefile) {
				t.Errorf("the README speaks of make %s, which the Makefile does not know", name)
			}
		}
	}
	if seen < 3 {
		t.Errorf("only %d targets found: the test looks in the wrong place", seen)
	}
}

var deviceCommand = regexp.MustCompile("`handslagctl ([a-z -]+)`")

func TestTheDeviceCommandsOfTheReadmeExist(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, m := range deviceCommand.FindAllStringSubmatch(string(text), -1) {
		seen[m[1]] = true
	}
	for name := range seen {
		command := exec.CommandContext(t.Context(), programs.Agent, append(strings.Fields(name), "-h")...)
		command.Env = append(os.Environ(), "HOME="+t.TempDir())
		if out, err := command.CombinedOutput(); err != nil || !strings.Contains(string(out), "handslagctl "+name) {
			t.Errorf("the README speaks of handslagctl %s: %v\n%s", name, err, out)
		}
	}
	if len(seen) < 10 {
		t.Errorf("only %d commands found: the test looks in the wrong place", len(seen))
	}
}

var shownPicture = regexp.MustCompile(`\]\((ui/pictures/[^)]+)\)`)

func TestThePicturesOfTheReadmeAreThere(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	for _, m := range shownPicture.FindAllStringSubmatch(string(text), -1) {
		shown[m[1]] = true
	}
	files, err := filepath.Glob(filepath.Join("..", "ui", "pictures", "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d pictures, %v", len(files), err)
	}
	for _, file := range files {
		name := "ui/pictures/" + filepath.Base(file)
		if !shown[name] {
			t.Errorf("%s is shown nowhere", name)
		}
		delete(shown, name)
	}
	for name := range shown {
		t.Errorf("%s is not there", name)
	}
}
