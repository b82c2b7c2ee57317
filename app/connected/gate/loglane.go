package gate

import (
	"cmp"
	"context"
	"math"
	"slices"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
)

// lane yields entries of the log on a page's way, newest first, those too that do not fit.
type lane interface {
	// head is the newest that has not been taken; false where there is none left.
	head(ctx context.Context, tx *store.Tx) (store.Passed, bool, error)
	take()
}

// newest takes the newest entry off the lanes.
func newest(ctx context.Context, tx *store.Tx, lanes []lane) (store.Passed, bool, error) {
	var first lane
	var best store.Passed
	for _, l := range lanes {
		p, ok, err := l.head(ctx, tx)
		if err != nil {
			return p, false, err
		}
		if ok && (first == nil || cmp.Or(cmp.Compare(p.At, best.At), cmp.Compare(p.ID, best.ID)) > 0) {
			first, best = l, p
		}
	}
	if first == nil {
		return best, false, nil
	}
	first.take()
	return best, true, nil
}

// roadLane goes along one index.
type roadLane struct {
	s      store.Stretch
	fit    store.Fit
	passed []store.Passed
	end    bool
}

func (l *roadLane) take() { l.passed = l.passed[1:] }

func (l *roadLane) head(ctx context.Context, tx *store.Tx) (store.Passed, bool, error) {
	if len(l.passed) == 0 && !l.end {
		var err error
		if l.passed, err = tx.Pass(ctx, l.s, l.fit, stepsOnce); err != nil {
			return store.Passed{}, false, err
		}
		l.end = len(l.passed) < stepsOnce
		if n := len(l.passed); n > 0 {
			l.s.At, l.s.ID = l.passed[n-1].At, l.passed[n-1].ID
		}
	}
	if len(l.passed) == 0 {
		return store.Passed{}, false, nil
	}
	return l.passed[0], true, nil
}

// lateLane goes along the batches that tell of a day and came after it.
type lateLane struct {
	fit    store.Fit
	span   store.Span // since the day's end
	since  int64      // the day's beginning
	person string     // whose batches; empty: anybody's

	begun  bool
	at     int64 // batches before these are to be asked for
	last   int64
	spans  []sqlc.Late
	passed []store.Passed
	end    bool // all batches have been asked for
}

func (l *lateLane) take() { l.passed = l.passed[1:] }

func (l *lateLane) head(ctx context.Context, tx *store.Tx) (store.Passed, bool, error) {
	if !l.begun {
		l.begun, l.at, l.last = true, l.span.At, math.MaxInt64
	}
	for len(l.passed) == 0 {
		if len(l.spans) == 0 {
			if l.end {
				return store.Passed{}, false, nil
			}
			if err := l.ask(ctx, tx); err != nil {
				return store.Passed{}, false, err
			}
			continue
		}
		var err error
		if l.passed, err = tx.PassPlaces(ctx, l.places(), l.span, l.fit); err != nil {
			return store.Passed{}, false, err
		}
	}
	return l.passed[0], true, nil
}

// places takes the next places off the batches, newest first.
func (l *lateLane) places() (all []int64) {
	for len(l.spans) > 0 && len(all) < stepsOnce {
		s := &l.spans[0]
		for ; s.Last >= s.First && len(all) < stepsOnce; s.Last-- {
			all = append(all, s.Last)
		}
		if s.Last < s.First {
			l.spans = l.spans[1:]
		}
	}
	return all
}

// ask reads the next batches under the day's days (UTC).
func (l *lateLane) ask(ctx context.Context, tx *store.Tx) error {
	for day := l.since / dayLong; day <= (l.span.Since-1)/dayLong; day++ {
		more, err := l.on(ctx, tx, day)
		if err != nil {
			return err
		}
		l.spans = append(l.spans, more...)
	}
	slices.SortFunc(l.spans, func(a, b sqlc.Late) int {
		return cmp.Or(cmp.Compare(b.ReceivedAt, a.ReceivedAt), cmp.Compare(b.Last, a.Last))
	})
	l.spans = slices.CompactFunc(l.spans, func(a, b sqlc.Late) bool { return a.Last == b.Last }) // under both of its days
	if l.end = len(l.spans) < stepsOnce; !l.end {
		l.spans = l.spans[:stepsOnce]
		end := l.spans[stepsOnce-1]
		l.at, l.last = end.ReceivedAt, end.Last-1
	}
	return nil
}

func (l *lateLane) on(ctx context.Context, tx *store.Tx, day int64) ([]sqlc.Late, error) {
	if l.person != "" {
		return tx.LateOf(ctx, sqlc.LateOfParams{Day: day, PersonID: l.person, Until: l.span.Since, At: l.at, Last: l.last, Rows: stepsOnce})
	}
	return tx.LateOn(ctx, sqlc.LateOnParams{Day: day, Until: l.span.Since, At: l.at, Last: l.last, Rows: stepsOnce})
}
