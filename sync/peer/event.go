package peer

import (
	"time"

	"handslag/identity"
	"handslag/sync/peer/internal/road"
)

// Event is what a session tells its screen: StateChanged, PeerMet, ShowCode, EnterCode,
// ShowEvidence, ScanEvidence, SessionVerified, LinkChanged, Disturbed or Failed.
type Event interface{ isEvent() }

// StateChanged says that the session is in another state, and when that state's time is up
// unless something happens before. IsClosed is the last event of a session that was verified.
type StateChanged struct {
	State State
	Until time.Time
}

// PeerMet says who the other device says it is, in the organisation's words: before the
// digits, so that the person sees whom they are meeting. Nothing is verified yet.
type PeerMet struct {
	Credential   identity.Credential
	ClockSuspect bool // the other's clock, as the other says; show a warning at both
}

// ShowCode says which six digits to show.
type ShowCode struct{ Digits string }

// EnterCode asks for the digits that the other screen shows; Left tries remain, Tries at
// first.
type EnterCode struct{ Left int }

// ShowEvidence says what the second QR must say, which the other device scans.
type ShowEvidence struct{ Payload []byte }

// ScanEvidence asks for a scan of the QR that the other screen shows; Left tries remain, Tries
// at first.
type ScanEvidence struct{ Left int }

// SessionVerified says that both entries are durable.
type SessionVerified struct{ Verified *Verified }

// LinkChanged says that the verified peer is connected, or is not: its hotspot went, say. S
// dials again while the session is open.
type LinkChanged struct{ Up bool }

// Disturbed says how many disturbed a device that showed its code, and how. It comes once of each kind, before
// the session's last event.
type Disturbed struct {
	What  road.Disturbance
	Times uint64
}

// Failed is the last event of a session that was not verified, and comes once.
type Failed struct {
	Reason Reason
	Theirs Reason               // with PeerAbort: the reason that the other gave, if it gave one
	Peer   *identity.Credential // who it was, where that was known
	Form   Form
	Err    error // with EntryFailed: what the journal said
}

func (StateChanged) isEvent()    {}
func (PeerMet) isEvent()         {}
func (ShowCode) isEvent()        {}
func (EnterCode) isEvent()       {}
func (ShowEvidence) isEvent()    {}
func (ScanEvidence) isEvent()    {}
func (SessionVerified) isEvent() {}
func (LinkChanged) isEvent()     {}
func (Disturbed) isEvent()       {}
func (Failed) isEvent()          {}
