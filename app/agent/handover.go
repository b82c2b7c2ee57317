package agent

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"handslag/identity"
	"handslag/identity/qr"
	"handslag/identity/signed"
	"handslag/sync/peer"
	"handslag/vault/journal"
)

// Handover is one verification from its first screen to its last, with what is handed over
// in it. Either side may give once it is verified, and what the other gives is taken all the
// while. Its methods may be called from any goroutine.
type Handover struct {
	agent   *Agent
	session *session
	peer    *peer.Session
	done    chan struct{}

	mate    *mate
	leaving *leaving

	giving             sync.Mutex // one Give at a time
	sending, receiving atomic.Bool

	mu       sync.Mutex
	step     VerifyStep
	progress ShareProgress
	steps    chan VerifyStep
	verified *peer.Verified
	other    identity.Credential
	ready    chan struct{} // closed when verified
	over     bool
	until    time.Time // when the state ends by itself, on this machine's clock
	digits   string    // that this screen shows
	because  string    // why this person hands over, in their words
	taken    []journal.RecordID
	refuse   context.CancelFunc // ends the share that is being received
	received <-chan struct{}    // closed when it has ended
	bad      int                // times that the other sent what is none of what it should be
}

// stepRoom is how many steps a slow screen may lag behind.
const stepRoom = 32

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

// Steps are what the screen shows, one after the other; closed after the last. A screen that
// lags far behind misses old ones, never the newest.
func (h *Handover) Steps() <-chan VerifyStep { return h.steps }

// Step is the newest one.
func (h *Handover) Step() VerifyStep {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.step
}

// Progress is how far giving or receiving has come.
func (h *Handover) Progress() ShareProgress {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.progress
}

// Received are the records that the other gave in this meeting and that were taken, in order.
func (h *Handover) Received() []journal.RecordID {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.taken)
}

// Verified waits until it is; an error says why it will not be.
func (h *Handover) Verified(ctx context.Context) (Other, error) {
	select {
	case <-h.ready:
		return *h.Step().Peer, nil
	case <-h.done:
		if p := h.Step().Problem; p != nil {
			return Other{}, p
		}
		return Other{}, problem(NotVerified, nil)
	case <-ctx.Done():
		return Other{}, translate(ctx.Err())
	}
}

// TypeCode is the six digits that the other's screen shows, as the person typed them. What is
// not six digits is a slip and no try.
func (h *Handover) TypeCode(_ context.Context, digits string) error {
	step := h.Step()
	if step.Stage != StageEnterCode && step.Stage != StageExchange {
		return problem(NotVerified, nil)
	}
	if !sixDigits(digits) {
		return mistyped(step.TriesLeft)
	}
	h.wait() // a wrong code brings the question back
	if err := h.peer.TypeCode(digits); err != nil {
		return mistyped(step.TriesLeft)
	}
	return nil
}

// ScanSecond is the text of the second code, which the other's screen shows. Some other code is a
// slip and no try: NotACode, CodeTooNew or CodeDamaged.
func (h *Handover) ScanSecond(_ context.Context, text string) error {
	if h.Step().Stage != StageScanSecond {
		return problem(NotVerified, nil)
	}
	content, err := qr.Parse(text)
	if err != nil {
		return translate(err)
	}
	if content.Kind != qr.KindCeremony {
		return problem(NotACode, nil)
	}
	if _, err := peer.ParseEvidence(content.Payload); err != nil {
		return translate(err)
	}
	h.wait()
	return translate(h.peer.ScanEvidence(content.Payload))
}

// wait shows that this person has answered. Digits of one's own stay, for the other to read.
func (h *Handover) wait() {
	h.mu.Lock()
	digits := h.digits
	h.mu.Unlock()
	if digits != "" {
		h.show(VerifyStep{Stage: StageShowCode, Code: digits})
		return
	}
	h.show(VerifyStep{Stage: StageConfirm})
}

// sixDigits says whether six digits were typed, with the spaces and dashes people put in.
func sixDigits(typed string) bool {
	digits := 0
	for _, r := range typed {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case !strings.ContainsRune(" -\u00a0\t", r):
			return false
		}
	}
	return digits == 6 && len(typed) <= 32
}
