package gate

import (
	"cmp"
	"context"
	"slices"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
)

// lane yields entries of the log on a page's way, newest first, those too that do not fit.
type lane interface {
	// head is the newest that has not been taken; false where there is none left.
	head(ctx context.Context, tx *store.Tx) (passed, bool, error)
	take()
}

// passed is an entry on the way, or a place up to which there is none, and how many steps it took to come there.
type passed struct {
	store.Passed
	steps int
}

// newest takes the newest entry off the lanes. What fits comes before what is passed at the same place.
func newest(ctx context.Context, tx *store.Tx, lanes []lane) (best passed, found bool, err error) {
	var first lane
	for _, l := range lanes {
		p, ok, err := l.head(ctx, tx)
		if err != nil {
			return p, false, err
		}
		if ok && (first == nil || p.ID > best.ID || p.ID == best.ID && p.Fits && !best.Fits) {
			first, best = l, p
		}
	}
	if first == nil {
		return best, false, nil
	}
	first.take()
	return best, true, nil
}

// steps are entries that were passed, each a step.
func steps(all []store.Passed) []passed {
	out := make([]passed, len(all))
	for i, p := range all {
		out[i] = passed{p, 1}
	}
	return out
}

// roadLane goes along one index.
type roadLane struct {
	s      store.Stretch
	fit    store.Fit
	passed []passed
	end    bool
}

func (l *roadLane) take() { l.passed = l.passed[1:] }

func (l *roadLane) head(ctx context.Context, tx *store.Tx) (passed, bool, error) {
	if len(l.passed) == 0 && !l.end {
		some, err := tx.Pass(ctx, l.s, l.fit, stepsOnce)
		if err != nil {
			return passed{}, false, err
		}
		l.end = len(some) < stepsOnce
		if n := len(some); n > 0 {
			l.s.Before = some[n-1].ID
		}
		l.passed = steps(some)
	}
	if len(l.passed) == 0 {
		return passed{}, false, nil
	}
	return l.passed[0], true, nil
}

// Bounds of what a page looks through at once of what came late.
const (
	batchesOnce = 128
	lateOnce    = 1024 // entries that batches have
)

// lateLane goes along the batches that tell of a day and came after it, and in each along the road. Whatever tells of some days
// and came after them tells of the last of them.
type lateLane struct {
	fit    store.Fit
	road   []store.Stretch
	span   store.LateSpan // batches still to be asked for
	begun  bool
	passed []passed
	end    bool
}

func (l *lateLane) take() { l.passed = l.passed[1:] }

func (l *lateLane) head(ctx context.Context, tx *store.Tx) (passed, bool, error) {
	for len(l.passed) == 0 {
		if l.end {
			return passed{}, false, nil
		}
		batches, err := l.ask(ctx, tx)
		if err != nil {
			return passed{}, false, err
		}
		if err := l.through(ctx, tx, batches); err != nil {
			return passed{}, false, err
		}
	}
	return l.passed[0], true, nil
}

// ask reads the next batches, newest first: that first in which the page begins, where it does so within one.
func (l *lateLane) ask(ctx context.Context, tx *store.Tx) ([]sqlc.Late, error) {
	if !l.begun {
		l.begun = true
		at, err := tx.LateAt(ctx, sqlc.LateAtParams{Day: l.span.Day, Place: l.span.Before})
		if err != nil {
			return nil, err
		}
		if len(at) == 1 && at[0].First < l.span.Before {
			return at, nil
		}
	}
	var batches []sqlc.Late
	var err error
	if l.span.Person != "" {
		batches, err = tx.LateOf(ctx, sqlc.LateOfParams{Day: l.span.Day, PersonID: l.span.Person, Before: l.span.Before, Rows: batchesOnce})
	} else {
		batches, err = tx.LateOn(ctx, sqlc.LateOnParams{Day: l.span.Day, Before: l.span.Before, Rows: batchesOnce})
	}
	if err != nil {
		return nil, err
	}
	l.end = len(batches) < batchesOnce
	entries := int64(0)
	for i, b := range batches {
		if entries += b.Last - b.First + 1; entries > lateOnce && i > 0 {
			l.end = false
			return batches[:i], nil
		}
	}
	return batches, nil
}

// through goes through batches along the road, to the first entry of the oldest of them.
func (l *lateLane) through(ctx context.Context, tx *store.Tx, batches []sqlc.Late) error {
	if len(batches) == 0 {
		return nil
	}
	oldest := batches[len(batches)-1]
	l.span.From, l.span.Before = oldest.Last, batches[0].Last+1
	cost := 1
	if slices.ContainsFunc(batches, func(b sqlc.Late) bool { return b.ReceivedAt >= l.span.Until }) {
		cost = len(batches)
		for _, s := range l.road {
			some, err := tx.PassLate(ctx, l.span, s, l.fit)
			if err != nil {
				return err
			}
			l.passed = append(l.passed, steps(some)...)
		}
	}
	slices.SortFunc(l.passed, func(a, b passed) int { return cmp.Compare(b.ID, a.ID) })
	l.passed = append(l.passed, passed{store.Passed{ID: oldest.First}, cost})
	l.span.Before = oldest.Last
	return nil
}
