package demo

import (
	"fmt"
	"math/rand/v2"
)

// renting says how many tenants a unit looks after, and how many of them have
// protected identity: 600 and 25 in all.
var renting = []struct {
	unit               string
	tenants, protected int
}{
	{unitNorra, 220, 10},
	{unitSodra, 200, 8},
	{unitCentrum, 180, 7},
}

// registry makes records. It draws ids from the seed, each once.
type registry struct {
	rng    *rand.Rand
	names  *nameBook
	phones *phoneBook
	ids    map[string]bool
}

// id draws an opaque id. It has no vowels, so that none spells a word, and
// nothing of the person in it.
func (g *registry) id(prefix string, length int) string {
	const letters = "0123456789bcdfghjkmnpqrstvwxz"
	for {
		b := []byte(prefix)
		for range length {
			b = append(b, letters[g.rng.IntN(len(letters))])
		}
		if id := string(b); !g.ids[id] {
			g.ids[id] = true
			return id
		}
	}
}

// tenants makes all records, the one of the morning among them. The cards of
// people with protected identity still lack their title, which is an
// assignment's number.
func (g *registry) tenants(users []User) []Record {
	var private []string
	for _, r := range renting {
		for range r.protected {
			private = append(private, g.phones.keep())
		}
	}
	var all []Record
	for _, r := range renting {
		officers := having(users, r.unit, roleCaseOfficer)
		caretakers := having(users, r.unit, roleCaretaker)
		free := homes(g.rng, r.unit)
		for i := range r.tenants {
			var rec Record
			var at home
			at, free = free[0], free[1:]
			for at.street == morningStreet && at.flat == morningFlat {
				at, free = free[0], free[1:]
			}
			switch {
			case i >= r.protected:
				rec = g.ordinary(at)
				rec.People = []string{pick(g.rng, officers)}
				if g.rng.IntN(4) == 0 {
					rec.People = append(rec.People, pick(g.rng, caretakers))
				}
			case r.unit == unitNorra && i == 0:
				rec = morningRecord(g.id("s-", 12), private[0])
				private = private[1:]
			default:
				rec = g.hidden(at, private[0])
				rec.People = []string{pick(g.rng, officers)}
				private = private[1:]
			}
			rec.Kind, rec.Unit = KindPerson, r.unit
			all = append(all, rec)
		}
	}
	g.rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// ordinary makes a tenant whose name and street may stand on the card.
func (g *registry) ordinary(at home) Record {
	p := g.person(at, g.phones.take())
	if g.rng.IntN(5) > 0 {
		p.Contact = fmt.Sprintf("%s %s (%s), %s", pick(g.rng, firstNames), g.names.family(), pick(g.rng, kin), g.phones.take())
	}
	if g.rng.IntN(10) < 7 {
		p.Note = pick(g.rng, notes)
	}
	return Record{
		ID: g.id("r-", 10), Subject: g.id("s-", 12),
		Card:      Card{Title: p.Name, Street: p.Street, Area: at.area, Tags: at.tags},
		Protected: p,
	}
}

// hidden makes a tenant with protected identity. Even the tags of the house
// stay off the card: with the area they could point at an entrance.
func (g *registry) hidden(at home, phone string) Record {
	p := g.person(at, phone)
	p.Contact = fmt.Sprintf("%s, %s", pick(g.rng, offices), g.phones.take())
	p.Note = pick(g.rng, threats)
	return Record{
		ID: g.id("r-", 10), Subject: g.id("s-", 12),
		ProtectedIdentity: true,
		Card:              Card{Area: at.area},
		Protected:         p,
	}
}

func (g *registry) person(at home, phone string) Protected {
	first, last := g.names.take()
	return Protected{
		Name:      first + " " + last,
		BirthYear: 1934 + g.rng.IntN(72),
		Street:    at.street,
		Flat:      at.flat,
		Town:      Town,
		Phone:     phone,
		Household: pick(g.rng, households),
	}
}
