package peer

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"handslag/identity"
	"handslag/identity/access"
	"handslag/identity/signed"
	"handslag/sync/peer/internal/message"
	"handslag/vault/record"
)

// Why says why something was not shared, as the code that entries know.
type Why string

// The reasons of refusals.
const (
	NoRightToShare   Why = "no_right"      // the sharer's credential lacks record.share for it
	NoRightToReceive Why = "peer_no_right" // the receiver's lacks record.receive for it
	LoanEnded        Why = "loan_ended"    // the sharer's own loan is over
	LoanTooLong      Why = "loan_too_long" // it was to be lent for longer than the sharer has it
	TooManyHands     Why = "too_many_hands"
	BadRecord        Why = "signature_bad" // record, ciphertext, key or hands are not what they say
	WrongKey         Why = "key_wrong"     // the content key is not the one that the organisation signed for
	NotStored        Why = "not_stored"    // the receiver's journal or store did not take it
	CredentialEnded  Why = "cred_expired"  // either credential, since the verification
	DeviceRevoked    Why = "revoked"
	HandRevoked      Why = "hand_revoked"     // it came through a device that is revoked
	BadOperation     Why = "operation_bad"    // work that is not signed by its writer, or not what it says
	NotItsWriter     Why = "operation_passed" // work of a third: each passes on its own only
	NotShared        Why = "not_shared"       // work on an assignment that not both hold and may work on
	NoRightToWork    Why = "work_no_right"
	TooMuchWork      Why = "work_full"
	Stopped          Why = "stopped"    // either person ended the share before it
	BrokenOff        Why = "broken_off" // the link did
	SubjectErased    Why = "erased"     // the receiver has carried out an order that the sharer may not know yet
)

func (w Why) known() bool {
	switch w {
	case NoRightToShare, NoRightToReceive, LoanEnded, LoanTooLong, TooManyHands, BadRecord, WrongKey, NotStored,
		BadOperation, NotItsWriter, NotShared, NoRightToWork, TooMuchWork, CredentialEnded, DeviceRevoked, HandRevoked, SubjectErased, Stopped, BrokenOff:
		return true
	}
	return false
}

// Refusal is a thing that is not shared, and why. Nothing of it left, or nothing landed.
type Refusal struct {
	Thing
	Number uint64
	Why    Why
	Access access.Reason // with a missing right: what identity/access said
	Err    error         // with BadRecord: what did not verify
}

func (r *Refusal) Error() string {
	text := fmt.Sprintf("share %s version %d: refused: %s", r.Thing, r.Number, r.Why)
	if r.Err != nil {
		text += ": " + r.Err.Error()
	}
	return text
}

// Unwrap is what did not verify.
func (r *Refusal) Unwrap() error { return r.Err }

// stillGood says whether both credentials are what they were when the verification ended.
func (v *Verified) stillGood() Why {
	for _, c := range []Reason{v.self.judge(v.self.credential), v.self.judge(v.meeting.Peer)} {
		switch c {
		case CredExpired:
			return CredentialEnded
		case Revoked:
			return DeviceRevoked
		}
	}
	return ""
}

// handRevoked reports whether a record came through the hands of a device that this one knows to be
// revoked. Such a record is neither handed on nor taken, whenever that device says that it
// lent: a loan bears no time but its end, its signature is the device's own, and whoever has a
// stolen device can sign today what was to have been signed yesterday. A copy that is held
// already stays until its loan ends, and the connected system lends the record without those hands. How new
// the credential of a hand was says nothing here: it was the newest then.
func (v *Verified) handRevoked(hands []record.Hand) bool {
	return v.self.revoked != nil && slices.ContainsFunc(record.Lenders(hands), func(id identity.DeviceID) bool {
		return v.self.revoked(id, math.MaxUint64)
	})
}

// errSlow says that a verified device opened a stream and let its time run out.
var errSlow = errors.New("nothing came in its time")

// Malformed says by which code a journal tells of what a verified device sent and is none of what it should be:
// PROTOCOL_large, PROTOCOL_bad or PROTOCOL_slow. It is "" where it only broke off, or the other device went.
func Malformed(protocol string, err error) string {
	switch {
	case errors.Is(err, signed.ErrTooLarge):
		return protocol + "_large"
	case errors.Is(err, ErrShare), errors.Is(err, message.ErrMalformed):
		return protocol + "_bad"
	case errors.Is(err, errSlow):
		return protocol + "_slow"
	}
	return ""
}
