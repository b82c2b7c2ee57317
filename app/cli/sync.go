package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"handslag/app/agent"
)

// syncNow syncs once, or with -watch until the person ends it.
func syncNow(s *session, args []string) error {
	f := s.flags()
	watch := f.Bool("watch", false, s.say("cli.flag.watch"))
	if _, err := s.parse(f, args, 0, 0); err != nil {
		return err
	}
	if err := s.unlocked(); err != nil {
		return err
	}
	if *watch {
		return s.watch()
	}
	stop := s.reportProgress()
	result, err := s.agent.Sync(s.ctx)
	stop()
	if err != nil {
		return err
	}
	return s.print(result, func(w io.Writer) {
		fmt.Fprintln(w, s.say("cli.synced", "sent", result.Sent, "received", result.Received))
		if result.Carried > 0 {
			fmt.Fprintln(w, s.say("cli.synced_carried", "n", result.Carried))
		}
		fmt.Fprintln(w, s.waiting(result.Waiting))
	})
}

// watch syncs in the background and tells of each change until the input says anything or
// the context ends.
func (s *session) watch() error {
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	changed := make(chan struct{}, 1)
	stop := s.agent.Listen(func(signal agent.Signal) {
		if signal == agent.SyncChanged {
			select {
			case changed <- struct{}{}:
			default:
			}
		}
	})
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- s.agent.Run(ctx) }()
	var lines <-chan string
	if s.long {
		lines = s.input.channel()
	}
	for {
		select {
		case err := <-ended:
			if errors.Is(err, context.Canceled) {
				return nil
			}
			return err
		case <-lines:
			cancel()
			<-ended
			return nil
		case <-changed:
			m := s.agent.Me()
			if err := s.print(m, func(w io.Writer) {
				online := s.say("header.offline")
				if m.Online {
					online = s.say("header.online")
				}
				fmt.Fprintf(w, "%s %s %s\n", moment(m.LastSync), online, s.waiting(m.Waiting))
			}); err != nil {
				return err
			}
		}
	}
}
