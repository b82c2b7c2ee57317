package gate

import (
	"context"
	"fmt"
	"iter"
	"math"
	"slices"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/identity/signed"
)

// logQuery is a page of the log, newest first by place: what its entries are, and where it begins. A page goes
// along the index of that filter which leaves least, and looks at so many entries at most: it costs the same however
// long the log has grown and whatever it is filtered by. One that has looked at as many before it was full is short, and the
// next goes on from there.
type logQuery struct {
	store.Fit
	unit  string // of those in which whoever said it served
	after int64  // only entries before this one, where the page before ended
	place int64  // only entries before this one, the look itself
	rows  int
	steps int // entries that it looks at, at most

	bounded bool      // it has nothing but what is of units
	within  []string  // those
	mine    store.Fit // of what a bounded one is filtered by, what is of those units itself: it may go along that
}

const (
	stepsMost = 1024 // entries that one page looks at
	stepsOnce = 128  // and at once
	setsMost  = 4096 // of units that one unit is in
	lanesMost = 16   // indexes that one page goes along side by side
	probed    = 512  // entries ahead, to see which filter leaves least
)

// everything is the page's bounds where there is no day.
func (q *logQuery) everything() {
	q.Since, q.Until, q.after, q.steps = 0, math.MaxInt64, math.MaxInt64, stepsMost
}

// day narrows the page to what may have happened from since until until: a day, or some.
func (q *logQuery) day(since, until int64) { q.Since, q.Until = since, until }

// logFound is what a page has: places of entries, and where the next one begins, 0 where there is none.
type logFound struct {
	places []int64
	next   int64
	cut    bool // it had looked at as many as it may
}

// read finds the page's entries.
func (q *logQuery) read(ctx context.Context, tx *store.Tx) (found logFound, err error) {
	units, along := q.within, q.Fit
	if q.unit != "" {
		units = []string{q.unit}
	}
	if q.bounded || q.unit != "" {
		if q.Units, err = unitSets(ctx, tx, units); err != nil || len(q.Units) == 0 {
			return found, err
		}
	}
	if q.bounded {
		along = q.mine
	}
	found, err = q.pass(ctx, tx, along)
	if err == nil && found.cut && q.bounded { // the entry to go on from may be one of others: it is told by none
		return q.pass(ctx, tx, store.Fit{})
	}
	return found, err
}

// pass goes along the road that leaves least of those by which the page may go, and finds its entries.
func (q *logQuery) pass(ctx context.Context, tx *store.Tx, along store.Fit) (found logFound, err error) {
	lanes, err := q.lanes(ctx, tx, along)
	if err != nil {
		return found, fmt.Errorf("read log: %w", err)
	}
	var newestFound int64
	for steps := 0; steps < q.steps; {
		passed, ok, err := newest(ctx, tx, lanes)
		switch {
		case err != nil:
			return found, fmt.Errorf("read log: %w", err)
		case !ok:
			found.next = 0
			return found, nil
		case passed.Fits && passed.ID != newestFound: // two lanes may share it
			if len(found.places) == q.rows {
				found.next = found.places[q.rows-1]
				return found, nil
			}
			newestFound, found.places = passed.ID, append(found.places, passed.ID)
		}
		found.next, steps = passed.ID, steps+passed.steps
	}
	found.cut = true
	return found, nil
}

// span is what the page has left to look at.
func (q *logQuery) span() store.Span { return store.Span{Before: min(q.after, q.place)} }

// roads are the ways along which the page could go, one for each filter, the one first that seldom leaves much.
func (q *logQuery) roads(by store.Fit) (all [][]store.Stretch) {
	along := func(value string, roads ...store.Road) {
		if value == "" {
			return
		}
		var way []store.Stretch
		for _, road := range roads {
			way = append(way, store.Stretch{Road: road, Value: value, Span: q.span()})
		}
		all = append(all, way)
	}
	along(by.Assignment, store.ByAssignment)
	along(by.Record, store.ByRecord)
	along(by.Subject, store.BySubject)
	along(by.Device, store.ByDevice, store.ByTold)
	along(by.Person, store.ByPerson)
	along(by.Kind, store.ByKind)
	if 0 < len(q.Units) && len(q.Units) <= lanesMost {
		var way []store.Stretch
		for _, set := range q.Units {
			way = append(way, store.Stretch{Road: store.ByUnits, Value: set, Span: q.span()})
		}
		all = append(all, way)
	}
	if len(all) == 0 {
		all = append(all, []store.Stretch{{Road: store.ByPlace, Span: q.span()}})
	}
	return all
}

// lanes is the road that leaves least. Of a day it is the piece of it on which the day came, and beside it what came later.
// A road that has little ahead is gone along as it is.
func (q *logQuery) lanes(ctx context.Context, tx *store.Tx, by store.Fit) (all []lane, err error) {
	roads := q.roads(by)
	if q.Until == math.MaxInt64 {
		road, err := narrowest(ctx, tx, roads)
		return along(road, q.Fit), err
	}
	day, later, err := tx.Between(ctx, q.Since, q.Until)
	if err != nil {
		return nil, err
	}
	for _, road := range roads {
		if road[0].Road == store.ByPlace {
			break
		}
		if _, more, err := furthest(ctx, tx, road); err != nil || !more {
			return along(road, q.Fit), err
		}
	}
	for _, road := range roads {
		for i := range road {
			road[i].From, road[i].Before = max(road[i].From, day.From), min(road[i].Before, day.Before)
		}
	}
	road, err := narrowest(ctx, tx, roads)
	if err != nil {
		return nil, err
	}
	all = along(road, q.Fit)
	if !later {
		return all, nil
	}
	late := &lateLane{fit: q.Fit, road: slices.Clone(road), span: store.LateSpan{Day: (q.Until - 1) / dayLong, Until: q.Until, Person: by.Person, Span: q.span()}}
	for i := range late.road {
		late.road[i].Span = q.span()
	}
	if late.span.Person == "" && by.Device != "" {
		owners, err := tx.Owners(ctx, []string{by.Device})
		if err != nil {
			return nil, err
		}
		late.span.Person = owners[by.Device].User
	}
	return append(all, late), nil
}

// along has a lane for each stretch of a road.
func along(road []store.Stretch, fit store.Fit) (all []lane) {
	for _, s := range road {
		all = append(all, &roadLane{s: s, fit: fit})
	}
	return all
}

// narrowest is the road whose entries lie furthest apart from where the page begins.
func narrowest(ctx context.Context, tx *store.Tx, roads [][]store.Stretch) ([]store.Stretch, error) {
	best, least := roads[0], int64(math.MaxInt64)
	if len(roads) == 1 {
		return best, nil
	}
	for _, road := range roads {
		reached, more, err := furthest(ctx, tx, road)
		if err != nil {
			return nil, err
		}
		if !more {
			return road, nil // and few they are
		}
		if reached < least {
			best, least = road, reached
		}
	}
	return best, nil
}

// furthest is how far a few hundred entries of a road reach; false where it has not so many.
func furthest(ctx context.Context, tx *store.Tx, road []store.Stretch) (nearest int64, more bool, err error) {
	for _, s := range road {
		place, some, err := tx.Reach(ctx, s, probed/len(road))
		if err != nil {
			return 0, false, err
		}
		if some {
			nearest, more = max(nearest, place), true
		}
	}
	return nearest, more, nil
}

const dayLong = 24 * 60 * 60 * 1_000_000 // µs

// The log is found under each day that an entry may have happened on, for so many before it came.
const lateDays = 366

// late notes under which days a batch's entries are to be found beside the one that they came on. What
// came within a quarter of an hour of the server's last word before it can hardly be of
// another day; where days begin then is the zone's business, and no zone is finer than that.
func late(ctx context.Context, tx *store.Tx, person identity.PersonID, oldest, received signed.Time, first, last int64) error {
	if !isLate(oldest, received) {
		return nil
	}
	for day := range lateUnder(oldest, received) {
		err := tx.AddLate(ctx, sqlc.AddLateParams{Day: day, ReceivedAt: int64(received), Last: last, First: first, PersonID: string(person)})
		if err != nil {
			return fmt.Errorf("note what came late: %w", err)
		}
	}
	return nil
}

// isLate reports whether what came may be of another day than it came on.
func isLate(oldest, received signed.Time) bool {
	const quarter = dayLong / 96
	return int64(oldest)/quarter != int64(received)/quarter
}

// lateUnder are the days, in UTC since 1970, under which it is found.
func lateUnder(oldest, received signed.Time) iter.Seq[int64] {
	return func(yield func(int64) bool) {
		today := int64(received) / dayLong
		for day := max(int64(oldest)/dayLong, today-lateDays); day <= today && yield(day); day++ {
		}
	}
}
