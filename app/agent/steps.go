package agent

import (
	"strconv"
	"sync"
	"time"

	"handslag/app/agent/patience"
	"handslag/identity"
	"handslag/identity/qr"
	"handslag/sync/peer"
	"handslag/vault/journal"
)

// show makes a step the newest, unless the last one has been.
func (h *Handover) show(step VerifyStep) {
	h.mu.Lock()
	if h.step.Stage == StageFailed || h.step.Stage == StageClosed {
		h.mu.Unlock()
		return
	}
	if step.Purpose == "" {
		step.Purpose = h.step.Purpose
	}
	if step.Peer == nil {
		step.Peer = h.step.Peer
	}
	if step.Stage != StageFailed && step.Stage != StageClosed {
		step.Until = h.until
	}
	h.step = step
	for sent := false; !sent; {
		select {
		case h.steps <- step:
			sent = true
		default:
			select {
			case <-h.steps: // the oldest makes room
			default:
			}
		}
	}
	h.mu.Unlock()
	h.agent.changed(VerificationChanged)
}

// run turns the session's events into steps until the last.
func (h *Handover) run(give Gift) {
	var receiving sync.WaitGroup
	for ev := range h.peer.Events() {
		switch e := ev.(type) {
		case peer.StateChanged:
			h.enter(e.State, e.Until)
		case peer.PeerMet:
			h.meet(e.Credential, e.ClockSuspect)
		case peer.ShowCode:
			h.mu.Lock()
			h.digits = e.Digits
			h.mu.Unlock()
			h.show(VerifyStep{Stage: StageShowCode, Code: e.Digits})
		case peer.EnterCode:
			h.mu.Lock()
			step := VerifyStep{Stage: StageEnterCode, Code: h.digits, TriesLeft: e.Left}
			h.mu.Unlock()
			if step.Code != "" {
				step.Stage = StageExchange
			}
			if e.Left < peer.Tries {
				step.Problem = mistyped(e.Left)
			}
			h.show(step)
		case peer.ShowEvidence:
			h.showSecond(e.Payload)
		case peer.ScanEvidence:
			step := VerifyStep{Stage: StageScanSecond, TriesLeft: e.Left}
			if e.Left < peer.Tries {
				step.Problem = mistyped(e.Left)
			}
			h.show(step)
		case peer.SessionVerified:
			receiving.Go(func() {
				h.exchange(e.Verified)
				h.begin(e.Verified, give, &receiving)
			})
		case peer.Disturbed:
			h.disturbed(e)
		case peer.Failed:
			h.fail(e)
		}
	}
	receiving.Wait()
	h.agent.mu.Lock()
	if h.agent.meeting == h {
		h.agent.meeting = nil
		h.agent.touched = h.agent.clock.Uptime()
	}
	h.agent.mu.Unlock()
	h.mu.Lock()
	h.over = true
	close(h.steps)
	h.mu.Unlock()
	close(h.done)
	h.agent.changed(VerificationChanged)
}

// mistyped is a wrong answer that is not the last one there may be.
func mistyped(left int) *Problem {
	p := problem(CodeMistyped, nil)
	p.Args = map[string]string{"left": strconv.Itoa(left)}
	return p
}

// showSecond shows the code that the other device scans. What can not be drawn ends it: digits
// are no evidence in this form.
func (h *Handover) showSecond(payload []byte) {
	text, err := qr.Encode(payload)
	if err == nil && h.agent.cfg.ShowQR != nil {
		var code *qr.Code
		if code, err = qr.Draw(text); err == nil {
			err = h.agent.cfg.ShowQR(code)
		}
	}
	if err != nil {
		h.agent.log.Warn("the second code can not be shown", "error", err)
		h.peer.Abort()
		return
	}
	h.show(VerifyStep{Stage: StageShowSecond, Second: text})
}

// begin is sharing, which either may do from here on; segments are carried beside it.
func (h *Handover) begin(v *peer.Verified, give Gift, receiving *sync.WaitGroup) {
	carried, may := h.leaving.carrying()
	if !may { // this person left while the news came
		return
	}
	h.mu.Lock()
	h.verified = v
	h.mu.Unlock()
	h.show(VerifyStep{Stage: StageVerified})
	close(h.ready)
	receiving.Go(func() {
		defer carried()
		h.carry(v)
	})
	receiving.Go(func() { h.receive(v) })
	receiving.Go(func() { h.together(v) })
	if !give.Empty() {
		receiving.Go(func() { h.giveChosen(give) })
	}
}

func (h *Handover) enter(state peer.State, until time.Time) {
	h.mu.Lock()
	h.until = time.Time{}
	if !until.IsZero() {
		h.until = h.agent.wallUntil(time.Until(until))
	}
	h.mu.Unlock()
	hide := h.agent.cfg.ShowQR != nil && state != peer.Idle && state != peer.Offering
	if hide {
		if err := h.agent.cfg.ShowQR(nil); err != nil {
			h.agent.log.Warn("the shown code stays", "error", err)
		}
	}
	switch state {
	case peer.Offering:
		h.show(VerifyStep{Stage: StageOffering})
	case peer.Claimed, peer.Identified:
		h.show(VerifyStep{Stage: StageConnecting})
	case peer.Confirm:
		h.show(VerifyStep{Stage: StageConfirm}) // the digits follow at once
	case peer.IsClosed:
		h.show(VerifyStep{Stage: StageClosed})
	}
}

func (h *Handover) meet(c identity.Credential, suspect bool) {
	other := &Other{
		Name: c.Person.Name(), Username: c.Person.Username, Organisation: h.session.who().statement.Name,
		Device: c.Device(), Units: c.Units, ClockSuspect: suspect,
	}
	h.mu.Lock()
	h.other = c
	h.step.Peer = other
	step := h.step
	h.mu.Unlock()
	h.show(step)
}

// disturbed is the entry of all that was done in one way to this device while it showed its code, however
// often: strangers can not fill a journal.
func (h *Handover) disturbed(e peer.Disturbed) {
	_, err := h.session.say(line{entry: journal.Entry{Kind: journal.VerificationDisturbed, Code: string(e.What), Count: e.Times}})
	if err != nil {
		h.agent.log.Warn("a disturbance has no entry", "how", string(e.What), "times", e.Times, "error", err)
		return
	}
	h.agent.changed(EventsChanged, SyncChanged)
}

func (h *Handover) fail(e peer.Failed) {
	var other identity.DeviceID
	if e.Peer != nil {
		other = e.Peer.Device()
	}
	h.agent.failed(h.session, e.Reason, other)
	if other != "" && patience.Counts(e.Reason) {
		h.agent.patience.Failed(other, h.agent.clock.Uptime())
	}
	p := problem(verificationCode(e.Reason), e.Err)
	if e.Theirs == peer.TooSoon {
		p = problem(VerPeerWaits, nil)
	}
	if e.Reason == peer.TooSoon {
		left := h.agent.patience.Left(other, h.agent.clock.Uptime())
		p.Args = map[string]string{"wait": strconv.Itoa(max(1, int((left+time.Second-1)/time.Second)))}
	}
	if e.Reason == peer.EntryFailed && e.Err != nil {
		p = asProblem(e.Err)
	}
	if e.Theirs != "" {
		p.Args = map[string]string{"theirs": string(verificationCode(e.Theirs))}
	}
	if h.agent.cfg.ShowQR != nil {
		if err := h.agent.cfg.ShowQR(nil); err != nil {
			h.agent.log.Warn("the shown code stays", "error", err)
		}
	}
	h.show(VerifyStep{Stage: StageFailed, Problem: p})
}
