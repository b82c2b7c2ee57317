package gate

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strings"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/identity/access"
)

// reach is how far who reviews may see: everything, or what is of some units. As it is made it sees nothing.
//
// An entry is of those units in which whoever said it served then, as the log's filter by unit has it. A record and an
// assignment are of their unit, a finding is of those in which the person of its device serves now. What lies beyond
// answers as what is not there.
type reach struct {
	everything bool
	units      []string
	people     map[string]bool // of those who were asked for, whether they serve in the units
}

// reaches judges how far the caller's right goes, now.
func (c *Call) reaches() error {
	right := c.route.Right.name
	everything, units := access.Reach(c.g.config.Decide, c.who, right)
	if !everything && len(units) == 0 {
		return c.judge(c.g.config.Decide(c.who, right, access.Thing{}))
	}
	c.reach = reach{everything: everything, people: map[string]bool{}}
	for _, unit := range units {
		c.reach.units = append(c.reach.units, string(unit))
	}
	return nil
}

// unit reports whether what is of the unit is within reach.
func (r reach) unit(id string) bool { return r.everything || id != "" && slices.Contains(r.units, id) }

// bound keeps a page of the log within reach. It goes along the units' entries, or along those of what lies within reach
// and is filtered by: what it passes, and how long that takes, tells little of what lies beyond.
func (r reach) bound(ctx context.Context, tx *store.Tx, q *logQuery) (err error) {
	if r.everything {
		return nil
	}
	q.bounded = true
	switch {
	case q.unit == "":
		q.within = r.units
	case r.unit(q.unit):
		q.within = []string{q.unit}
	}
	q.unit = ""
	within := func(id string, is func(context.Context, *store.Tx, string) (bool, error)) string {
		if id == "" || err != nil {
			return ""
		}
		var ok bool
		if ok, err = is(ctx, tx, id); !ok {
			return ""
		}
		return id
	}
	q.mine = store.Fit{Subject: within(q.Subject, r.subject), Record: within(q.Record, r.record), Assignment: within(q.Assignment, r.assignment),
		Person: within(q.Person, r.person), Device: within(q.Device, r.device)}
	return err
}

// unitSets are the sets of units that entries name and of which one is among the units.
func unitSets(ctx context.Context, tx *store.Tx, units []string) ([]int64, error) {
	var all []int64
	for _, unit := range units {
		sets, err := tx.UnitSets(ctx, sqlc.UnitSetsParams{UnitID: unit, Rows: setsMost})
		if err != nil {
			return nil, err
		}
		all = append(all, sets...)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// entries are those within reach.
func (r reach) entries(ctx context.Context, tx *store.Tx, rows []sqlc.Entry) (seen []sqlc.Entry, err error) {
	if r.everything {
		return rows, nil
	}
	sets, err := unitSets(ctx, tx, r.units)
	if err != nil {
		return nil, err
	}
	for _, e := range rows {
		if _, ok := slices.BinarySearch(sets, e.UnitSet); ok {
			seen = append(seen, e)
		}
	}
	return seen, nil
}

// person reports whether what is found about somebody is within reach: they serve in one of the units now.
func (r reach) person(ctx context.Context, tx *store.Tx, user string) (bool, error) {
	if r.everything || user == "" {
		return r.everything, nil
	}
	if serves, known := r.people[user]; known {
		return serves, nil
	}
	units, err := tx.UnitsOfUser(ctx, user)
	if err != nil {
		return false, err
	}
	r.people[user] = slices.ContainsFunc(units, func(u sqlc.Unit) bool { return r.unit(u.ID) })
	return r.people[user], nil
}

// device reports person of whose device it is.
func (r reach) device(ctx context.Context, tx *store.Tx, id string) (bool, error) {
	if r.everything {
		return true, nil
	}
	owners, err := tx.Owners(ctx, []string{id})
	if err != nil {
		return false, err
	}
	return r.person(ctx, tx, owners[id].User)
}

// record reports whether a record is within reach; one that is not there lies beyond.
func (r reach) record(ctx context.Context, tx *store.Tx, id string) (bool, error) {
	if r.everything {
		return true, nil
	}
	row, err := tx.Record(ctx, id)
	return r.there(row.UnitID, err)
}

// subject reports record of the first record about a subject.
func (r reach) subject(ctx context.Context, tx *store.Tx, id string) (bool, error) {
	if r.everything {
		return true, nil
	}
	row, err := tx.RecordBySubject(ctx, id)
	return r.there(row.UnitID, err)
}

// assignment reports whether an assignment is within reach, as record does.
func (r reach) assignment(ctx context.Context, tx *store.Tx, id string) (bool, error) {
	if r.everything {
		return true, nil
	}
	row, err := tx.Assignment(ctx, id)
	return r.there(row.UnitID, err)
}

func (r reach) there(unit string, err error) (bool, error) {
	if store.Missing(err) {
		return false, nil
	}
	return err == nil && r.unit(unit), err
}

// named are the units that bound it, for people to read.
func (r reach) named(ctx context.Context, tx *store.Tx) (units []identity.Unit, err error) {
	for _, id := range r.units {
		u, err := tx.Unit(ctx, id)
		if err != nil && !store.Missing(err) {
			return nil, err
		}
		units = append(units, identity.Unit{ID: identity.UnitID(id), Name: cmp.Or(u.Name, id)})
	}
	return units, nil
}

// noted is what the look's entry says of a filter: what was asked for, and within which units where that is not everything.
func (r reach) noted(filter url.Values) string {
	if !r.everything {
		filter.Set("within", strings.Join(r.units, ","))
	}
	return cmp.Or(filter.Encode(), "all")
}
