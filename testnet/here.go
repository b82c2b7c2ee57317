package testnet

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"handslag/app/agent"
	"handslag/app/cli"
	"handslag/app/cli/console"
)

// Within has the person's device run inside this process from its next start on, with its
// surroundings changed: another clock, a full disk. It is the same command line as in a
// process of its own.
func (p *Person) Within(adjust func(*agent.Config)) { p.adjust = adjust }

// here is a session within this process.
type here struct {
	name   string
	in     *io.PipeWriter
	out    *bufio.Reader
	errs   tail
	cancel context.CancelFunc
	done   chan struct{}
}

// begin runs the command line on a goroutine.
func (p *Person) here(args []string, secrets []string) *here {
	ctx, cancel := context.WithCancel(context.Background())
	inRead, inWrite := io.Pipe()
	outRead, outWrite := io.Pipe()
	h := &here{name: p.Name, in: inWrite, out: bufio.NewReader(outRead), cancel: cancel, done: make(chan struct{})}
	env := console.Surroundings{
		In: inRead, Out: outWrite, Err: &h.errs, Adjust: p.adjust,
		Getenv: func(name string) string {
			if name == "HOME" {
				return p.net.dir
			}
			return ""
		},
		Descriptor: func(number int) (io.Reader, error) {
			if number < 3 || number-3 >= len(secrets) {
				return nil, os.ErrInvalid
			}
			return strings.NewReader(secrets[number-3] + "\n"), nil
		},
	}
	go func() {
		defer close(h.done)
		cli.Main(ctx, args, env)
		outWrite.Close()
		inRead.Close()
	}()
	return h
}

func (h *here) send(line string) error {
	if _, err := io.WriteString(h.in, line+"\n"); err != nil {
		return fmt.Errorf("tell %s: %w", h.name, err)
	}
	return nil
}

func (h *here) line(ctx context.Context) (string, error) {
	stop := context.AfterFunc(ctx, h.cancel)
	text, err := h.out.ReadString('\n')
	if cancelled := !stop(); cancelled && err == nil {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return "", fmt.Errorf("%s ended: %w; it said: %s", h.name, errors.Join(err, ctx.Err()), h.errs.String())
	}
	return strings.TrimSuffix(text, "\n"), nil
}

// kill is as near to it as a process comes that must itself go on.
func (h *here) kill() {
	h.cancel()
	h.in.Close()
	go func() { _, _ = io.Copy(io.Discard, h.out) }()
	<-h.done
}

func (h *here) stop(context.Context) error {
	h.in.Close()
	go func() { _, _ = io.Copy(io.Discard, h.out) }()
	<-h.done
	h.cancel()
	return nil
}

func (h *here) said() string { return h.errs.String() }
