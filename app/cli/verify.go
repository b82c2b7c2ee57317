package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"handslag/app/agent"
	"handslag/identity/qr"
	"handslag/vault/journal"
)

// meeting is what was asked of one verification.
type meeting struct {
	show    bool
	qrFile  string
	scan    string
	give    []journal.RecordID
	receive bool
}

// verify holds one verification from start to end: shows or reads the QR code, types or shows
// the six digits, and hands over what was chosen once both devices are verified. Without
// -give and -receive it then takes "give RECORD …" and "end" from the input.
func verify(s *session, args []string) error {
	f := s.flags()
	var m meeting
	f.BoolVar(&m.show, "show", false, s.say("handover.show"))
	f.StringVar(&m.qrFile, "qr", "", s.say("cli.flag.qr"))
	f.StringVar(&m.scan, "scan", "", s.say("handover.from_file"))
	f.BoolVar(&m.receive, "receive", false, s.say("cli.flag.receive"))
	f.Func("give", s.say("cli.flag.give"), func(list string) error {
		for _, id := range strings.Split(list, ",") {
			if id = strings.TrimSpace(id); id != "" {
				m.give = append(m.give, journal.RecordID(id))
			}
		}
		return nil
	})
	if _, err := s.parse(f, args, 0, 0); err != nil {
		return err
	}
	if m.show && m.scan != "" || m.qrFile != "" && !m.show || m.receive && len(m.give) > 0 {
		return usageError{fmt.Errorf("%s %s", s.inUse.name, s.inUse.synopsis)}
	}
	if err := s.unlocked(); err != nil {
		return err
	}
	h, err := s.meet(m)
	if err != nil {
		return err
	}
	defer m.hide(s)
	defer h.Close()
	changed := make(chan struct{}, 1)
	stop := s.agent.Listen(func(signal agent.Signal) {
		if signal == agent.VerificationChanged {
			select {
			case changed <- struct{}{}:
			default:
			}
		}
	})
	defer stop()
	return s.hold(h, m, changed)
}

// hide takes the picture of the code away, whose claim secret is for one meeting.
func (m meeting) hide(s *session) {
	if m.qrFile == "" {
		return
	}
	if err := os.Remove(m.qrFile); err != nil && !errors.Is(err, os.ErrNotExist) {
		fmt.Fprintln(s.env.Err, err)
	}
}

// meet begins the verification, in the part that was asked for.
func (s *session) meet(m meeting) (*agent.Handover, error) {
	if m.show {
		h, code, err := s.agent.OfferVerification(s.ctx, nil)
		if err != nil {
			return nil, err
		}
		if err := s.showCode(code, m.qrFile); err != nil {
			h.Close()
			return nil, err
		}
		return h, nil
	}
	text, err := s.read(m.scan)
	if err != nil {
		return nil, err
	}
	return s.agent.ScanVerification(s.ctx, text, nil)
}

// read takes the code from a picture file, or from the camera.
func (s *session) read(picture string) (string, error) {
	if picture != "" {
		file, err := os.Open(picture)
		if err != nil {
			return "", usageError{err}
		}
		defer file.Close()
		return s.agent.ScanPicture(file)
	}
	camera, err := s.agent.Camera()
	if err != nil {
		return "", err
	}
	defer camera.Close()
	fmt.Fprintln(s.env.Err, s.say("handover.scanning"))
	text, err := qr.Scan(s.ctx, camera, func(text string) bool {
		content, err := qr.Parse(text)
		return err == nil && content.Kind == qr.KindCeremony
	})
	switch {
	case errors.Is(err, context.Canceled):
		return "", &agent.Problem{Code: agent.Cancelled, Err: err}
	case err != nil:
		return "", &agent.Problem{Code: agent.NoCamera, Err: err}
	}
	return text, nil
}

func (s *session) showCode(code *qr.Code, file string) error {
	if file != "" {
		if err := qr.WritePicture(file, code); err != nil {
			return usageError{err}
		}
		return s.print(map[string]string{"qr": file}, func(w io.Writer) { fmt.Fprintf(w, "%s: %s\n", s.say("handover.offering"), file) })
	}
	if s.set.json {
		return usageError{errors.New("verify -show -json: -qr FILE")}
	}
	fmt.Fprintln(s.env.Out, s.say("handover.offering"))
	drawCode(s.env.Out, code)
	return nil
}

// hold tells each step and answers what it asks for, until the verification ends.
func (s *session) hold(h *agent.Handover, m meeting, changed <-chan struct{}) error {
	var input <-chan string // nil: nothing is asked of the person now
	var progress agent.ShareProgress
	verified := false
	for {
		select {
		case <-s.ctx.Done():
			h.Abort()
			return &agent.Problem{Code: agent.Cancelled, Err: s.ctx.Err()}
		case <-changed:
			if err := s.printProgress(h, &progress); err != nil {
				return err
			}
		case step, ok := <-h.Steps():
			if !ok {
				return nil
			}
			if err := s.printProgress(h, &progress); err != nil {
				return err
			}
			if err := s.print(step, func(w io.Writer) { s.writeStep(w, step) }); err != nil {
				return err
			}
			if step.Stage != agent.StageOffering {
				m.hide(s)
			}
			input = nil
			switch step.Stage {
			case agent.StageFailed:
				if step.Problem != nil {
					return step.Problem
				}
				return &agent.Problem{Code: agent.VerPeerAbort}
			case agent.StageClosed:
				return nil
			case agent.StageEnterCode:
				input = s.input.channel()
			case agent.StageVerified:
				if verified {
					continue
				}
				verified = true
				if len(m.give) > 0 {
					return s.give(h, m.give)
				}
				if !m.receive {
					input = s.input.channel()
				}
			}
		case line, ok := <-input:
			if !ok {
				h.Abort()
				return &agent.Problem{Code: agent.Cancelled}
			}
			ended, err := s.said(h, strings.TrimSpace(line), verified)
			if ended || err != nil {
				return err
			}
		}
	}
}

// said acts on a line that the person typed.
func (s *session) said(h *agent.Handover, line string, verified bool) (ended bool, err error) {
	switch word, rest, _ := strings.Cut(line, " "); {
	case line == "":
		return false, nil
	case line == "end" && verified:
		h.Close()
		return true, nil
	case line == "abort":
		h.Abort()
		return true, &agent.Problem{Code: agent.Cancelled}
	case word == "give" && verified:
		var ids []journal.RecordID
		for _, id := range strings.Fields(rest) {
			ids = append(ids, journal.RecordID(id))
		}
		return false, s.tellRefusal(s.give(h, ids))
	case !verified:
		return false, s.tellRefusal(h.TypeCode(s.ctx, line))
	}
	return false, nil
}

// tellRefusal says what was wrong and lets the verification go on: whether it is over, its
// next step says.
func (s *session) tellRefusal(err error) error {
	if err == nil {
		return nil
	}
	t := tell(s.lang(), err)
	if s.set.json {
		return s.print(map[string]told{"problem": t}, nil)
	}
	t.write(s.env.Err, s.lang(), false)
	return nil
}

// give hands records over. What was refused is told, and is the command's error too.
func (s *session) give(h *agent.Handover, ids []journal.RecordID) error {
	result, err := h.Give(s.ctx, ids)
	if err != nil && len(result.Refused) == 0 {
		return err
	}
	if err := s.print(result, func(w io.Writer) {
		for _, id := range result.Given {
			fmt.Fprintf(w, "%s %s\n", s.say("cli.given"), id)
		}
	}); err != nil {
		return err
	}
	for _, r := range result.Refused {
		if r.Problem != nil {
			return r.Problem
		}
	}
	return nil
}

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
	fmt.Fprintf(w, "%d/%d %s %s\n", p.Done, p.Total, p.Item, state)
}
