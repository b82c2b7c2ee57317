package testnet_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

const nobodyUID = 65534

// ordinary is a folder in which programs run as an ordinary user: root looks into everything, so as
// root nothing could be seen of who is shut out.
type ordinary struct {
	t   *testing.T
	dir string
	uid int
}

func newOrdinary(t *testing.T) ordinary {
	o := ordinary{t: t, uid: os.Getuid()}
	dir, err := os.MkdirTemp("", "handslag-seclude-")
	o.must(err)
	o.dir = dir
	t.Cleanup(func() { os.RemoveAll(dir) })
	if o.uid == 0 {
		o.uid = nobodyUID
		o.must(os.Chown(dir, o.uid, o.uid))
		o.must(os.Chmod(dir, 0o755))
	}
	return o
}

func (o ordinary) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

// command is a program as the ordinary user runs it who wants core dumps.
func (o ordinary) command(path string, args ...string) *exec.Cmd {
	if filepath.IsAbs(path) { // where that user may not look
		program, err := os.ReadFile(path)
		o.must(err)
		path = filepath.Join(o.dir, filepath.Base(path))
		o.must(os.WriteFile(path, program, 0o755))
	}
	c := exec.Command(path, args...)
	c.Dir, c.Env = o.dir, append(os.Environ(), "GOTRACEBACK=crash", "HOME="+o.dir, "XDG_DATA_HOME=")
	c.SysProcAttr = &syscall.SysProcAttr{}
	if os.Getuid() == 0 {
		c.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(o.uid), Gid: uint32(o.uid)}
	}
	return c
}

// crash sends a signal that makes a core of a process which lets it, and reports whether it did.
func (o ordinary) crash(c *exec.Cmd, signal syscall.Signal) bool {
	o.t.Helper()
	o.must(c.Process.Signal(signal))
	_ = c.Wait() // it crashed
	status := c.ProcessState.Sys().(syscall.WaitStatus)
	if !status.Signaled() {
		o.t.Fatalf("%s did not crash but ended with %v", c.Path, c.ProcessState)
	}
	found, err := filepath.Glob(filepath.Join(o.dir, "core*"))
	o.must(err)
	for _, file := range found {
		o.must(os.Remove(file))
	}
	return status.CoreDump() || len(found) > 0
}

// shutOut reports whether /proc keeps the process's memory from its own user.
func (o ordinary) shutOut(c *exec.Cmd) bool {
	var owner unix.Stat_t
	o.must(unix.Stat(fmt.Sprintf("/proc/%d/mem", c.Process.Pid), &owner))
	return int(owner.Uid) != o.uid
}

// Nobody who can make our programs crash, or who runs as the same user, gets their memory.
func TestProgramsLeaveNoCoreAndShutOutTheirOwnUser(t *testing.T) {
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_CORE, &before); err != nil {
		t.Fatal(err)
	}
	wanted := before
	if wanted.Cur = wanted.Max; os.Getuid() == 0 {
		wanted = unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY}
	}
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &wanted); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Setrlimit(unix.RLIMIT_CORE, &before) })

	t.Run("another program, to compare", func(t *testing.T) {
		o := newOrdinary(t)
		c := o.command("sh", "-c", "read line")
		stdin, err := c.StdinPipe()
		o.must(err)
		defer stdin.Close()
		o.must(c.Start())
		if o.shutOut(c) {
			t.Error("its user is shut out of any process here: the test shows nothing about that")
		}
		if !o.crash(c, syscall.SIGABRT) {
			t.Log("this system makes no core dumps of any program: here the test shows only that /proc is shut")
		}
	})
	for _, signal := range []syscall.Signal{syscall.SIGABRT, syscall.SIGSEGV} {
		t.Run("handslagctl, "+signal.String(), func(t *testing.T) {
			o := newOrdinary(t)
			line, err := net.Listen("tcp", "127.0.0.1:0")
			o.must(err)
			defer line.Close()
			c := o.command(programs.Agent, "organisation", "check", "-directory", "https://"+line.Addr().String(), otherOrganisation)
			o.must(c.Start())
			called, err := line.Accept() // and is not answered
			o.must(err)
			defer called.Close()
			o.secluded(c, signal)
		})
		t.Run("directory, "+signal.String(), func(t *testing.T) {
			o := newOrdinary(t)
			o.secluded(o.serving(o.command(programs.Directory, "serve", "-statements", ".", "-listen", "127.0.0.1:0", "-host", "127.0.0.1", "-json")), signal)
		})
		t.Run("connected, "+signal.String(), func(t *testing.T) {
			o := newOrdinary(t)
			if out, err := o.command(programs.Connected, "init", "-dir", "org", "-name", "Prov AB", "-url", "https://localhost:1",
				"-recovery", "recovery", "-no-passphrase").CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			o.secluded(o.serving(o.command(programs.Connected, "serve", "-dir", "org", "-listen", "127.0.0.1:0", "-json")), signal)
		})
	}
}

// serving starts a server and waits until it listens.
func (o ordinary) serving(c *exec.Cmd) *exec.Cmd {
	o.t.Helper()
	out, err := c.StdoutPipe()
	o.must(err)
	o.must(c.Start())
	said := bufio.NewReader(out)
	if line, err := said.ReadString('\n'); err != nil || !strings.Contains(line, "listening") {
		o.t.Fatalf("it said %q: %v", line, err)
	}
	go func() { _, _ = io.Copy(io.Discard, said) }()
	return c
}

func (o ordinary) secluded(c *exec.Cmd, signal syscall.Signal) {
	o.t.Helper()
	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", c.Process.Pid))
	o.must(err)
	for line := range strings.Lines(string(limits)) {
		if rest, ok := strings.CutPrefix(line, "Max core file size"); ok && strings.Fields(rest)[0]+strings.Fields(rest)[1] != "00" {
			o.t.Errorf("its limit of a core dump is %s", strings.TrimSpace(rest))
		}
	}
	if !o.shutOut(c) {
		o.t.Error("another program of the same user may read its memory")
	}
	if o.crash(c, signal) {
		o.t.Error("it left a core dump")
	}
}
