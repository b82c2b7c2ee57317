// Package access answers one question: may this person do this to that thing? It is a
// pure function that the connected system asks at every call and a device asks offline
// of another's credential, so that both say the same. It fetches nothing and logs nothing.
package access

import (
	"slices"

	"handslag/identity"
)

// The rights. A role is a set of grants of them.
const (
	RecordRead     identity.Right = "record.read"     // see its card, open its protected part
	RecordShare    identity.Right = "record.share"    // hand it over to another device
	RecordReceive  identity.Right = "record.receive"  // be handed it
	AssignmentWork identity.Right = "assignment.work" // note, mark done, sign
	LogRead        identity.Right = "log.read"        // review the audit log
	LogExport      identity.Right = "log.export"      // take the audit log into another system
	SubjectErase   identity.Right = "subject.erase"   // have a person's data erased everywhere

	AttachmentAdd    identity.Right = "attachment.add"    // add a picture or a document to a record
	AttachmentExport identity.Right = "attachment.export" // save one outside the program
)

// The scopes, from narrow to wide.
const (
	Own  identity.Scope = "own"  // things that name the person
	Unit identity.Scope = "unit" // things of the person's units
	All  identity.Scope = "all"
)

// Rights lists every right.
func Rights() []identity.Right {
	return []identity.Right{RecordRead, RecordShare, RecordReceive, AssignmentWork, LogRead, LogExport, SubjectErase, AttachmentAdd, AttachmentExport}
}

// Scopes lists every scope.
func Scopes() []identity.Scope { return []identity.Scope{Own, Unit, All} }

// Subject is who asks: what a credential or the connected system's rows say of them.
type Subject struct {
	Person identity.PersonID
	Units  []identity.UnitID
	Grants []identity.Grant
}

// SubjectOf is the subject that a credential speaks for.
func SubjectOf(c identity.Credential) Subject {
	s := Subject{Person: c.Person.ID, Grants: c.Grants}
	for _, u := range c.Units {
		s.Units = append(s.Units, u.ID)
	}
	return s
}

// Thing is what is asked about. A thing without unit and people (the audit log, say)
// is reached by scope All only.
type Thing struct {
	Unit       identity.UnitID
	People     []identity.PersonID // whom it is assigned to
	Restricted bool                // processing is restricted (GDPR art. 18): nothing but receiving the log
}

// Decision is the answer with its reason, for the log.
type Decision struct {
	Allowed bool
	Reason  Reason
}

// Reason says why, as a code.
type Reason string

// The reasons.
const (
	Granted      Reason = "granted"
	NoRight      Reason = "no_right"     // no grant names the right
	OutOfReach   Reason = "out_of_reach" // a grant names it, but not for this thing
	IsRestricted Reason = "restricted"   // the thing's processing is restricted
)

// May decides. No grant, no right: what is not granted is refused, and an unknown scope
// grants nothing. That a thing is restricted hears only who might otherwise.
func May(who Subject, right identity.Right, what Thing) Decision {
	named := false
	for _, grant := range who.Grants {
		if grant.Right != right {
			continue
		}
		named = true
		if reaches(who, grant.Scope, what) {
			if what.Restricted && right != LogRead {
				return Decision{Reason: IsRestricted}
			}
			return Decision{Allowed: true, Reason: Granted}
		}
	}
	if named {
		return Decision{Reason: OutOfReach}
	}
	return Decision{Reason: NoRight}
}

// Reach is how far a right goes over things that are a unit's or nobody's, the audit log's entries for one: over
// everything, or over what is of the units. Neither: it goes nowhere. may is May, or what stands in its place.
func Reach(may func(Subject, identity.Right, Thing) Decision, who Subject, right identity.Right) (everything bool, units []identity.UnitID) {
	if may(who, right, Thing{}).Allowed {
		return true, nil
	}
	for _, unit := range who.Units {
		if may(who, right, Thing{Unit: unit}).Allowed {
			units = append(units, unit)
		}
	}
	return false, units
}

func reaches(who Subject, scope identity.Scope, what Thing) bool {
	own := who.Person != "" && slices.Contains(what.People, who.Person)
	switch scope {
	case All:
		return true
	case Unit:
		return own || what.Unit != "" && slices.Contains(who.Units, what.Unit)
	case Own:
		return own
	}
	return false
}
