package peer

import (
	"handslag/sync/peer/internal/road"
	"time"
)

// Role is which end of the verification a device is.
type Role uint64

// The roles.
const (
	Scanner   Role = 1 // S: read the QR, dials
	Displayer Role = 2 // D: showed it, listens
)

// Form is how evidence went between the two persons.
type Form uint64

// The forms.
const (
	TwoCameras Form = 1 // two scans
	OneCamera  Form = 2 // one scan, six typed digits
	NoCamera   Form = 3 // the QR as a picture file, two codes typed
)

// Code is the form as an entry's Code names it.
func (f Form) Code() string {
	switch f {
	case TwoCameras:
		return "two_cameras"
	case OneCamera:
		return "one_camera"
	case NoCamera:
		return "no_camera"
	}
	return "unknown"
}

// Purpose is what a verification is for.
type Purpose uint64

// HandOver: records are to be handed over, either way.
const HandOver Purpose = 1

// State is where a verification is.
type State string

// The states, in their order.
const (
	Idle       State = "idle"
	Offering   State = "offering"
	Claimed    State = "claimed"
	Identified State = "identified"
	Confirm    State = "confirm"
	IsVerified State = "verified"
	IsClosed   State = "closed"
)

// Reason says why a verification failed, as the code that entries and screens know.
type Reason string

// The reasons. The first nine are the design's; the last five say what else can end a
// verification at this end.
const (
	Expired     Reason = "expired"
	WrongOrg    Reason = "wrong_org"    // another organisation, or one that did not issue the credential
	KeyMismatch Reason = "key_mismatch" // credential, connection and signature are not of one device
	CommitBad   Reason = "commit_bad"
	SecondClaim Reason = "second_claim"
	CodeWrong   Reason = "code_wrong" // the third time
	Revoked     Reason = "revoked"
	CredExpired Reason = "cred_expired"
	PeerAbort   Reason = "peer_abort" // the other ended it, or is gone

	Cancelled   Reason = "cancelled"        // the person at this end did
	Unreachable Reason = "peer_unreachable" // no road to the address in the QR
	BadAnswer   Reason = "bad_answer"       // not a message of this protocol and version
	EntryFailed Reason = "entry_failed"     // this end's journal did not take the entry
	TooSoon     Reason = "too_soon"         // verifications with that device have failed, and it is not yet time for another
)

// Reasons lists every reason.
func Reasons() []Reason {
	return []Reason{Expired, WrongOrg, KeyMismatch, CommitBad, SecondClaim, CodeWrong, Revoked, CredExpired, PeerAbort,
		Cancelled, Unreachable, BadAnswer, EntryFailed, TooSoon}
}

func (r Reason) known() bool {
	for _, known := range Reasons() {
		if r == known {
			return true
		}
	}
	return false
}

// isStrange reports whether a claim that failed so, from a device that was not named, was no colleague's.
func (r Reason) isStrange() bool { return r == WrongOrg || r == KeyMismatch || r == BadAnswer }

// Tries is how often the six digits may be typed.
const Tries = 3

// timing is how long each step may take; tests hand in shorter ones.
type timing struct {
	offering, claimed, identified, confirm time.Duration
	settle                                 time.Duration // from evidence to both entries durable
	verified                               time.Duration // the life of a session
	hello                                  time.Duration // a stranger's first message
	quic                                   time.Duration // TCP's, before QUIC is tried too
	write                                  time.Duration // one message out
	item                                   time.Duration // one message of a share
	answer                                 time.Duration // one answer of a share, with the other's entry in between
	hurry                                  time.Duration // one answer, once somebody has ended the share
	linger                                 time.Duration // for the last message to arrive
	redial                                 time.Duration // between attempts to reach a verified peer again
}

// road is what of it the road keeps.
func (t timing) road() road.Patience {
	return road.Patience{Dial: t.claimed, Hello: t.hello, QUIC: t.quic}
}

func designTiming() timing {
	return timing{
		offering: 120 * time.Second, claimed: 15 * time.Second, identified: 15 * time.Second,
		confirm: 60 * time.Second, settle: 15 * time.Second, verified: 15 * time.Minute,
		hello: 5 * time.Second, quic: 250 * time.Millisecond, write: 5 * time.Second, item: 20 * time.Second, answer: 30 * time.Second, hurry: 5 * time.Second,
		linger: time.Second, redial: time.Second,
	}
}
