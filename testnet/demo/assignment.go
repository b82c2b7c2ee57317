package demo

import (
	"fmt"
	"math/rand/v2"
	"time"
)

const (
	assignmentCount = 300
	firstNumber     = 2001 // above every flat number, so the two are never confused

	boToday   = 2 // Bo's assignments on the day besides the one of the morning
	annaToday = 2 // Anna's
)

// together is what the one assignment of the day asks for that Bo and Anna have both.
var together = []Point{{Name: "Fukt i väggen", Unit: "%"}, {Name: "Vattnet är avstängt"}}

// assignments makes a fortnight of work around the day: one for
// every tenant with protected identity, the morning's last, and the rest for
// ordinary tenants.
// It completes the cards of the protected with the number. Nothing but Due
// depends on the day.
func assignments(rng *rand.Rand, day time.Time, users []User, records []Record) []Assignment {
	var at, ordinary []*Record
	for i := range records {
		switch r := &records[i]; {
		case r.ID == MorningRecordID:
		case r.ProtectedIdentity:
			at = append(at, r)
		default:
			ordinary = append(ordinary, r)
		}
	}
	for len(at) < assignmentCount-1 {
		at = append(at, pick(rng, ordinary))
	}
	rng.Shuffle(len(at), func(i, j int) { at[i], at[j] = at[j], at[i] })

	var all []Assignment
	bo, anna := boToday, annaToday
	for _, r := range at {
		officer := rng.IntN(8) == 0
		doing, role := repairs, roleCaretaker
		if officer {
			doing, role = visits, roleCaseOfficer
		}
		able := having(users, r.Unit, role)
		if r.ProtectedIdentity {
			// Bo meets one tenant with protected identity, and it is the morning's.
			able = without(able, BoUsername)
		}
		offset := rng.IntN(15) - 2
		var points []Point
		people := []string{pick(rng, able)}
		second := pick(rng, able)
		if rng.IntN(10) == 0 && second != people[0] {
			people = append(people, second)
		}
		if r.Unit == unitNorra && !r.ProtectedIdentity {
			switch {
			case bo > 0 && !officer:
				if bo, offset, people = bo-1, 0, []string{BoUsername}; bo == 0 {
					people, points = append(people, AnnaUsername), together
				}
			case anna > 0 && officer:
				anna, offset, people = anna-1, 0, []string{AnnaUsername}
			}
		}
		j := pick(rng, doing)
		a := Assignment{
			Points: points,
			ID:     fmt.Sprintf("U-%d", firstNumber+len(all)), Record: r.ID, Unit: r.Unit, People: people,
			Title: j.title, Area: r.Card.Area, Due: due(day, offset), Text: j.text,
		}
		if r.ProtectedIdentity {
			a.Text += " Läs den skyddade delen före besöket."
			r.Card.Title = a.ID
		}
		all = append(all, a)
	}
	return append(all, morningAssignment(day)) // the newest number
}

// due is the date offset days from the day, in the day's own location. Work
// that falls on a weekend waits for Monday, but today is always today.
func due(day time.Time, offset int) string {
	y, m, d := day.Date()
	t := time.Date(y, m, d+offset, 12, 0, 0, 0, time.UTC)
	for offset != 0 && (t.Weekday() == time.Saturday || t.Weekday() == time.Sunday) {
		t = t.AddDate(0, 0, 1)
	}
	return t.Format(time.DateOnly)
}

func without(names []string, name string) []string {
	var rest []string
	for _, n := range names {
		if n != name {
			rest = append(rest, n)
		}
	}
	return rest
}
