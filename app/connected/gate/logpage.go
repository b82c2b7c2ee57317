package gate

import (
	"context"
	"fmt"
	"math"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/identity/signed"
)

// logQuery is a page of the log, newest first by time of receipt and place: what its entries are, and where
// it begins. A page goes along the index of that filter which leaves least, and looks at so many entries at
// most: it costs the same however long the log has grown and whatever it is filtered by. One that has
// looked at as many before it was full is short, and the next goes on from there.
type logQuery struct {
	store.Fit
	unit   string // of those in which whoever said it served
	since  int64  // µs: received from then on
	at, id int64  // only entries before this time of receipt and place
	place  int64  // only entries before this one, the look itself
	rows   int
	steps  int // entries that it looks at, at most

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
	q.since, q.Until, q.at, q.id, q.steps = 0, math.MaxInt64, math.MaxInt64, 0, stepsMost
}

// day narrows the page to what may have happened from since until until: a day, or some.
func (q *logQuery) day(since, until int64) { q.since, q.Until = since, until }

// after begins where a page ended whose last entry this was.
func (q *logQuery) after(ctx context.Context, tx *store.Tx, place int64) error {
	at, err := tx.EntryAt(ctx, place)
	if err != nil {
		return err
	}
	q.at, q.id = at, place
	return nil
}

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
	last := store.Passed{ID: -1}
	for steps := 0; steps < q.steps; steps++ {
		passed, ok, err := newest(ctx, tx, lanes)
		switch {
		case err != nil:
			return found, fmt.Errorf("read log: %w", err)
		case !ok:
			return found, nil
		case passed.Fits && passed.ID != last.ID: // two lanes may share it
			if len(found.places) == q.rows {
				found.next = found.places[q.rows-1]
				return found, nil
			}
			found.places = append(found.places, passed.ID)
		}
		last = passed
	}
	found.next, found.cut = last.ID, true
	return found, nil
}

// span is what the page has left to look at.
func (q *logQuery) span() store.Span {
	return store.Span{Since: q.since, At: q.at, ID: q.id, Place: q.place}
}

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
		all = append(all, []store.Stretch{{Road: store.ByReceipt, Span: q.span()}})
	}
	return all
}

// lanes is the road that leaves least, and what came later than the day beside it.
func (q *logQuery) lanes(ctx context.Context, tx *store.Tx, by store.Fit) (all []lane, err error) {
	road, err := narrowest(ctx, tx, q.roads(by))
	if err != nil {
		return nil, err
	}
	if q.Until != math.MaxInt64 && q.at > q.Until {
		if road, all, err = q.splitByDay(ctx, tx, road, by); err != nil {
			return nil, err
		}
	}
	for _, s := range road {
		all = append(all, &roadLane{s: s, fit: q.Fit})
	}
	return all, nil
}

// splitByDay leaves of the road what came until the day's end, and has a lane for what came later. Where the road
// holds little that came later, it is looked through as it is.
func (q *logQuery) splitByDay(ctx context.Context, tx *store.Tx, road []store.Stretch, by store.Fit) ([]store.Stretch, []lane, error) {
	few := true
	for _, s := range road {
		s.Since = q.Until
		_, more, err := tx.Reach(ctx, s, probed)
		if err != nil {
			return nil, nil, err
		}
		few = few && !more
	}
	if few {
		return road, nil, nil
	}
	person := by.Person
	if person == "" && by.Device != "" {
		owners, err := tx.Owners(ctx, []string{by.Device})
		if err != nil {
			return nil, nil, err
		}
		person = owners[by.Device].User
	}
	later := &lateLane{fit: q.Fit, span: q.span(), since: q.since, person: person}
	later.span.Since = q.Until
	for i := range road {
		road[i].At, road[i].ID = q.Until, 0
	}
	return road, []lane{later}, nil
}

// narrowest is the road whose entries lie furthest apart from where the page begins.
func narrowest(ctx context.Context, tx *store.Tx, roads [][]store.Stretch) ([]store.Stretch, error) {
	best, furthest := roads[0], int64(math.MaxInt64)
	if len(roads) == 1 {
		return best, nil
	}
	for _, road := range roads {
		nearest := int64(-1)
		for _, s := range road {
			at, more, err := tx.Reach(ctx, s, probed/len(road))
			if err != nil {
				return nil, err
			}
			if more {
				nearest = max(nearest, at)
			}
		}
		if nearest < 0 {
			return road, nil // and few they are
		}
		if nearest < furthest {
			best, furthest = road, nearest
		}
	}
	return best, nil
}

const dayLong = 24 * 60 * 60 * 1_000_000 // µs

// The log is found under each day that an entry may have happened on, for so many before it came.
const lateDays = 366

// late notes under which days a batch's entries are to be found beside the one that they came on. What
// came within a quarter of an hour of the server's last word before it can hardly be of
// another day; where days begin then is the zone's business, and no zone is finer than that.
func late(ctx context.Context, tx *store.Tx, person identity.PersonID, oldest, received signed.Time, first, last int64) error {
	const quarter = dayLong / 96
	if int64(oldest)/quarter == int64(received)/quarter {
		return nil
	}
	today := int64(received) / dayLong
	for day := max(int64(oldest)/dayLong, today-lateDays); day <= today; day++ {
		err := tx.AddLate(ctx, sqlc.AddLateParams{Day: day, ReceivedAt: int64(received), Last: last, First: first, PersonID: string(person)})
		if err != nil {
			return fmt.Errorf("note what came late: %w", err)
		}
	}
	return nil
}
