package demo

import (
	"math/rand/v2"
	"time"
)

// stream tells this generator's draws from any other's with the same seed.
const stream = 0x6c696e64656e // "linden"

// Organisation invents Bostads AB Linden: 4 units, 40 staff, 600 tenants (25
// with protected identity), 300 assignments due around the day. The same seed
// and the same calendar date of day give the same bytes; with another day only
// the dates that assignments are due differ, so that a later run on the same
// seed is about the same people.
func Organisation(seed uint64, day time.Time) Org {
	rng := rand.New(rand.NewPCG(seed, stream))
	names := newNameBook(rng)
	names.keep(morningFirst, morningLast)

	users := staff(names)
	g := &registry{
		rng: rng, names: names, phones: newPhoneBook(rng),
		ids: map[string]bool{MorningRecordID: true},
	}
	records := g.tenants(users)
	return Org{
		Units:       units(),
		Roles:       roles(),
		Users:       users,
		Assignments: assignments(rng, day, users, records), // completes the protected cards
		Records:     records,
	}
}
