package cli

import (
	"fmt"
	"io"

	"handslag/app/agent"
)

// notices shows what the person must be told once; with -dismiss they have read it.
func notices(s *session, args []string) error {
	f := s.flags()
	dismiss := f.Bool("dismiss", false, s.say("cli.flag.dismiss"))
	if _, err := s.parse(f, args, 0, 0); err != nil {
		return err
	}
	if err := s.unlocked(); err != nil {
		return err
	}
	list := s.agent.Notices()
	if list == nil {
		list = []agent.Notice{}
	}
	err := s.print(list, func(w io.Writer) {
		if len(list) == 0 {
			fmt.Fprintln(w, s.say("cli.notices_none"))
		}
		for _, n := range list {
			fmt.Fprintln(w, moment(n.At))
			sentences(s.lang(), &agent.Problem{Code: n.Code, Args: n.Args}).write(w, s.lang(), false)
		}
	})
	if err != nil || !*dismiss {
		return err
	}
	for _, n := range list { // those that were shown, and no others
		if err := s.agent.DismissNotice(n.ID); err != nil {
			return err
		}
	}
	return nil
}
