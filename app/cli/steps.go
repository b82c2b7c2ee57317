package cli

import (
	"fmt"
	"io"

	"handslag/app/agent"
)

func (s *session) writeStep(w io.Writer, step agent.VerifyStep) {
	name := "–"
	if step.Peer != nil {
		name = step.Peer.Name
	}
	switch step.Stage {
	case agent.StageOffering:
		fmt.Fprintln(w, s.say("handover.show_hint"))
	case agent.StageConnecting:
		fmt.Fprintln(w, s.say("handover.connecting"))
	case agent.StageEnterCode:
		fmt.Fprintf(w, "%s (%d)\n", s.say("handover.code_type", "name", name), step.TriesLeft)
	case agent.StageShowCode:
		fmt.Fprintf(w, "%s: %s\n", s.say("handover.code_show", "name", name), step.Code)
	case agent.StageExchange:
		fmt.Fprintf(w, "%s: %s\n", s.say("handover.code_show", "name", name), step.Code)
		fmt.Fprintf(w, "%s (%d)\n", s.say("handover.code_type", "name", name), step.TriesLeft)
	case agent.StageShowSecond:
		fmt.Fprintln(w, s.say("handover.second_show", "name", name))
	case agent.StageScanSecond:
		fmt.Fprintf(w, "%s (%d)\n", s.say("handover.second_scan", "name", name), step.TriesLeft)
	case agent.StageConfirm:
		fmt.Fprintln(w, s.say("handover.waiting_for", "name", name))
	case agent.StageVerified:
		if p := step.Peer; p != nil {
			fmt.Fprintf(w, "%s\n%s %s\n", s.say("handover.verified_text", "name", name, "organisation", p.Organisation),
				s.say("me.device_id"), p.Device.Grouped())
		}
	case agent.StageClosed:
		fmt.Fprintln(w, s.say("handover.ended"))
	}
}

// printProgress tells how far handing over has come, where that is news.
func (s *session) printProgress(h *agent.Handover, last *agent.ShareProgress) error {
	now := h.Progress()
	if now == *last || now.Total == 0 {
		return nil
	}
	*last = now
	return s.print(now, func(w io.Writer) { s.writeProgress(w, now) })
}

func (s *session) writeProgress(w io.Writer, p agent.ShareProgress) {
	state := string(p.State)
	if p.State != "" {
		state = s.say("cli.share." + state)
	}
	if p.OfBytes > 0 && p.Bytes < p.OfBytes {
		state = s.lang().Bytes(p.Bytes) + "/" + s.lang().Bytes(p.OfBytes)
	}
	fmt.Fprintf(w, "%d/%d %s %s\n", p.Done, p.Total, p.Item, state)
}
