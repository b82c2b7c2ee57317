package agent

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"handslag/identity"
	"handslag/identity/qr"
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

func (h *Handover) otherPerson() identity.PersonID {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.other.Person.ID
}

func (h *Handover) otherDevice() identity.DeviceID {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.other.Version == 0 {
		return ""
	}
	return h.other.Device()
}
