package gate

import (
	"handslag/identity"
	"handslag/identity/access"
	"handslag/sync/link"
)

// Right is what a route asks of its caller. Each kind is a way through the gate of its own,
// so that no handler has to remember one.
type Right struct {
	kind rightKind
	name identity.Right
	why  string
}

type rightKind int

const (
	noRight  rightKind = iota
	public             // nobody is asked, no data is touched
	password           // a username and a password
	waits              // a device that has asked to become one
	own                // a live device, for what is its own
	each               // a live device; every thing it gets is judged by itself
	needs              // a live device whose person has the right to the route's resource
	within             // a live device whose person has the right to everything, or to what is of their units: it gets no more
	carried            // whoever carries a journal; a device that proves itself is named
)

// rightWork and rightRead are judged thing by thing.
const (
	rightRead = access.RecordRead
	rightWork = access.AssignmentWork
)

// Public asks nothing of the caller, and says why. Its handler gets no data.
func Public(why string) Right { return Right{kind: public, why: why} }

// Password asks for a username and a password in the body, or for what came of a sign-in at the identity provider, as
// link.EnrolRequest has them.
func Password(why string) Right { return Right{kind: password, why: why} }

// Waits asks for a device whose person has signed in with it and that waits for an administrator, and gives it what has
// become of that.
func Waits(why string) Right { return Right{kind: waits, why: why} }

// Own asks for a live device and gives it what is its own.
func Own(why string) Right { return Right{kind: own, why: why} }

// Each asks for a live device; what it gets is judged thing by thing.
func Each(why string) Right { return Right{kind: each, why: why} }

// Needs asks for a live device whose person has the right to the route's Resource.
func Needs(right identity.Right) Right { return Right{kind: needs, name: right} }

// Within asks for a live device whose person has the right to everything, or to what is of their units; it gets what is
// within that (Call.reach).
func Within(right identity.Right) Right { return Right{kind: within, name: right} }

// Carried takes a journal from anybody: from a device ever known, revoked or not, by its
// proof; from others a few a minute.
func Carried(why string) Right { return Right{kind: carried, why: why} }

// String says what is asked, for lists of routes.
func (r Right) String() string {
	switch r.kind {
	case public:
		return "public: " + r.why
	case password:
		return "password: " + r.why
	case waits:
		return "waits: " + r.why
	case own:
		return "own: " + r.why
	case each:
		return "each: " + r.why
	case needs:
		return string(r.name)
	case within:
		return "within: " + string(r.name)
	case carried:
		return "carried: " + r.why
	}
	return "none"
}

// asksRight reports whether a person needs a right that has a name.
func (r Right) asksRight() bool { return r.kind == needs || r.kind == within }

// Proved says how the right asks for a device's proof: it must be there, or it may.
func (r Right) Proved() (must, may bool) {
	must = r.kind == waits || r.kind == own || r.kind == each || r.asksRight()
	return must, must || r.kind == carried
}

// refusals are the codes with which the way in ends, for the right's kind.
func (r Right) refusals() []link.Code {
	switch r.kind {
	case password:
		return []link.Code{link.CodeWrongPassword, link.CodeNoPassword, link.CodeSignIn, link.CodeUnlinked, link.CodeProviderAway, link.CodeUserDisabled, link.CodeTooMany, link.CodeBusy}
	case carried:
		return []link.Code{link.CodeStaleProof, link.CodeReplayed, link.CodeTooMany, link.CodeBusy}
	case waits:
		return []link.Code{link.CodeNoProof, link.CodeBadProof, link.CodeStaleProof, link.CodeReplayed,
			link.CodeDeviceRefused, link.CodeWaitedLong, link.CodeUserDisabled, link.CodeBusy}
	case own, each, needs, within:
		codes := []link.Code{link.CodeNoProof, link.CodeBadProof, link.CodeStaleProof, link.CodeReplayed,
			link.CodeDeviceRevoked, link.CodeUserDisabled, link.CodeExpired, link.CodeBusy}
		if r.asksRight() {
			codes = append(codes, link.CodeForbidden)
		}
		return codes
	}
	return nil
}
