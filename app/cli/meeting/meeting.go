package meeting

import (
	"io"
	"slices"
	"strings"

	"handslag/app/agent"
	"handslag/app/cli/console"
	"handslag/vault/journal"
)

// meeting is one verification under way.
type meeting struct {
	*console.Console
	asked
	run func(c *console.Console, line string) error

	h        *agent.Handover
	changed  <-chan struct{} // how far handing over has come may be news
	stops    chan struct{}   // one, at most: the person ends what is being shared, and not the meeting
	input    <-chan string   // nil: nothing is asked of the person now
	eye      eye
	verified bool

	spoken bool                // what is given was said within the meeting, where the next line may end it
	ahead  string              // a line that was typed while something was handed over
	told   agent.ShareProgress // what was printed last
}

// hold tells each step and answers what it asks for, until the verification ends.
func (m *meeting) hold() error {
	defer m.eye.shut()
	for {
		ended, err := false, error(nil)
		select {
		case <-m.Ctx.Done():
			m.h.Abort()
			return &agent.Problem{Code: agent.Cancelled, Err: m.Ctx.Err()}
		case <-m.changed:
			err = m.printProgress()
		case step, ok := <-m.h.Steps():
			if !ok {
				return nil
			}
			ended, err = m.take(step)
		case <-m.stops:
			err = m.refuse()
		case seen := <-m.eye.seen:
			err = m.saw(seen)
		case line, ok := <-m.input:
			if !ok {
				m.h.Abort()
				return &agent.Problem{Code: agent.Cancelled}
			}
			ended, err = m.heard(line)
		}
		if ended || err != nil {
			return err
		}
	}
}

// take tells a step, and makes ready for what it asks of the person.
func (m *meeting) take(step agent.VerifyStep) (ended bool, err error) {
	if err := m.printProgress(); err != nil {
		return false, err
	}
	if err := m.Print(step, func(w io.Writer) { m.writeStep(w, step) }); err != nil {
		return false, err
	}
	if step.Stage != agent.StageOffering && step.Stage != agent.StageShowSecond {
		m.hide()
	}
	m.eye.shut()
	m.input = nil
	switch step.Stage {
	case agent.StageFailed:
		if step.Problem != nil {
			return true, step.Problem
		}
		return true, &agent.Problem{Code: agent.VerPeerAbort}
	case agent.StageClosed:
		return true, nil
	case agent.StageEnterCode, agent.StageExchange:
		m.input = m.Input.Channel()
	case agent.StageShowSecond:
		return false, m.showSecond(step.Second)
	case agent.StageScanSecond:
		m.eye.open(m.Ctx, m.Console)
	case agent.StageVerified:
		if m.verified {
			break
		}
		m.verified = true
		if !m.gift.Empty() {
			return true, m.give()
		}
		if !m.receive {
			m.input = m.Input.Channel()
		}
	}
	return false, nil
}

// saw hands on what the camera saw, and looks again where that was refused.
func (m *meeting) saw(seen sight) error {
	err := seen.err
	if err == nil {
		m.eye.tried = seen.text
		err = m.h.ScanSecond(m.Ctx, seen.text)
	}
	if err := m.tellRefusal(err); err != nil {
		return err
	}
	if agent.CodeOf(err) == agent.NoCamera {
		m.h.Abort()
	} else if err != nil {
		m.eye.open(m.Ctx, m.Console)
	}
	return nil
}

// heard acts on a line that the person typed, and on those typed while that was done.
func (m *meeting) heard(line string) (ended bool, err error) {
	for line != "" && !ended && err == nil {
		m.ahead = ""
		ended, err = m.obey(strings.TrimSpace(line))
		line = m.ahead
	}
	return ended, err
}

// others are the commands that may be said in a meeting, beside what the meeting itself knows.
var others = []string{"assignments", "assignment", "edit", "note", "choose", "done"}

func (m *meeting) obey(line string) (ended bool, err error) {
	switch word, rest, _ := strings.Cut(line, " "); {
	case line == "":
		return false, nil
	case line == "end" && m.verified:
		m.h.Close()
		return true, nil
	case line == "stop" && m.verified:
		return false, m.refuse()
	case line == "abort":
		m.h.Abort()
		return true, &agent.Problem{Code: agent.Cancelled}
	case word == "give" && m.verified:
		m.gift, m.spoken = giftOf(strings.Fields(rest)), true
		return false, m.tellRefusal(m.give())
	case word == "here" && m.verified:
		m.Agent.WorkingOn(journal.AssignmentID(strings.TrimSpace(rest)))
		return false, nil
	case slices.Contains(others, word) && m.verified:
		return false, m.tellRefusal(m.run(m.Console, line))
	case !m.verified:
		return false, m.tellRefusal(m.h.TypeCode(m.Ctx, line))
	}
	return false, nil
}

// tellRefusal says what was wrong and lets the verification go on: whether it is over, its
// next step says.
func (m *meeting) tellRefusal(err error) error {
	if err == nil {
		return nil
	}
	t := m.Told(err)
	if m.Settings.JSON {
		return m.Print(map[string]console.Told{"problem": t}, nil)
	}
	t.Write(m.Err, false)
	return nil
}
