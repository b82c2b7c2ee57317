package meeting

import (
	"fmt"
	"io"

	"handslag/app/agent"
)

func (m *meeting) writeStep(w io.Writer, step agent.VerifyStep) {
	name := "–"
	if step.Peer != nil {
		name = step.Peer.Name
	}
	switch step.Stage {
	case agent.StageOffering:
		fmt.Fprintln(w, m.Say("handover.show_hint"))
	case agent.StageConnecting:
		fmt.Fprintln(w, m.Say("handover.connecting"))
	case agent.StageEnterCode:
		fmt.Fprintf(w, "%s (%d)\n", m.Say("handover.code_type", "name", name), step.TriesLeft)
	case agent.StageShowCode:
		fmt.Fprintf(w, "%s: %s\n", m.Say("handover.code_show", "name", name), step.Code)
	case agent.StageExchange:
		fmt.Fprintf(w, "%s: %s\n", m.Say("handover.code_show", "name", name), step.Code)
		fmt.Fprintf(w, "%s (%d)\n", m.Say("handover.code_type", "name", name), step.TriesLeft)
	case agent.StageShowSecond:
		fmt.Fprintln(w, m.Say("handover.second_show", "name", name))
	case agent.StageScanSecond:
		fmt.Fprintf(w, "%s (%d)\n", m.Say("handover.second_scan", "name", name), step.TriesLeft)
	case agent.StageConfirm:
		fmt.Fprintln(w, m.Say("handover.waiting_for", "name", name))
	case agent.StageVerified:
		if p := step.Peer; p != nil {
			fmt.Fprintf(w, "%s\n%s %s\n", m.Say("handover.verified_text", "name", name, "organisation", p.Organisation),
				m.Say("me.device_id"), p.Device.Grouped())
		}
	case agent.StageClosed:
		fmt.Fprintln(w, m.Say("handover.ended"))
	}
}

// printProgress tells how far handing over has come, where that is news.
func (m *meeting) printProgress() error {
	now := m.h.Progress()
	if now == m.told || now.Total == 0 {
		return nil
	}
	m.told = now
	return m.Print(now, func(w io.Writer) { m.writeProgress(w, now) })
}

func (m *meeting) writeProgress(w io.Writer, p agent.ShareProgress) {
	state := string(p.State)
	if p.State != "" {
		state = m.Say("cli.share." + state)
	}
	if p.OfBytes > 0 && p.Bytes < p.OfBytes {
		state = m.Lang().Bytes(p.Bytes) + "/" + m.Lang().Bytes(p.OfBytes)
	}
	fmt.Fprintf(w, "%d/%d %s %s\n", p.Done, p.Total, p.Item, state)
}
