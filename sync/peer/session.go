package peer

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/network"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/peer/internal/road"
)

// Config is what a session needs to know and to ask. Now, Revoked and Append are called from
// the session's goroutines. A session that ends while Append is at work does not wait for
// it, and ends its ctx: an entry that becomes durable all the same stands beside the one
// about the failure.
type Config struct {
	Org        identity.OrgID
	Issuing    []signed.Key     // the organisation's, as its statement says
	Keys       *identity.KeySet // this device's; must stay unlocked while the session is open
	Credential []byte           // this device's, as issued

	Now          func() signed.Time                         // trusted time: credentials and loans expire by it
	ClockSuspect bool                                       // the wall clock contradicts it; both screens say so
	Revoked      func(identity.DeviceID, uint64) bool       // by device and epoch; nil: no list is held
	TooSoon      func(identity.DeviceID) bool               // by device; nil: nobody has to wait
	Strangers    *road.Strangers                            // D: who has to wait at the door; nil: nobody
	Append       func(ctx context.Context, m Meeting) error // returns once the entry that says so is durable

	Camera   bool // D: this device can scan the other's screen, so that nobody needs to type
	File     bool // S: the code came as a file or text, and not through this device's camera
	Loopback bool // two programs on one machine: 127.0.0.1 and nothing else

	timing *timing // tests
}

// Errors of sessions.
var (
	ErrConfig      = errors.New("session is not configured")
	ErrNotVerified = errors.New("no verified device in an open session")
	ErrCode        = errors.New("not six digits")
)

// Session is one verification from its first screen to its last. Its events come on Events,
// which is closed after the last one; all its methods may be called from any goroutine.
type Session struct {
	config  Config
	sending sync.Mutex // one share at a time
	timing  timing
	node    *road.Node
	payload []byte
	cancel  context.CancelFunc
	stopped chan struct{} // closed when the loop takes no more events
	done    chan struct{} // closed when nothing is left
	inbox   chan event
	events  chan Event
	shares  chan network.Stream // streams of shares that nobody has asked for yet
	news    chan network.Stream // likewise, of news
	carries chan network.Stream // likewise, of segments to carry
	mates   chan network.Stream // likewise, of working together

	machine *ceremony // the loop's alone
	streams *road.Streams
	journal error     // why the entry failed, the loop's alone
	resumed time.Time // when a lost way for the last word was last opened anew, likewise

	mu       sync.Mutex
	form     Form
	verified *Verified
	open     bool
	link     chan struct{} // closed while the verified peer is connected
	up       bool
}

// Offer opens a session as D: it listens, and Payload is what the QR must say. It returns
// ErrNoNetwork where there is no network, and a *Failure where this device's own credential
// would be refused. Ending ctx cancels it.
func Offer(ctx context.Context, config Config) (*Session, error) {
	self, timing, err := config.self()
	if err != nil {
		return nil, err
	}
	addrs, err := road.LocalAddresses(config.Loopback)
	if err != nil {
		return nil, err
	}
	key, err := config.Keys.Transport()
	if err != nil {
		return nil, fmt.Errorf("open session: %w", err)
	}
	defer key.Destroy()
	nonce := make([]byte, nonceSize)
	rand.Read(nonce)
	offer := Payload{Purpose: HandOver, Form: formOf(config.Camera), Commit: commitTo(nonce)}
	offer.Tag = TagOf(config.Org, offer.Commit)
	copy(offer.Key[:], self.credential.Keys.Transport.Bytes)
	rand.Read(offer.Secret[:])
	node, open, err := road.NewListener(key, addrs, offer.Secret, timing.road())
	if err != nil {
		return nil, err
	}
	node.Mind(config.Strangers)
	offer.Addrs = open
	payload, err := offer.Encode()
	if err == nil {
		var machine *ceremony
		if machine, err = newDisplayer(self, timing, offer, nonce); err == nil {
			return newSession(ctx, config, timing, node, machine, payload), nil
		}
	}
	node.End()
	return nil, err
}

// Scan opens a session as S with what the QR said. It returns the errors of ParseOffer,
// ErrNoNetwork, or a *Failure with WrongOrg before anything is sent.
func Scan(ctx context.Context, config Config, payload []byte) (*Session, error) {
	self, timing, err := config.self()
	if err != nil {
		return nil, err
	}
	offer, err := ParseOffer(payload)
	if err != nil {
		return nil, err
	}
	if offer.Tag != TagOf(config.Org, offer.Commit) {
		return nil, &Failure{WrongOrg}
	}
	if offer.Key == [32]byte(self.credential.Keys.Transport.Bytes) {
		return nil, &Failure{KeyMismatch} // one's own code
	}
	if offer.Addrs = reachable(offer.Addrs, config.Loopback); len(offer.Addrs) == 0 {
		return nil, &Failure{Unreachable}
	}
	if _, err := road.LocalAddresses(config.Loopback); err != nil {
		return nil, err
	}
	// The machine sees the offer as it was read: the session is named after all of it.
	whole, _ := ParseOffer(payload)
	nonce := make([]byte, nonceSize)
	rand.Read(nonce)
	machine, err := newScanner(self, timing, whole, nonce, config.File)
	if err != nil {
		return nil, fmt.Errorf("read offer: %w: %w", ErrOffer, err)
	}
	key, err := config.Keys.Transport()
	if err != nil {
		return nil, fmt.Errorf("open session: %w", err)
	}
	defer key.Destroy()
	node, err := road.NewDialler(key, machine.expected, road.Ways(offer.Addrs), offer.Secret, timing.road())
	if err != nil {
		return nil, err
	}
	return newSession(ctx, config, timing, node, machine, payload), nil
}

// formOf is what D asks for: S has a camera where it read the code with one, which S says.
func formOf(camera bool) Form {
	if camera {
		return TwoCameras
	}
	return OneCamera
}

// reachable leaves out this very machine, which no colleague's code names, unless two
// programs on it are to meet.
func reachable(addrs []netip.AddrPort, loopback bool) []netip.AddrPort {
	var out []netip.AddrPort
	for _, addr := range addrs {
		if loopback || !addr.Addr().IsLoopback() {
			out = append(out, addr)
		}
	}
	return out
}

// Failure is a reason as an error, for what fails before there is a session.
type Failure struct{ Reason Reason }

func (f *Failure) Error() string { return "verify: " + string(f.Reason) }

func (c Config) self() (self, timing, error) {
	t := designTiming()
	if c.timing != nil {
		t = *c.timing
	}
	if c.Keys == nil || c.Now == nil || c.Append == nil || len(c.Issuing) == 0 {
		return self{}, t, fmt.Errorf("open session: %w", ErrConfig)
	}
	credential, err := identity.OpenCredential(c.Credential, c.Org, c.Issuing)
	if err != nil {
		return self{}, t, fmt.Errorf("open session: own credential: %w", err)
	}
	public := c.Keys.Public()
	if !credential.Keys.Signing.Equal(public.Signing) || !credential.Keys.Transport.Equal(public.Transport) {
		return self{}, t, &Failure{KeyMismatch}
	}
	id, err := peerOf(public.Transport.Bytes)
	if err != nil {
		return self{}, t, err
	}
	s := self{org: c.Org, issuing: c.Issuing, credential: credential, raw: c.Credential, id: id,
		signWith: c.Keys.Sign, now: c.Now, revoked: c.Revoked, tooSoon: c.TooSoon, suspect: c.ClockSuspect}
	if why := s.check(); why != "" {
		return self{}, t, &Failure{why}
	}
	return s, t, nil
}

func newSession(ctx context.Context, config Config, timing timing, node *road.Node, machine *ceremony, payload []byte) *Session {
	ctx, cancel := context.WithCancel(ctx)
	s := &Session{config: config, timing: timing, node: node, payload: payload, cancel: cancel, machine: machine,
		stopped: make(chan struct{}), done: make(chan struct{}), inbox: make(chan event), events: make(chan Event, eventRoom),
		shares: make(chan network.Stream, 1), news: make(chan network.Stream, 1), carries: make(chan network.Stream, 1), mates: make(chan network.Stream, 1), streams: road.NewStreams(), form: machine.form, open: true, link: make(chan struct{})}
	s.attend()
	go s.run(ctx)
	return s
}

// Payload is the offer's bytes, as the QR carries them: D's to show, S's as scanned.
func (s *Session) Payload() []byte { return append([]byte(nil), s.payload...) }

// Role is which end this is.
func (s *Session) Role() Role { return s.machine.role }

// Events are what happens, in order, until it is closed.
func (s *Session) Events() <-chan Event { return s.events }

// TypeCode is what the person typed, spaces and dashes allowed. ErrCode where it is not
// six digits; that is no try.
func (s *Session) TypeCode(text string) error {
	if _, ok := cleanCode(text); !ok {
		return fmt.Errorf("type code: %w", ErrCode)
	}
	s.post(typed{text})
	return nil
}

// ScanEvidence is the second QR's payload, as this device's camera read it. The errors of
// ParseEvidence: some other code, which is no try.
func (s *Session) ScanEvidence(payload []byte) error {
	e, err := ParseEvidence(payload)
	if err != nil {
		return err
	}
	s.post(scanned{e})
	return nil
}

// Form is how evidence goes between the two persons; D's is settled when it is claimed.
func (s *Session) Form() Form {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.form
}

// Verified is the right to share with the other device, and whether there is one.
func (s *Session) Verified() (*Verified, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.verified, s.verified != nil && s.open
}

// Abort ends the session at this person's wish and returns at once; the last event follows.
func (s *Session) Abort() { s.cancel() }

// Close ends the session and returns when nothing listens and no connection is left.
func (s *Session) Close() {
	s.cancel()
	<-s.done
}

// Done is closed when nothing of the session is left.
func (s *Session) Done() <-chan struct{} { return s.done }
