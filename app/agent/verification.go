package agent

import (
	"context"
	"errors"

	"handslag/identity"
	"handslag/identity/qr"
	"handslag/identity/signed"
	"handslag/sync/peer"
	"handslag/vault/journal"
)

// OfferVerification begins one by showing a code: this device is D. Where it scans, which takes
// a camera, nobody needs to type if the other device has one too. What is to be given is given as
// soon as it is verified.
func (a *Agent) OfferVerification(ctx context.Context, scans bool, give Gift) (*Handover, *qr.Code, error) {
	a.opening.Lock()
	defer a.opening.Unlock()
	s, config, err := a.meet(ctx)
	if err != nil {
		return nil, nil, err
	}
	config.Camera = scans
	p, err := peer.Offer(context.WithoutCancel(ctx), config)
	if err != nil {
		return nil, nil, a.failedEarly(s, err)
	}
	code, err := drawOffer(p.Payload())
	if err == nil && a.cfg.ShowQR != nil {
		err = a.cfg.ShowQR(code)
	}
	if err != nil {
		p.Close()
		return nil, nil, translate(err)
	}
	h, err := a.hold(s, p, VerifyStep{Stage: StageOffering}, give)
	return h, code, err
}

// ScanVerification begins one with the text of the other's code: this device is S.
func (a *Agent) ScanVerification(ctx context.Context, text string, read Reading, give Gift) (*Handover, error) {
	content, err := qr.Parse(text)
	if err != nil {
		return nil, translate(err)
	}
	if content.Kind != qr.KindCeremony {
		return nil, problem(NotACode, nil)
	}
	a.opening.Lock()
	defer a.opening.Unlock()
	s, config, err := a.meet(ctx)
	if err != nil {
		return nil, err
	}
	config.File = read == FromPicture
	p, err := peer.Scan(context.WithoutCancel(ctx), config, content.Payload)
	if err != nil {
		return nil, a.failedEarly(s, err)
	}
	return a.hold(s, p, VerifyStep{Stage: StageConnecting}, give)
}

func drawOffer(payload []byte) (*qr.Code, error) {
	text, err := qr.Encode(payload)
	if err != nil {
		return nil, err
	}
	return qr.Draw(text)
}

// meet is what a session with another device needs to know. One that was open before ends.
func (a *Agent) meet(ctx context.Context) (*session, peer.Config, error) {
	if err := ctx.Err(); err != nil {
		return nil, peer.Config{}, translate(err)
	}
	s, err := a.current()
	if err != nil {
		return nil, peer.Config{}, err
	}
	if err := s.current(); err != nil {
		return nil, peer.Config{}, translate(err)
	}
	me := s.who()
	if me.barred != "" {
		return nil, peer.Config{}, problem(me.barred, nil)
	}
	if me.others.list.Has(s.device) { // a colleague brought the news
		return nil, peer.Config{}, problem(DeviceRevoked, nil)
	}
	a.mu.Lock()
	before := a.meeting
	a.mu.Unlock()
	if before != nil {
		before.end()
	}
	return s, peer.Config{
		Org: me.profile.Org, Issuing: me.statement.Issuing, Keys: s.keys, Credential: me.profile.Credential,
		Now: func() signed.Time { return s.clock.Read().Time }, ClockSuspect: s.clock.Read().Suspect,
		Revoked:   func(device identity.DeviceID, epoch uint64) bool { return s.who().others.bars(device, epoch) },
		TooSoon:   func(device identity.DeviceID) bool { return a.patience.Left(device, a.clock.Uptime()) > 0 },
		Strangers: a.stranger,
		Append:    func(_ context.Context, m peer.Meeting) error { return a.met(s, m) },
		Loopback:  a.cfg.Loopback,
	}, nil
}

// met is the entry without which nothing is verified.
func (a *Agent) met(s *session, m peer.Meeting) error {
	effect, remembered := s.remember(m.Peer)
	_, err := s.say(line{effect: effect, entry: journal.Entry{
		Kind: journal.Verified, Peer: m.Peer.Device(), Pair: m.Transcript, Code: m.Form.Code(),
	}})
	if err == nil {
		remembered()
		a.patience.Met(m.Peer.Device())
		a.changed(EventsChanged, SyncChanged)
		a.nudge()
	}
	return err
}

// failedEarly is a verification that failed before there was one; an entry, where it was a
// judgement and not a slip.
func (a *Agent) failedEarly(s *session, err error) error {
	var failed *peer.Failure
	if errors.As(err, &failed) {
		a.failed(s, failed.Reason, "")
	}
	return translate(err)
}

func (a *Agent) failed(s *session, why peer.Reason, other identity.DeviceID) {
	_, err := s.say(line{entry: journal.Entry{Kind: journal.VerificationFailed, Code: string(why), Peer: other}})
	if err != nil {
		a.log.Warn("a failed verification has no entry", "reason", string(why), "error", err)
		return
	}
	a.changed(EventsChanged, SyncChanged)
	a.nudge()
}

// hold keeps a session for the screen, unless the vault was locked meanwhile.
func (a *Agent) hold(s *session, p *peer.Session, first VerifyStep, give Gift) (*Handover, error) {
	h := &Handover{
		agent: a, session: s, peer: p, done: make(chan struct{}), steps: make(chan VerifyStep, stepRoom), ready: make(chan struct{}),
		mate: newMate(), leaving: newLeaving(),
	}
	first.Purpose = PurposeReceive
	if !give.Empty() {
		first.Purpose = PurposeGive
	}
	h.show(first)
	a.mu.Lock()
	locked := a.session != s
	if !locked {
		a.meeting = h
	}
	a.mu.Unlock()
	if locked {
		p.Close()
		return nil, problem(Locked, nil)
	}
	go h.run(give)
	a.changed(VerificationChanged)
	return h, nil
}
