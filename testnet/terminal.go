package testnet

import (
	"bufio"
	"context"
	"strings"

	"handslag/testnet/demo"
)

// obey does what the terminal says: offline, online, verify, help, quit. It ends when all of
// the windows are closed, or, without windows, when the terminal has no more to say.
func (d *town) obey(ctx context.Context, windows ...*window) error {
	lines := d.typed(ctx)
	closed := make(chan *window, len(windows))
	for _, w := range windows {
		go func() {
			<-w.exited
			closed <- w
		}()
	}
	open := len(windows)
	if open == 0 {
		d.say("demo.commands")
	}
	for open > 0 || len(windows) == 0 && lines != nil {
		select {
		case <-ctx.Done():
			return nil
		case w := <-closed:
			open--
			d.closed(ctx, w)
		case <-d.connected.ended():
			d.ConnectedEnded()
			d.sayUnless(ctx, "demo.connected_died")
		case <-d.directory.ended():
			d.DirectoryEnded()
			d.sayUnless(ctx, "demo.directory_died")
		case line, more := <-lines:
			if !more {
				lines = nil
				continue
			}
			quit, err := d.command(ctx, strings.TrimSpace(line), open > 0)
			if err != nil && ctx.Err() == nil {
				d.indent("%v", err)
			}
			if quit {
				return nil
			}
		}
	}
	return nil
}

// typed is what is typed, line by line. There is one reader of the terminal however often
// this is asked, so that no line is lost between two.
func (d *town) typed(ctx context.Context) <-chan string {
	if d.lines != nil {
		return d.lines
	}
	lines := make(chan string)
	d.lines = lines
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(d.o.In); scanner.Scan(); {
			select {
			case lines <- scanner.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	return lines
}

// sayUnless says it, unless all is being ended: then everything ends, and none of it is news.
func (d *town) sayUnless(ctx context.Context, code string, args ...any) {
	if ctx.Err() == nil {
		d.say(code, args...)
	}
}

func (d *town) closed(ctx context.Context, w *window) {
	if !w.failed() {
		d.sayUnless(ctx, "demo.window_closed", "name", w.who.Username)
		return
	}
	d.sayUnless(ctx, "demo.window_failed", "name", w.who.Username, "file", w.log.Name())
	if said := w.lastWords(); said != "" {
		d.indent("%s", said)
	}
}

// command does one line. Windows that are open notice a change at their next sync, which is
// said, so that nobody takes the wait for a fault.
func (d *town) command(ctx context.Context, line string, open bool) (quit bool, err error) {
	switch line {
	case "":
	case "offline":
		if err := d.StopConnected(ctx); err != nil {
			return false, err
		}
		d.say("demo.offline")
		if open {
			d.say("demo.offline_noticed")
		}
	case "online":
		if err := d.StartConnected(ctx); err != nil {
			return false, err
		}
		d.say("demo.online")
		if open {
			d.say("demo.online_noticed")
		}
	case "verify":
		v, err := d.Audit(ctx)
		if err != nil {
			return false, err
		}
		d.say("demo.audit", "entries", v.Entries)
	case "help":
		d.say("demo.try", "assignment", demo.MorningAssignmentID)
		d.say("demo.commands")
	case "quit", "exit":
		return true, nil
	default:
		d.say("demo.commands")
	}
	return false, nil
}
