package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// usage is what a process has taken of the machine.
type usage struct {
	cpu  time.Duration
	peak int64 // bytes resident, at most
}

func (u usage) plus(other usage) usage { return usage{u.cpu + other.cpu, max(u.peak, other.peak)} }

// process is a program that is watched.
type process struct {
	cmd *exec.Cmd

	mu   sync.Mutex
	peak int64
	stop chan struct{}
	done sync.WaitGroup
}

// watch notes how much memory it takes: the kernel's own mark can be read only while it lives.
func watch(cmd *exec.Cmd) *process {
	p := &process{cmd: cmd, stop: make(chan struct{})}
	p.done.Add(1)
	go func() {
		defer p.done.Done()
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			p.look()
			select {
			case <-tick.C:
			case <-p.stop:
				return
			}
		}
	}()
	return p
}

func (p *process) look() {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return
	}
	for line := range strings.Lines(string(data)) {
		if text, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, _ := strconv.ParseInt(strings.Fields(text)[0], 10, 64)
			p.mu.Lock()
			p.peak = max(p.peak, n<<10)
			p.mu.Unlock()
		}
	}
}

// cpu is the processor time that it has taken so far.
func (p *process) cpu() time.Duration {
	cpu, _ := cpuOf(strconv.Itoa(p.cmd.Process.Pid))
	return cpu
}

// children is the processor time that the programs which this one has started, and which run still, have taken.
func children() (all time.Duration) {
	ids, err := os.ReadDir("/proc")
	if err != nil {
		return 0
	}
	for _, id := range ids {
		if cpu, parent := cpuOf(id.Name()); parent == os.Getpid() {
			all += cpu
		}
	}
	return all
}

// cpuOf is the processor time that a process has taken so far, and its parent; nought where there is none.
func cpuOf(id string) (cpu time.Duration, parent int) {
	data, err := os.ReadFile("/proc/" + id + "/stat")
	if err != nil {
		return 0, 0
	}
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:])) // its name may hold spaces
	parent, _ = strconv.Atoi(fields[1])
	var ticks int64
	for _, field := range fields[11:13] { // utime and stime
		n, _ := strconv.ParseInt(field, 10, 64)
		ticks += n
	}
	return time.Duration(ticks) * time.Second / hertz, parent
}

// kill ends it with -9 and returns what it took.
func (p *process) kill() usage {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait() // it was killed
	close(p.stop)
	p.done.Wait()
	state := p.cmd.ProcessState
	return usage{state.UserTime() + state.SystemTime(), p.peak}
}

const hertz = 100 // USER_HZ on every machine that Go runs Linux on

// own is the processor time of this program, its threads all.
func own() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// machine is the processor time of everything that runs here.
func machine() time.Duration {
	data, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	line, _, _ := bytes.Cut(data, []byte("\n"))
	var ticks int64
	for i, field := range strings.Fields(string(line))[1:] {
		if n, err := strconv.ParseInt(field, 10, 64); err == nil && (i < 3 || i == 5 || i == 6) { // neither idle nor waiting
			ticks += n
		}
	}
	return time.Duration(ticks) * time.Second / hertz
}
