package testnet

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
)

// process is a program that runs until it is stopped or killed.
type process struct {
	name   string
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	out    *bufio.Reader
	pipes  []*os.File
	stderr tail
	exited chan struct{}
	err    error // of Wait, once exited
}

// launch starts a program. Each of secrets becomes a descriptor from 3 on, with one line on
// it: nothing secret stands on a command line.
func launch(name, path string, args []string, secrets ...string) (*process, error) {
	return launchBy((*exec.Cmd).Start, name, path, args, secrets...)
}

// launchBy is launch with a way of its own to start a program.
func launchBy(start func(*exec.Cmd) error, name, path string, args []string, secrets ...string) (*process, error) {
	p := &process{name: name, cmd: exec.Command(path, args...), exited: make(chan struct{})}
	p.cmd.Stderr = &p.stderr
	stdin, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	p.stdin = stdin
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p.cmd.Stdout, p.out, p.pipes = write, bufio.NewReaderSize(read, 1<<20), []*os.File{read}
	defer write.Close()
	for _, secret := range secrets {
		r, w, err := os.Pipe()
		if err != nil {
			return nil, err
		}
		defer r.Close()
		if _, err := io.WriteString(w, secret+"\n"); err != nil { // far below what a pipe holds
			return nil, err
		}
		w.Close()
		p.cmd.ExtraFiles = append(p.cmd.ExtraFiles, r)
	}
	if err := start(p.cmd); err != nil {
		read.Close()
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.exited)
	}()
	return p, nil
}

// line reads the next line of its output. It ends with ctx by killing the program: nothing
// else ends a read.
func (p *process) line(ctx context.Context) (string, error) {
	stop := context.AfterFunc(ctx, func() { _ = p.cmd.Process.Kill() })
	text, err := p.out.ReadString('\n')
	killed := !stop() // also where a line came just before
	if err != nil || killed {
		<-p.exited // only then all that it said has come
	}
	if killed {
		return "", fmt.Errorf("wait for %s: %w; it said: %s", p.name, ctx.Err(), p.stderr.String())
	}
	if err != nil {
		return "", fmt.Errorf("%s ended: %w; it said: %s", p.name, err, p.stderr.String())
	}
	return strings.TrimSuffix(text, "\n"), nil
}

// rest reads what it still has to say, until its end, and returns its exit status.
func (p *process) rest(ctx context.Context) (out []byte, status int, err error) {
	stop := context.AfterFunc(ctx, func() { _ = p.cmd.Process.Kill() })
	defer stop()
	out, err = io.ReadAll(p.out)
	<-p.exited
	p.shut()
	if ctx.Err() != nil {
		return nil, 0, fmt.Errorf("wait for %s: %w; it said: %s", p.name, ctx.Err(), p.stderr.String())
	}
	return out, p.cmd.ProcessState.ExitCode(), err
}

// kill is kill -9.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.exited
	p.shut()
}

// stop asks it to end, and waits until it has.
func (p *process) stop(ctx context.Context) error {
	select {
	case <-p.exited: // by itself
	default:
		if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return fmt.Errorf("stop %s: %w", p.name, err)
		}
	}
	go func() { _, _ = io.Copy(io.Discard, p.out) }() // what it says last must not hold it up
	select {
	case <-p.exited:
	case <-ctx.Done():
		p.kill()
		return fmt.Errorf("stop %s: %w", p.name, ctx.Err())
	}
	p.shut()
	if p.err != nil {
		return fmt.Errorf("stop %s: %w; it said: %s", p.name, p.err, p.stderr.String())
	}
	return nil
}

func (p *process) shut() {
	p.stdin.Close()
	for _, f := range p.pipes {
		f.Close()
	}
}

// announced reads the line of JSON that servers say when they listen.
func (p *process) announced(ctx context.Context) (ready, error) {
	line, err := p.line(ctx)
	if err != nil {
		return ready{}, err
	}
	var r ready
	if err := json.Unmarshal([]byte(line), &r); err != nil || r.Listening == "" {
		return ready{}, fmt.Errorf("start %s: it said %q", p.name, line)
	}
	return r, nil
}

// ready is what servers say when they listen.
type ready struct {
	Listening string `json:"listening"`
	URL       string `json:"url"`
	CA        string `json:"ca"`
}

// run carries out one command line and returns what it said.
func run(ctx context.Context, name, path string, args []string, secrets ...string) (out []byte, stderr string, status int, err error) {
	return runBy((*exec.Cmd).Start, ctx, name, path, args, secrets...)
}

func runBy(start func(*exec.Cmd) error, ctx context.Context, name, path string, args []string, secrets ...string) (out []byte, stderr string, status int, err error) {
	p, err := launchBy(start, name, path, args, secrets...)
	if err != nil {
		return nil, "", 0, err
	}
	p.stdin.Close()
	out, status, err = p.rest(ctx)
	return out, p.stderr.String(), status, err
}

// tail keeps the last of what a program says on stderr.
type tail struct {
	mu   sync.Mutex
	kept []byte
}

const tailLimit = 16 << 10 // bytes

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p...)
	if over := len(t.kept) - tailLimit; over > 0 {
		t.kept = bytes.Clone(t.kept[over:])
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.kept)
}
