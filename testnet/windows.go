package testnet

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"handslag/testnet/demo"
)

// window is one colleague's, as a process of its own.
type window struct {
	who    *Person
	cmd    *exec.Cmd
	log    *os.File
	exited chan error
}

// windows opens both and does what the terminal says until they are closed.
func (d *town) windows(ctx context.Context, program string) error {
	anna, err := d.open(program, d.anna, d.bo)
	if err != nil {
		return err
	}
	bo, err := d.open(program, d.bo, d.anna)
	if err != nil {
		return errors.Join(err, anna.close())
	}
	d.say("demo.windows")
	for _, p := range []*Person{d.anna, d.bo} {
		d.indent("%-10s %s", p.Username, p.Passphrase)
	}
	d.say("demo.try", "assignment", demo.MorningAssignmentID)
	return errors.Join(d.obey(ctx, anna, bo), anna.close(), bo.close())
}

// open starts one window. Its verification screen writes its code to a private folder that
// the colleague's camera looks into.
func (d *town) open(program string, who, other *Person) (*window, error) {
	mine, theirs := who.Camera(), other.Camera()
	for _, dir := range []string{mine, theirs} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
	}
	log, err := os.OpenFile(d.path(who.Name+".log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	url, ca := d.DirectoryURL()
	w := &window{who: who, log: log, exited: make(chan error, 1), cmd: exec.Command(program,
		"-vault", who.Vault, "-outbox", who.Outbox, "-directory", url, "-directory-ca", ca, "-loopback",
		"-camera", "frames:"+theirs, "-qr-folder", mine, "-lang", string(d.o.Lang))}
	w.cmd.Stdout, w.cmd.Stderr = log, log
	if err := w.cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s's window: %w", who.Name, err), log.Close())
	}
	go func() {
		w.exited <- w.cmd.Wait()
		close(w.exited)
	}()
	return w, nil
}

// close asks the window to end and waits until it has.
func (w *window) close() error {
	if err := w.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	var ended *exec.ExitError
	if err := <-w.exited; err != nil && !errors.As(err, &ended) {
		return errors.Join(err, w.log.Close())
	}
	return w.log.Close()
}

// obey reads the terminal: offline, online, quit. It ends when both windows are closed, too.
func (d *town) obey(ctx context.Context, a, b *window) error {
	lines := make(chan string)
	go func() {
		scanner := bufio.NewScanner(d.o.In)
		for scanner.Scan() {
			lines <- scanner.Text()
		}
	}()
	first, second := a.exited, b.exited
	for first != nil || second != nil {
		select {
		case <-ctx.Done():
			return nil
		case err := <-first:
			first = nil
			d.closed(a, err)
		case err := <-second:
			second = nil
			d.closed(b, err)
		case line := <-lines:
			if ended, err := d.command(ctx, strings.TrimSpace(line)); ended || err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *town) closed(w *window, err error) {
	if err != nil {
		d.say("demo.window_failed", "name", w.who.Username, "file", w.log.Name())
		return
	}
	d.say("demo.window_closed", "name", w.who.Username)
}

func (d *town) command(ctx context.Context, line string) (ended bool, err error) {
	switch line {
	case "":
	case "offline":
		if err := d.StopConnected(ctx); err != nil {
			return false, err
		}
		d.say("demo.offline")
	case "online":
		if err := d.StartConnected(ctx); err != nil {
			return false, err
		}
		d.say("demo.online")
	case "quit", "exit":
		return true, nil
	default:
		d.say("demo.commands")
	}
	return false, nil
}
