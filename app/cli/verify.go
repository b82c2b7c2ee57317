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
	back    bool // this device scans the other's screen too
	qrFile  string
	scan    string
	give    agent.Gift
	spoken  bool // within the meeting, where the next line may end it
	alone   bool // without the records' attachments
	receive bool
	reason  string
	told    *agent.ShareProgress // what was printed last
	stops   chan struct{}        // one, at most: the person ends what is being shared, and not the meeting
}

// verify holds one verification from start to end: shows or reads the QR code, types or shows
// the six digits, and hands over what was chosen once both devices are verified. Without
// -give and -receive it then takes "give RECORD …" and "end" from the input.
func verify(s *session, args []string) error {
	f := s.flags()
	var m meeting
	f.BoolVar(&m.show, "show", false, s.say("handover.show"))
	f.BoolVar(&m.back, "scan-back", false, s.say("cli.flag.scan_back"))
	f.StringVar(&m.qrFile, "qr", "", s.say("cli.flag.qr"))
	f.StringVar(&m.scan, "scan", "", s.say("handover.from_file"))
	f.BoolVar(&m.receive, "receive", false, s.say("cli.flag.receive"))
	f.StringVar(&m.reason, "reason", "", s.say("cli.flag.share_reason"))
	f.Func("give", s.say("cli.flag.give"), func(list string) error {
		m.give = giftOf(strings.Split(list, ","))
		return nil
	})
	f.BoolVar(&m.alone, "alone", false, s.say("cli.flag.alone"))
	if _, err := s.parse(f, args, 0, 0); err != nil {
		return err
	}
	if m.show && m.scan != "" || m.back && !m.show || m.qrFile != "" && m.scan != "" || m.receive && !m.give.Empty() {
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
	h.Because(m.reason)
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
	m.told, m.stops = new(agent.ShareProgress), make(chan struct{}, 1)
	defer s.interrupts.take(func() bool {
		if !h.Sharing() {
			return false
		}
		m.stops <- struct{}{}
		return true
	})()
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
		var h *agent.Handover
		var code *qr.Code
		err := s.onNetwork(func() (err error) {
			h, code, err = s.agent.OfferVerification(s.ctx, m.back, agent.Gift{})
			return err
		})
		if err != nil {
			return nil, err
		}
		if err := s.showCode(code, m.qrFile); err != nil {
			h.Close()
			return nil, err
		}
		return h, nil
	}
	text, read := "", agent.ByCamera
	var err error
	if m.scan != "" {
		read = agent.FromPicture
		text, err = s.readPicture(m.scan)
	} else {
		fmt.Fprintln(s.env.Err, s.say("handover.scanning"))
		text, err = s.look(s.ctx, "")
	}
	if err != nil {
		return nil, err
	}
	var h *agent.Handover
	err = s.onNetwork(func() (err error) {
		h, err = s.agent.ScanVerification(s.ctx, text, read, agent.Gift{})
		return err
	})
	return h, err
}

// onNetwork begins a verification. Where there is no network to meet on it says so, and what helps,
// and goes on by itself once there is one.
func (s *session) onNetwork(begin func() error) error {
	err := begin()
	for agent.CodeOf(err) == agent.NoNetwork {
		if err := s.tellRefusal(err); err != nil {
			return err
		}
		if err := s.awaitNetwork(); err != nil {
			return err
		}
		err = begin()
	}
	return err
}

// awaitNetwork waits for one, or until the person has enough of it.
func (s *session) awaitNetwork() error {
	ctx, stop := context.WithCancel(s.ctx)
	defer stop()
	there := make(chan error, 1)
	go func() { there <- s.agent.AwaitNetwork(ctx) }()
	for {
		select {
		case err := <-there:
			return err
		case line, ok := <-s.input.channel():
			if !ok || strings.TrimSpace(line) == "abort" {
				return &agent.Problem{Code: agent.Cancelled}
			}
		}
	}
}

// hold tells each step and answers what it asks for, until the verification ends.
func (s *session) hold(h *agent.Handover, m meeting, changed <-chan struct{}) error {
	var input <-chan string // nil: nothing is asked of the person now
	var eye eye
	defer eye.shut()
	verified := false
	for {
		select {
		case <-s.ctx.Done():
			h.Abort()
			return &agent.Problem{Code: agent.Cancelled, Err: s.ctx.Err()}
		case <-changed:
			if err := s.printProgress(h, m.told); err != nil {
				return err
			}
		case step, ok := <-h.Steps():
			if !ok {
				return nil
			}
			if err := s.printProgress(h, m.told); err != nil {
				return err
			}
			if err := s.print(step, func(w io.Writer) { s.writeStep(w, step) }); err != nil {
				return err
			}
			if step.Stage != agent.StageOffering && step.Stage != agent.StageShowSecond {
				m.hide(s)
			}
			eye.shut()
			input = nil
			switch step.Stage {
			case agent.StageFailed:
				if step.Problem != nil {
					return step.Problem
				}
				return &agent.Problem{Code: agent.VerPeerAbort}
			case agent.StageClosed:
				return nil
			case agent.StageEnterCode, agent.StageExchange:
				input = s.input.channel()
			case agent.StageShowSecond:
				if err := s.showSecond(step.Second, m.qrFile); err != nil {
					return err
				}
			case agent.StageScanSecond:
				eye.open(s)
			case agent.StageVerified:
				if verified {
					continue
				}
				verified = true
				if !m.give.Empty() {
					return s.give(h, m, changed)
				}
				if !m.receive {
					input = s.input.channel()
				}
			}
		case <-m.stops:
			if err := s.refuse(h); err != nil {
				return err
			}
		case seen := <-eye.seen:
			err := seen.err
			if err == nil {
				eye.tried = seen.text
				err = h.ScanSecond(s.ctx, seen.text)
			}
			if err := s.tellRefusal(err); err != nil {
				return err
			}
			if agent.CodeOf(err) == agent.NoCamera {
				h.Abort()
			} else if err != nil {
				eye.open(s)
			}
		case line, ok := <-input:
			if !ok {
				h.Abort()
				return &agent.Problem{Code: agent.Cancelled}
			}
			for line != "" {
				s.ahead = ""
				ended, err := s.said(h, m, strings.TrimSpace(line), verified, changed)
				if ended || err != nil {
					return err
				}
				line = s.ahead
			}
		}
	}
}

// said acts on a line that the person typed.
func (s *session) said(h *agent.Handover, m meeting, line string, verified bool, changed <-chan struct{}) (ended bool, err error) {
	switch word, rest, _ := strings.Cut(line, " "); {
	case line == "":
		return false, nil
	case line == "end" && verified:
		h.Close()
		return true, nil
	case line == "stop" && verified:
		return false, s.refuse(h)
	case line == "abort":
		h.Abort()
		return true, &agent.Problem{Code: agent.Cancelled}
	case word == "give" && verified:
		m.give, m.spoken = giftOf(strings.Fields(rest)), true
		return false, s.tellRefusal(s.give(h, m, changed))
	case word == "here" && verified:
		s.agent.WorkingOn(journal.AssignmentID(strings.TrimSpace(rest)))
		return false, nil
	case isTogether(word) && verified:
		return false, s.inMeeting(line)
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
