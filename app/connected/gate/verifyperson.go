package gate

import (
	"context"
	"fmt"
	"slices"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/identity/signed"
)

// What a reviewer finds entries by is not all signed with them: whose device it is and where that person served say the
// credentials, under which days entries are found says when they came. Who edits that hides entries from who asks by it.

// whose is what credentials say of all entries of a journal.
type whose struct {
	system bool
	person string
	sets   []int64 // of units in which the person has served
}

// whoseJournal reads it.
func (g *Gate) whoseJournal(ctx context.Context, tx *store.Tx, device string, key signed.Key) (whose, error) {
	if g.signsLog(key) {
		return whose{system: true}, nil
	}
	rows, err := tx.CredentialsOf(ctx, device)
	if err != nil {
		return whose{}, fmt.Errorf("read credentials: %w", err)
	}
	var says whose
	for _, body := range rows {
		c, err := identity.OpenCredential(body, g.org, g.keys().Parsed.Issuing)
		if err != nil || string(c.Device()) != device {
			continue
		}
		var units []string
		for _, u := range c.Units {
			units = append(units, string(u.ID))
		}
		says.person, says.sets = string(c.Person.ID), append(says.sets, store.UnitSetNumber(units))
	}
	return says, nil
}

// fits reports whether the row says the same. Which credential was in force where a device named one that was not here, nobody
// can say any more: any of its own will do.
func (w whose) fits(r sqlc.Entry, sound map[int64]bool) bool {
	if r.UnitSet != 0 && !sound[r.UnitSet] {
		return false
	}
	if w.system {
		return r.IsSystem == 1
	}
	return r.IsSystem == 0 && r.PersonID == w.person && slices.Contains(w.sets, r.UnitSet)
}

// readUnitSets reads which sets of units are there and whole: a set's number is made of its units.
func (v *Verification) readUnitSets(ctx context.Context, tx *store.Tx) error {
	rows, err := tx.AllUnitSets(ctx)
	if err != nil {
		return fmt.Errorf("read units: %w", err)
	}
	sets := map[int64][]string{}
	for _, r := range rows {
		sets[r.ID] = append(sets[r.ID], r.UnitID)
	}
	v.unitSets = map[int64]bool{}
	for id, units := range sets {
		if v.unitSets[id] = store.UnitSetNumber(units) == id; !v.unitSets[id] {
			v.problem("the units %v are no set of number %d", units, id)
		}
	}
	return nil
}

// lateness is, by day, the newest batch of those that are found under it though they came later.
type lateness map[int64]sqlc.Late

// verify sees an entry that somebody who asks for a day on which it may have happened does not find.
func (l lateness) verify(ctx context.Context, tx *store.Tx, v *Verification, r sqlc.Entry) error {
	if r.IsSystem == 1 || !isLate(signed.Time(r.NotBefore), signed.Time(r.ReceivedAt)) {
		return nil
	}
	for day := range lateUnder(signed.Time(r.NotBefore), signed.Time(r.ReceivedAt)) {
		one := l[day]
		if one.ReceivedAt != r.ReceivedAt || one.Last < r.ID {
			rows, err := tx.LateAt(ctx, sqlc.LateAtParams{Day: day, Place: r.ID})
			if err != nil {
				return fmt.Errorf("read what came late: %w", err)
			}
			if one = (sqlc.Late{}); len(rows) > 0 {
				one = rows[0]
			}
			l[day] = one
		}
		if one.ReceivedAt != r.ReceivedAt || one.First > r.ID || one.PersonID != r.PersonID {
			v.problem("log %d: it is not found under a day on which it may have happened", r.ID)
			return nil
		}
	}
	return nil
}

// hourly is between which places the entries stand that came in an hour, by hour.
type hourly map[int64]sqlc.Hour

// note takes in the next entry of the log.
func (h hourly) note(r sqlc.Entry) {
	hour := r.ReceivedAt / store.HourLong
	span, ok := h[hour]
	if !ok {
		span = sqlc.Hour{Hour: hour, First: r.ID}
	}
	span.Last = r.ID
	h[hour] = span
}

// verify sees an hour whose entries somebody who asks for its day does not find, or not all.
func (h hourly) verify(ctx context.Context, tx *store.Tx, v *Verification) error {
	kept, err := tx.AllHours(ctx)
	if err != nil {
		return fmt.Errorf("read hours: %w", err)
	}
	for _, k := range kept {
		if made, ok := h[k.Hour]; !ok || made != k {
			v.problem("log %d to %d: not the entries that came in hour %d, which are %d to %d", k.First, k.Last, k.Hour, made.First, made.Last)
		}
		delete(h, k.Hour)
	}
	for hour, made := range h {
		v.problem("log %d to %d: they came in hour %d, and are not found under its day", made.First, made.Last, hour)
	}
	return nil
}
