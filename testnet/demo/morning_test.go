package demo

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"
)

// may says what the roles of a user allow, as identity/access would on the
// facts of this organisation.
func may(o Org, u User, right string, own bool, unit string) bool {
	for _, role := range o.Roles {
		if !slices.Contains(u.Roles, role.ID) {
			continue
		}
		for _, g := range role.Grants {
			if g.Right == right && (g.Scope == ScopeAll || g.Scope == ScopeUnit && unit == u.Unit || g.Scope == ScopeOwn && own) {
				return true
			}
		}
	}
	return false
}

func TestTheMorningIsNecessary(t *testing.T) {
	eachSeed(t, func(t *testing.T, o Org) {
		i := slices.IndexFunc(o.Records, func(r Record) bool { return r.ID == MorningRecordID })
		j := slices.IndexFunc(o.Assignments, func(a Assignment) bool { return a.ID == MorningAssignmentID })
		a := slices.IndexFunc(o.Users, func(u User) bool { return u.Username == AnnaUsername })
		b := slices.IndexFunc(o.Users, func(u User) bool { return u.Username == BoUsername })
		if i < 0 || j < 0 || a < 0 || b < 0 {
			t.Fatalf("record at %d, assignment at %d, Anna at %d, Bo at %d", i, j, a, b)
		}
		record, assignment, anna, bo := o.Records[i], o.Assignments[j], o.Users[a], o.Users[b]
		bosOwn := slices.Contains(record.People, bo.Username) ||
			assignment.Record == record.ID && slices.Contains(assignment.People, bo.Username)
		for sentence, holds := range map[string]bool{
			"the tenant has protected identity":    record.ProtectedIdentity,
			"the record lists only Anna":           slices.Equal(record.People, []string{anna.Username}),
			"only Anna holds the record":           slices.Equal(record.HeldBy, []string{anna.Username}),
			"the assignment needs the record":      assignment.Record == record.ID,
			"the assignment is Bo's alone":         slices.Equal(assignment.People, []string{bo.Username}),
			"it is due today":                      assignment.Due == "2026-11-23",
			"Anna and Bo are of the record's unit": anna.Unit == record.Unit && bo.Unit == record.Unit,
			"Anna may share the record":            may(o, anna, RightRecordShare, true, record.Unit),
			"Bo may receive it":                    may(o, bo, RightRecordReceive, false, record.Unit),
			"Bo may read it, by his assignment":    may(o, bo, RightRecordRead, bosOwn, record.Unit),
			"Bo may not read it without one":       !may(o, bo, RightRecordRead, false, record.Unit),
			"Bo may work on the assignment":        may(o, bo, RightAssignmentWork, bosOwn, assignment.Unit),
			"Anna may read the log":                may(o, anna, RightLogRead, false, ""),
			"Bo may not read the log":              !may(o, bo, RightLogRead, true, bo.Unit),
		} {
			if !holds {
				t.Errorf("it does not hold that %s", sentence)
			}
		}
		today := map[string]int{}
		for _, x := range o.Assignments {
			for _, who := range x.People {
				if x.Due == assignment.Due {
					today[who]++
				}
			}
			k := slices.IndexFunc(o.Records, func(r Record) bool { return r.ID == x.Record })
			if slices.Contains(x.People, bo.Username) && o.Records[k].ProtectedIdentity && x.ID != assignment.ID {
				t.Errorf("assignment %s sends Bo to another protected identity", x.ID)
			}
		}
		if today[bo.Username] <= boToday || today[anna.Username] < annaToday {
			t.Errorf("today Bo has %d assignments and Anna %d", today[bo.Username], today[anna.Username])
		}
		for _, r := range o.Records {
			if r.HeldBy != nil && r.ID != MorningRecordID {
				t.Errorf("record %s is held by %v: the morning's is the only exception", r.ID, r.HeldBy)
			}
		}
	})
}

func TestWorkWaitsForMonday(t *testing.T) {
	for _, c := range []struct {
		day    string
		offset int
		want   string
	}{
		{"2026-11-23", 0, "2026-11-23"},
		{"2026-11-23", 4, "2026-11-27"},
		{"2026-11-23", 5, "2026-11-30"},
		{"2026-11-23", -1, "2026-11-23"},
		{"2026-11-21", 0, "2026-11-21"}, // a Saturday is still today
		{"2026-12-31", 1, "2027-01-01"},
		{"2028-02-28", 1, "2028-02-29"},
	} {
		d, err := time.Parse(time.DateOnly, c.day)
		if err != nil {
			t.Fatal(err)
		}
		if got := due(d, c.offset); got != c.want {
			t.Errorf("%s and %d days: due %s, want %s", c.day, c.offset, got, c.want)
		}
	}
}

func Example() {
	o := Organisation(DefaultSeed, time.Date(2026, time.November, 23, 0, 0, 0, 0, time.UTC))
	sample := Org{
		Units: o.Units[:1], Roles: o.Roles[:1], Users: o.Users[:3], Assignments: []Assignment{o.Assignments[1], o.Assignments[len(o.Assignments)-1]},
	}
	for _, r := range o.Records {
		if r.ID == MorningRecordID || r.ID == o.Assignments[1].Record {
			sample.Records = append(sample.Records, r)
		}
	}
	if err := sample.WriteJSONL(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// {"type":"unit","id":"norra","name":"Norra"}
	// {"type":"role","id":"caretaker","name":"Fastighetsskötare","grants":[{"right":"record.read","scope":"own"},{"right":"record.share","scope":"own"},{"right":"record.receive","scope":"unit"},{"right":"assignment.work","scope":"own"},{"right":"attachment.add","scope":"own"}]}
	// {"type":"user","username":"anna.lind","first":"Anna","last":"Lind","unit":"norra","roles":["case_officer","reviewer"]}
	// {"type":"user","username":"bo.ek","first":"Bo","last":"Ek","unit":"norra","roles":["caretaker"]}
	// {"type":"user","username":"peter.fagergarde","first":"Peter","last":"Fagergärde","unit":"norra","roles":["manager"]}
	// {"type":"record","id":"r-7m2q9d4xkv","kind":"person","subject":"s-rkx2j64zkdc6","unit":"norra","people":["anna.lind"],"held_by":["anna.lind"],"protected_identity":true,"card":{"title":"U-2300","area":"Sparvhagen"},"protected":{"name":"Maja Vintergrind","birth_year":1989,"street":"Lyktvårdarvägen 14 B","flat":"1302","town":"Lindbrunna","phone":"070-174 06 41","household":"1 vuxen, 1 barn","contact":"Kvinnojouren i Lindbrunna, 08-465 004 50","note":"Hotbild: tidigare partner som söker efter adressen. Ring på med tre korta signaler och visa legitimation genom brevinkastet. Säg inte namnet i trapphuset. Sonen är rädd för hundar. Huvudkranen sitter bakom luckan i städskåpet."}}
	// {"type":"record","id":"r-zc5v7b3g6f","kind":"person","subject":"s-712sbm6943sj","unit":"norra","people":["malin.aspgrind"],"protected_identity":false,"card":{"title":"Maj Ripsele","street":"Vantstickargränd 14 B","area":"Tornängen","tags":["ingen hiss","portkod"]},"protected":{"name":"Maj Ripsele","birth_year":1977,"street":"Vantstickargränd 14 B","flat":"1201","town":"Lindbrunna","phone":"0980-319 253","household":"1 vuxen","contact":"Petra Ärtmosse (anhörig), 070-174 06 64"}}
	// {"type":"assignment","id":"U-2002","record":"r-zc5v7b3g6f","unit":"norra","people":["bo.ek"],"title":"Fuktfläck i taket","area":"Tornängen","due":"2026-11-23","text":"Fotografera fläcken, mät fukten och kontrollera våningen ovanför."}
	// {"type":"assignment","id":"U-2300","record":"r-7m2q9d4xkv","unit":"norra","people":["bo.ek"],"title":"Vattenläcka under diskbänken","area":"Sparvhagen","due":"2026-11-23","text":"Stäng av vattnet, byt slangen och kontrollera i källaren under. Läs den skyddade delen före besöket."}
}
