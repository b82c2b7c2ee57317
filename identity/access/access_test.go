package access_test

import (
	"testing"

	"handslag/identity"
	"handslag/identity/access"
)

func TestWhoMayDoWhat(t *testing.T) {
	grant := func(right identity.Right, scope identity.Scope) []identity.Grant {
		return []identity.Grant{{Right: right, Scope: scope}}
	}
	inNorra := []identity.UnitID{"norra"}
	for _, c := range []struct {
		sentence string
		who      access.Subject
		right    identity.Right
		what     access.Thing
		want     access.Reason
	}{
		{"Bo reads a record that names him",
			access.Subject{Person: "bo", Grants: grant(access.RecordRead, access.Own)}, access.RecordRead, access.Thing{People: []identity.PersonID{"bo"}}, access.Granted},
		{"Bo does not read a record that names Anna",
			access.Subject{Person: "bo", Grants: grant(access.RecordRead, access.Own)}, access.RecordRead, access.Thing{People: []identity.PersonID{"anna"}}, access.OutOfReach},
		{"Bo does not hand over with a right to read",
			access.Subject{Person: "bo", Grants: grant(access.RecordRead, access.All)}, access.RecordShare, access.Thing{People: []identity.PersonID{"bo"}}, access.NoRight},
		{"Anna reads what her unit has",
			access.Subject{Person: "anna", Units: inNorra, Grants: grant(access.RecordRead, access.Unit)}, access.RecordRead, access.Thing{Unit: "norra"}, access.Granted},
		{"Anna reads what another unit has when it names her",
			access.Subject{Person: "anna", Units: inNorra, Grants: grant(access.RecordRead, access.Unit)}, access.RecordRead, access.Thing{Unit: "sodra", People: []identity.PersonID{"anna"}}, access.Granted},
		{"Anna does not read what another unit has",
			access.Subject{Person: "anna", Units: inNorra, Grants: grant(access.RecordRead, access.Unit)}, access.RecordRead, access.Thing{Unit: "sodra"}, access.OutOfReach},
		{"no unit is nobody's unit",
			access.Subject{Person: "anna", Units: []identity.UnitID{""}, Grants: grant(access.RecordRead, access.Unit)}, access.RecordRead, access.Thing{}, access.OutOfReach},
		{"nobody is not somebody",
			access.Subject{Grants: grant(access.RecordRead, access.Own)}, access.RecordRead, access.Thing{People: []identity.PersonID{""}}, access.OutOfReach},
		{"a reviewer reads the log",
			access.Subject{Person: "eva", Grants: grant(access.LogRead, access.All)}, access.LogRead, access.Thing{}, access.Granted},
		{"the log of one's own unit is not the log",
			access.Subject{Person: "eva", Units: inNorra, Grants: grant(access.LogRead, access.Unit)}, access.LogRead, access.Thing{}, access.OutOfReach},
		{"nobody opens what is restricted",
			access.Subject{Person: "anna", Grants: grant(access.RecordRead, access.All)}, access.RecordRead, access.Thing{Restricted: true}, access.IsRestricted},
		{"of whom a restricted record is none of, hears nothing of that",
			access.Subject{Person: "bo", Grants: grant(access.RecordRead, access.Own)}, access.RecordRead, access.Thing{Restricted: true}, access.OutOfReach},
		{"an unknown scope grants nothing",
			access.Subject{Person: "bo", Grants: grant(access.RecordRead, "everything")}, access.RecordRead, access.Thing{People: []identity.PersonID{"bo"}}, access.OutOfReach},
		{"without grants there is nothing",
			access.Subject{Person: "bo"}, access.RecordRead, access.Thing{People: []identity.PersonID{"bo"}}, access.NoRight},
	} {
		got := access.May(c.who, c.right, c.what)
		if got.Reason != c.want || got.Allowed != (c.want == access.Granted) {
			t.Errorf("%s: %+v", c.sentence, got)
		}
	}
}

// What a device asks of a colleague's credential is what the connected system asks of its rows.
func TestACredentialSpeaksForItsPersonUnitsAndGrants(t *testing.T) {
	c := identity.Credential{
		Person: identity.Person{ID: "bo"}, Units: []identity.Unit{{ID: "norra", Name: "Norra"}, {ID: "vast", Name: "Väst"}},
		Roles:  []string{"administrator"}, // a role is a name; its grants stand beside it
		Grants: []identity.Grant{{Right: access.RecordReceive, Scope: access.Unit}},
	}
	for _, s := range []struct {
		sentence string
		right    identity.Right
		what     access.Thing
		want     access.Reason
	}{
		{"Bo is handed what his second unit has", access.RecordReceive, access.Thing{Unit: "vast"}, access.Granted},
		{"Bo is handed what names him", access.RecordReceive, access.Thing{Unit: "sodra", People: []identity.PersonID{"bo"}}, access.Granted},
		{"Bo is not handed what another unit has", access.RecordReceive, access.Thing{Unit: "sodra"}, access.OutOfReach},
		{"a unit's name is not its ID", access.RecordReceive, access.Thing{Unit: "Norra"}, access.OutOfReach},
		{"the name of a role grants nothing", access.RecordShare, access.Thing{Unit: "norra"}, access.NoRight},
	} {
		if got := access.May(access.SubjectOf(c), s.right, s.what); got.Reason != s.want {
			t.Errorf("%s: %+v", s.sentence, got)
		}
	}
}
