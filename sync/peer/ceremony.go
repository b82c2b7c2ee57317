package peer

import (
	"crypto/sha256"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"handslag/identity"
	"handslag/sync/peer/internal/message"
	"handslag/sync/peer/internal/road"
)

// Meeting is what a verification established, for the entry and for the screen.
type Meeting struct {
	Role             Role
	Form             Form
	Purpose          Purpose
	Transcript       []byte // H(T), 32 bytes; the same at both ends, so it is the entries' Pair too
	Peer             identity.Credential
	PeerCredential   []byte // as issued
	PeerClockSuspect bool
}

// ceremony is the state machine of a verification, one end of it: events with their time go
// in, effects come out, and it touches neither network nor clock. What it decides is decided
// here alone; only verified() turns its last state into the right to share.
type ceremony struct {
	self   self
	role   Role
	timing timing

	form     Form // D: as the claim says; S: as the code was read
	state    State
	deadline time.Time
	failed   Reason // set where it is over without VERIFIED

	offer    Payload
	session  []byte
	expected peer.ID   // S: whom the offer names
	nonce    []byte    // one's own
	commit   *[16]byte // S: what D is bound to; nil until D has said so, where the code came as a file

	conn    int // the connection of the claim, 0 before
	remote  peer.ID
	meeting Meeting
	hash    [sha256.Size]byte

	wrong     int
	agreed    bool // what the person typed or scanned here was right
	proven    bool // the other's signature is in
	evidence  bool // both are, as the form asks; the entry is asked for
	durable   bool // one's own entry is
	otherDone bool // the other's is
}

// newDisplayer makes D's end; nonce is the one that offer commits to.
func newDisplayer(self self, timing timing, offer Payload, nonce []byte) (*ceremony, error) {
	return newCeremony(Displayer, self, timing, offer, nonce, offer.Form)
}

// newScanner makes S's end with a fresh nonce. What stood in a file may have been anybody's:
// then the form is NoCamera, whatever the offer asks for.
func newScanner(self self, timing timing, offer Payload, nonce []byte, file bool) (*ceremony, error) {
	form := offer.Form
	if file {
		form = NoCamera
	}
	c, err := newCeremony(Scanner, self, timing, offer, nonce, form)
	if err == nil && !file {
		c.commit = &c.offer.Commit
	}
	return c, err
}

func newCeremony(role Role, self self, timing timing, offer Payload, nonce []byte, form Form) (*ceremony, error) {
	raw, err := offer.Encode()
	if err != nil {
		return nil, err
	}
	expected, err := peerOf(offer.Key[:])
	if err != nil {
		return nil, err
	}
	return &ceremony{role: role, self: self, timing: timing, state: Idle, offer: offer, session: sessionOf(raw),
		expected: expected, nonce: nonce, form: form,
		meeting: Meeting{Role: role, Form: form, Purpose: offer.Purpose}}, nil
}

// over reports whether nothing more can happen.
func (c *ceremony) over() bool { return c.state == IsClosed }

// step is all that can happen: an event at a time. A passed deadline comes first, whatever
// the event is.
func (c *ceremony) step(now time.Time, ev event) []effect {
	if c.over() {
		if r, ok := ev.(received); ok {
			return []effect{drop{r.conn, ""}}
		}
		return nil
	}
	if c.state != Idle && !now.Before(c.deadline) {
		if c.state == IsVerified {
			return c.close(true)
		}
		return c.fail(Expired)
	}
	switch e := ev.(type) {
	case started:
		return c.start(now)
	case connected:
		return c.reach(e)
	case opened:
		return c.greet(e)
	case received:
		return c.receive(now, e)
	case lost:
		if e.conn == c.conn && c.conn != 0 && c.state != IsVerified {
			return c.fail(PeerAbort)
		}
	case resumed:
		if c.state == IsVerified && e.remote == c.remote {
			c.conn = e.conn
		}
	case unreachable:
		if c.state == Claimed && c.conn == 0 {
			return c.fail(Unreachable)
		}
	case typed:
		return c.judgeCode(now, e.code)
	case scanned:
		return c.judgeScan(now, e.evidence)
	case entryDone:
		return c.entryAnswered(now, e.err)
	case cancelled:
		if c.state == IsVerified {
			return c.close(true)
		}
		return c.fail(Cancelled)
	}
	return nil
}

func (c *ceremony) start(now time.Time) []effect {
	if c.state != Idle {
		return nil
	}
	if why := c.self.check(); why != "" {
		return c.fail(why)
	}
	if c.offer.Tag != TagOf(c.self.org, c.offer.Commit) {
		return c.fail(WrongOrg)
	}
	if c.role == Displayer {
		return c.enter(now, Offering, c.timing.offering)
	}
	return append(c.enter(now, Claimed, c.timing.claimed), dial{})
}

func (c *ceremony) receive(now time.Time, e received) []effect {
	body, err := readVerify(e.data)
	if m, ok := body.(*claim); ok && err == nil && c.role == Displayer {
		return c.judgeClaim(now, e, *m)
	}
	if e.conn != c.conn || c.conn == 0 {
		return []effect{drop{e.conn, road.Garbled}} // a stranger without the secret: refused, nothing disturbed
	}
	if c.state == IsVerified {
		if _, ok := body.(*abort); ok && err == nil {
			return c.close(false)
		}
		return nil
	}
	if err != nil {
		return c.fail(BadAnswer)
	}
	switch m := body.(type) {
	case *commitment:
		if c.role == Scanner && c.state == Claimed && c.commit == nil {
			return c.bind(*m)
		}
	case *answer:
		if c.role == Scanner && c.state == Claimed && c.commit != nil {
			return c.judgeAnswer(now, *m)
		}
	case *signature:
		return c.judgeProof(now, m.Proof)
	case *done:
		// D's word may come before S's person has typed, never before D's signature.
		if m.Entry && !c.otherDone && (c.evidence || c.role == Scanner && c.proven) {
			c.otherDone = true
			return c.settle(now)
		}
	case *abort:
		effects := c.fail(PeerAbort)
		for i, eff := range effects {
			if end, ok := eff.(ended); ok && m.Reason.known() {
				end.theirs = m.Reason
				effects[i] = end
			}
		}
		return effects
	}
	return c.fail(BadAnswer)
}

// judgeProof takes the other's signature: S's opens the question for D's person, D's comes only
// after that was answered right.
func (c *ceremony) judgeProof(now time.Time, data []byte) []effect {
	key := c.meeting.Peer.Keys.Signing
	switch {
	case c.role == Displayer && c.state == Identified:
		if !openProof(data, key, Scanner, c.hash) {
			return c.fail(KeyMismatch)
		}
		c.proven = true
		return append(c.enter(now, Confirm, c.timing.confirm), c.confirm()...)
	case c.role == Scanner && c.state == Confirm && !c.proven:
		if !openProof(data, key, Displayer, c.hash) {
			return c.fail(KeyMismatch)
		}
		c.proven = true
		return c.weigh(now)
	}
	return c.fail(BadAnswer)
}

// weigh believes the other once all that the form asks for is in: the other's signature, and,
// wherever this end's person has something to type or scan, that it was right.
func (c *ceremony) weigh(now time.Time) []effect {
	if !c.proven || c.asks() && !c.agreed {
		return nil
	}
	return c.believe(now)
}

// believe asks for the entry: all evidence is in.
func (c *ceremony) believe(now time.Time) []effect {
	c.evidence = true
	if c.form == NoCamera && c.role == Displayer {
		c.deadline = c.deadline.Add(c.timing.settle) // the other's person may type for as long as CONFIRM lasts
	} else {
		c.deadline = now.Add(c.timing.settle)
	}
	return []effect{appendIt{c.meeting}}
}

func (c *ceremony) entryAnswered(now time.Time, err error) []effect {
	if c.state != Confirm || !c.evidence || c.durable {
		return nil
	}
	if err != nil {
		return c.fail(EntryFailed)
	}
	c.durable = true
	return append(c.say(done{Entry: true}), c.settle(now)...)
}

// settle is VERIFIED once both entries are durable.
func (c *ceremony) settle(now time.Time) []effect {
	if !c.evidence || !c.durable || !c.otherDone {
		return nil
	}
	return c.enter(now, IsVerified, c.timing.verified)
}

func (c *ceremony) enter(now time.Time, s State, within time.Duration) []effect {
	c.state, c.deadline = s, now.Add(within)
	return []effect{entered{s, c.deadline}}
}

func (c *ceremony) say(body message.Body) []effect {
	data, err := message.Encode(body)
	if err != nil {
		panic(err) // our own types always encode
	}
	return []effect{send{c.conn, data}}
}

// close ends a session that was verified; tell says so to the other.
func (c *ceremony) close(tell bool) []effect {
	var effects []effect
	if tell {
		effects = c.say(abort{Reason: Cancelled})
	}
	c.state = IsClosed
	return append(effects, entered{state: IsClosed})
}

// fail ends it, tells the other where there is one, and is silent ever after.
func (c *ceremony) fail(why Reason) []effect {
	var effects []effect
	if c.conn != 0 && why != PeerAbort {
		effects = c.say(abort{Reason: why})
	}
	c.state, c.failed = IsClosed, why
	return append(effects, ended{reason: why})
}
