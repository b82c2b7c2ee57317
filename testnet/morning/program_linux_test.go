package morning_test

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"handslag/testnet"
	"handslag/testnet/cellar"
)

// bin is the folder of the programs, without a window.
var bin string

// TestMain runs all of it in a network namespace of its own, where the machine allows that: the demo's ports are free there, and
// stay so between two runs, whatever else runs demos at the same time.
func TestMain(m *testing.M) {
	flag.Parse()
	if cellar.Inside() {
		if _, err := cellar.Here(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	} else if _, err := exec.LookPath("ip"); err == nil { // which a room's loopback wants
		if status, err := cellar.Enter(); err == nil {
			os.Exit(status)
		}
	}
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	dir, err := os.MkdirTemp("", "handslag-bin-")
	if err == nil {
		defer os.RemoveAll(dir)
		bin, err = dir, gather(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// gather puts the programs into dir: links to those that are built, or built now.
func gather(dir string) error {
	programs, err := testnet.BuildPrograms(context.Background(), dir)
	if err != nil {
		return err
	}
	built := filepath.Dir(programs.Agent)
	if built != dir {
		for _, path := range []string{programs.Connected, programs.Directory, programs.Agent} {
			if err := link(path, dir); err != nil {
				return err
			}
		}
		if demo := filepath.Join(built, "demo"); exists(demo) {
			return link(demo, dir)
		}
	}
	build := exec.Command("go", "build", "-o", dir+string(filepath.Separator), "handslag/app/cmd/demo")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build the demo: %w\n%s", err, out)
	}
	return nil
}

func link(path, dir string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	return os.Symlink(path, filepath.Join(dir, filepath.Base(path)))
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// withWindow is a folder of the programs in which a shell script stands in for the window.
func withWindow(t *testing.T, script string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"connected", "directory", "handslagctl", "demo"} {
		path, err := filepath.EvalSymlinks(filepath.Join(bin, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := link(path, dir); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "handslag"), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// A run is bin/demo as a process, in a process group of its own as a shell starts it.
type run struct {
	t     *testing.T
	ctx   context.Context
	cmd   *exec.Cmd
	stdin io.WriteCloser
	lines *bufio.Reader
	said  strings.Builder
}

// patience bounds each run: nothing takes so long unless it hangs.
const patience = 10 * time.Minute

// begin starts bin/demo. display is what DISPLAY says; "" is a machine without one.
func begin(t *testing.T, bin, state, display string, args ...string) *run {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	r := &run{t: t, ctx: ctx, cmd: exec.CommandContext(ctx, filepath.Join(bin, "demo"), append([]string{"-state", state, "-bin", bin}, args...)...)}
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	r.cmd.Cancel = func() error { return syscall.Kill(-r.cmd.Process.Pid, syscall.SIGKILL) }
	r.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "DISPLAY=" + display}
	var err error
	if r.stdin, err = r.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { read.Close() })
	r.cmd.Stdout, r.cmd.Stderr, r.lines = write, write, bufio.NewReader(read)
	err = r.cmd.Start()
	write.Close()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// until reads what it says until a line holds part.
func (r *run) until(part string) {
	r.t.Helper()
	for {
		line, err := r.lines.ReadString('\n')
		r.said.WriteString(line)
		if strings.Contains(line, part) {
			return
		}
		if err != nil {
			r.t.Fatalf("it ended (%v) without saying %q:\n%s", err, part, r.said.String())
		}
	}
}

func (r *run) types(line string) {
	r.t.Helper()
	if _, err := io.WriteString(r.stdin, line+"\n"); err != nil {
		r.t.Fatal(err)
	}
}

// interrupt is Ctrl-C: a terminal sends it to the whole process group.
func (r *run) interrupt() {
	r.t.Helper()
	if err := syscall.Kill(-r.cmd.Process.Pid, syscall.SIGINT); err != nil {
		r.t.Fatal(err)
	}
}

// end waits for its end, which is well only with status 0 and no process left behind, and
// returns all that it said.
func (r *run) end() string {
	r.t.Helper()
	rest, _ := io.ReadAll(r.lines) // comes back when nobody holds its output any more
	r.said.Write(rest)
	if err := r.cmd.Wait(); err != nil {
		r.t.Fatalf("demo: %v\n%s", err, r.said.String())
	}
	if err := syscall.Kill(-r.cmd.Process.Pid, 0); err != syscall.ESRCH {
		r.t.Errorf("processes are left behind (%v)\n%s", err, r.said.String())
	}
	return r.said.String()
}

// fails waits for an end that is not well: status 1, and no process left behind either.
func (r *run) fails() string {
	r.t.Helper()
	rest, _ := io.ReadAll(r.lines)
	r.said.Write(rest)
	if err := r.cmd.Wait(); err == nil || r.cmd.ProcessState.ExitCode() != 1 {
		r.t.Fatalf("demo: %v, want status 1\n%s", err, r.said.String())
	}
	if err := syscall.Kill(-r.cmd.Process.Pid, 0); err != syscall.ESRCH {
		r.t.Errorf("processes are left behind (%v)\n%s", err, r.said.String())
	}
	return r.said.String()
}

// told runs the morning without a display and without anybody at the terminal.
func told(t *testing.T, state string, args ...string) string {
	t.Helper()
	r := begin(t, bin, state, "", args...)
	r.stdin.Close()
	return r.end()
}
