package morning_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestTheProgramTellsItsMorningAndGoesOn(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	first := told(t, state)
	holds(t, first, "Maja Vintergrind", "U-2300", "står programmet för", "alla kedjor")
	again := told(t, state, "-lang", "en")
	holds(t, again, "Maja Vintergrind", "U-2300", "every chain")
	for _, said := range []string{first, again} {
		if strings.Contains(said, "demo.") || strings.Contains(said, "{") {
			t.Errorf("a sentence is missing or lacks a word:\n%s", said)
		}
	}
	private(t, state)
}

func holds(t *testing.T, said string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(said, part) {
			t.Errorf("it does not say %q:\n%s", part, said)
		}
	}
}

// private holds that others on the machine see nothing, that no code stays as a picture, and
// that passwords and passphrases lie in one file and nowhere else.
func private(t *testing.T, state string) {
	t.Helper()
	info, err := os.Stat(state)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o700 {
		t.Errorf("the state folder has mode %o", info.Mode().Perm())
	}
	keeper := filepath.Join(state, "people.json")
	words := secrets(t, keeper)
	files := 0
	err = filepath.WalkDir(state, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		files++
		if filepath.Ext(path) == ".png" {
			t.Errorf("a code stays as a picture: %s", path)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, word := range words {
			if path != keeper && bytes.Contains(data, []byte(word)) {
				t.Errorf("a password or passphrase stands in %s", path)
			}
		}
		return nil
	})
	if err != nil || files < 10 {
		t.Errorf("looked into %d files: %v", files, err)
	}
}

// secrets are what Anna and Bo type, from a file that nobody else may read.
func secrets(t *testing.T, keeper string) []string {
	t.Helper()
	info, err := os.Stat(keeper)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("%s has mode %o", keeper, info.Mode().Perm())
	}
	data, err := os.ReadFile(keeper)
	if err != nil {
		t.Fatal(err)
	}
	var people map[string]struct{ Password, Passphrase string }
	if err := json.Unmarshal(data, &people); err != nil {
		t.Fatal(err)
	}
	var words []string
	for _, p := range people {
		words = append(words, p.Password, p.Passphrase)
	}
	if len(words) != 4 || len(words[0]) < 12 {
		t.Fatalf("%d secrets in %s", len(words), keeper)
	}
	return words
}

// waits stands in for a window that is open until it is closed.
const waits = "exec sleep 600"

func TestCtrlCEndsEverything(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	r := begin(t, withWindow(t, waits), state, ":9", "-lang", "en")
	r.until("quit")
	r.interrupt()
	r.end()
	private(t, state)
	r = begin(t, withWindow(t, waits), state, ":9", "-lang", "en")
	r.until("quit")
	r.types("quit")
	r.end()
}

func TestThePassphrasesAreThereToUnlockWith(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	r := begin(t, withWindow(t, waits), state, ":9", "-lang", "en")
	r.until("quit")
	r.types("quit")
	said := r.end()
	shown := 0
	for _, word := range secrets(t, filepath.Join(state, "people.json")) {
		if strings.Contains(said, word) {
			shown++
		}
	}
	if shown != 2 {
		t.Errorf("%d of the two passphrases, or passwords too, are shown:\n%s", shown, said)
	}
}

func TestTheServerIsReallyGoneAndComesBack(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	r := begin(t, withWindow(t, waits), state, ":9", "-lang", "en")
	r.until("quit")
	if n := servers(t, r); n != 2 {
		t.Errorf("%d servers before it, want connected and directory", n)
	}
	r.types("offline")
	r.until("no coverage")
	if n := servers(t, r); n != 1 {
		t.Errorf("%d servers while offline, want the directory alone", n)
	}
	r.types("online")
	r.until("answers again")
	if n := servers(t, r); n != 2 {
		t.Errorf("%d servers after it", n)
	}
	r.types("quit")
	r.end()
}

func TestADyingServerIsTold(t *testing.T) {
	r := begin(t, withWindow(t, waits), filepath.Join(t.TempDir(), "state"), ":9", "-lang", "en")
	r.until("quit")
	for _, pid := range children(t, r, "connected") {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	r.until("connected system ended by itself")
	r.types("online")
	r.until("answers again")
	r.types("quit")
	r.end()
}

func TestClosingBothWindowsEndsTheDemo(t *testing.T) {
	r := begin(t, withWindow(t, waits), filepath.Join(t.TempDir(), "state"), ":9", "-lang", "en")
	r.until("quit")
	open := children(t, r, "sleep")
	for len(open) < 2 { // a script is not yet the program that it becomes
		if err := t.Context().Err(); err != nil || r.ctx.Err() != nil {
			t.Fatalf("%d windows are open: %v", len(open), err)
		}
		open = children(t, r, "sleep")
	}
	for _, pid := range open {
		if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
	}
	r.end()
}

func TestAMachineWithoutOpenGLIsToldTheMorning(t *testing.T) {
	r := begin(t, withWindow(t, "echo handslag: no OpenGL here >&2; exit 1"), filepath.Join(t.TempDir(), "state"), ":9", "-lang", "en")
	r.stdin.Close()
	holds(t, r.end(), "no OpenGL here", "could not be opened", "Maja Vintergrind", "every chain")
}

// Devices know the connected system by its address, and hear of another from itself alone: the
// demo keeps its port, and says so where somebody else has it.
func TestAPortThatIsTakenIsSaidAndNothingIsLost(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	told(t, state)
	taken, err := net.Listen("tcp", kept(t, state, "line"))
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	r := begin(t, bin, state, "", "-lang", "en")
	r.stdin.Close()
	holds(t, r.fails(), "port is in use", "make clean")
	if err := taken.Close(); err != nil {
		t.Fatal(err)
	}
	taken, err = net.Listen("tcp", kept(t, state, "directory_line"))
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	holds(t, told(t, state, "-lang", "en"), "from an earlier morning", "every chain")
}

func TestASecondDemoOnTheSameStateLeavesTheFirstAlone(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	first := begin(t, withWindow(t, waits), state, ":9", "-lang", "en")
	first.until("quit")
	second := begin(t, bin, state, "", "-lang", "en")
	second.stdin.Close()
	holds(t, second.fails(), "Maybe it runs in another terminal")
	first.types("verify")
	first.until("every chain")
	first.types("quit")
	first.end()
}

// kept is an address that the demo holds on to.
func kept(t *testing.T, state, line string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(state, "net.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]string
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	return all[line]
}

// servers counts connected system and directory among its processes.
func servers(t *testing.T, r *run) int {
	t.Helper()
	return len(children(t, r, "connected")) + len(children(t, r, "directory"))
}

// children are the processes of this name that it started.
func children(t *testing.T, r *run, name string) []int {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for _, stat := range stats {
		data, err := os.ReadFile(stat)
		if err != nil {
			continue // it has ended meanwhile
		}
		// PID (NAME) STATE PARENT …: proc_pid_stat(5)
		pid, rest, _ := strings.Cut(string(data), " (")
		command, rest, _ := strings.Cut(rest, ") ")
		fields := strings.Fields(rest)
		if command != name || len(fields) < 2 || fields[0] == "Z" || fields[1] != strconv.Itoa(r.cmd.Process.Pid) {
			continue
		}
		n, err := strconv.Atoi(pid)
		if err != nil {
			t.Fatal(err)
		}
		pids = append(pids, n)
	}
	return pids
}

var registered = regexp.MustCompile(`f\.\w+\((?:&s\.\w+, )?"([a-z-]+)"`)

// The window's flags are the other end of the command line: a flag that only one end knows
// would close both windows at once.
func TestTheWindowsGetFlagsThatTheyHaveAndNoSecret(t *testing.T) {
	source, err := os.ReadFile("../../ui/program/flags.go")
	if err != nil {
		t.Fatal(err)
	}
	var has []string
	for _, found := range registered.FindAllStringSubmatch(string(source), -1) {
		has = append(has, found[1])
	}
	if len(has) < 8 {
		t.Fatalf("only the flags %q are found in ui/program/flags.go", has)
	}
	given := filepath.Join(t.TempDir(), "arguments")
	state := filepath.Join(t.TempDir(), "state")
	r := begin(t, withWindow(t, `printf '%s\n' "$@" >>`+given+"; exit 0"), state, ":9", "-lang", "en")
	said := r.end() // both close at once
	holds(t, said, "anna.lind has closed", "bo.ek has closed")
	data, err := os.ReadFile(given)
	if err != nil {
		t.Fatal(err)
	}
	flags := 0
	for line := range strings.Lines(string(data)) {
		name, isFlag := strings.CutPrefix(strings.TrimSpace(line), "-")
		if !isFlag {
			continue
		}
		flags++
		if !slices.Contains(has, name) {
			t.Errorf("the window has no flag -%s", name)
		}
	}
	if flags < 16 {
		t.Errorf("%d flags for two windows", flags)
	}
	for _, word := range secrets(t, filepath.Join(state, "people.json")) {
		if bytes.Contains(data, []byte(word)) {
			t.Error("a secret stands on a command line")
		}
	}
}
