package access_test

import (
	"slices"
	"testing"

	"handslag/identity"
	"handslag/identity/access"
)

func TestHowFarARightGoes(t *testing.T) {
	grants := func(scopes ...identity.Scope) (all []identity.Grant) {
		for _, s := range scopes {
			all = append(all, identity.Grant{Right: access.LogRead, Scope: s})
		}
		return all
	}
	both := []identity.UnitID{"norra", "vast"}
	for _, c := range []struct {
		sentence   string
		who        access.Subject
		everything bool
		units      []identity.UnitID
	}{
		{"Eva reviews all", access.Subject{Person: "eva", Units: both, Grants: grants(access.All)}, true, nil},
		{"all is more than a unit", access.Subject{Person: "eva", Units: both, Grants: grants(access.Unit, access.All)}, true, nil},
		{"Dora reviews both of her units", access.Subject{Person: "dora", Units: both, Grants: grants(access.Unit)}, false, both},
		{"who serves nowhere reviews nothing", access.Subject{Person: "dora", Grants: grants(access.Unit)}, false, nil},
		{"a unit without an ID is none", access.Subject{Person: "dora", Units: []identity.UnitID{""}, Grants: grants(access.Unit)}, false, nil},
		{"one's own is no part of the log", access.Subject{Person: "bo", Units: both, Grants: grants(access.Own)}, false, nil},
		{"an unknown scope goes nowhere", access.Subject{Person: "bo", Units: both, Grants: grants("everything")}, false, nil},
		{"another right does not count", access.Subject{Person: "bo", Units: both, Grants: []identity.Grant{{Right: access.LogExport, Scope: access.All}}}, false, nil},
	} {
		everything, units := access.Reach(access.May, c.who, access.LogRead)
		if everything != c.everything || !slices.Equal(units, c.units) {
			t.Errorf("%s: everything %v, %v", c.sentence, everything, units)
		}
	}
}
