package gate

import (
	"context"
	"fmt"
	"time"

	"handslag/app/connected/feed"
	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity/signed"
	"handslag/vault/journal"
)

// Feed is how far one receiver of the audit log has come. It is a feed.Source: several processes may have it,
// of which one at a time is given entries.
type Feed struct {
	g    *Gate
	name string
}

var _ feed.Source = Feed{}

// Feed is the feed to the receiver of this name, from its beginning where nobody had heard of it.
func (g *Gate) Feed(name string) Feed { return Feed{g, name} }

// Take gives the next entries to holder alone for as long as lease.
func (f Feed) Take(ctx context.Context, holder string, lease time.Duration, most int) (page []feed.Entry, err error) {
	now := int64(f.g.now())
	free := func(row sqlc.Feed) bool { return row.Holder == holder || row.Until <= now }
	waits := false
	err = f.g.store.Read(ctx, func(tx *store.Tx) error { // who has nothing to do writes nothing
		row, err := tx.Feed(ctx, f.name)
		if err != nil && !store.Missing(err) {
			return err
		}
		size, err := tx.Places(ctx)
		waits = free(row) && size > row.Place
		return err
	})
	if err == nil && !waits {
		err = f.looks(ctx, now)
	}
	if err != nil || !waits {
		return nil, wrap("read feed", err)
	}
	err = f.g.store.Do(ctx, func(tx *store.Tx) error {
		page = nil
		row, err := tx.Feed(ctx, f.name)
		if err != nil && !store.Missing(err) {
			return err
		}
		if !free(row) {
			return nil
		}
		if row.Holder != holder {
			if err := f.g.sayExported(ctx, tx, codeExportSyslog, fmt.Sprint(row.Place), journal.Entry{}); err != nil {
				return err
			}
		}
		if page, err = f.g.logBehind(ctx, tx, row.Place, int32(most)); err != nil {
			return err
		}
		return tx.PutFeed(ctx, sqlc.PutFeedParams{Name: f.name, Place: row.Place, Holder: holder, Until: int64(f.g.now().Add(lease))})
	})
	if err != nil {
		return nil, wrap("take from feed", err)
	}
	return page, nil
}

// lookLate is how often who sends looks for what nothing but time makes a finding.
const lookLate = time.Minute

// looks does so, where nobody of this process did within that time.
func (f Feed) looks(ctx context.Context, now int64) error {
	last := f.g.looked.Load()
	if now-last < lookLate.Microseconds() && now >= last || !f.g.looked.CompareAndSwap(last, now) {
		return nil
	}
	return f.g.findLate(ctx)
}

// Lag is how far a receiver of the audit log is behind.
type Lag struct {
	Entries int64         // that it has not got
	Time    time.Duration // since the oldest of them came in
}

// Lag reads it.
func (f Feed) Lag(ctx context.Context) (lag Lag, err error) {
	err = f.g.store.Read(ctx, func(tx *store.Tx) error {
		lag = Lag{}
		row, err := tx.Feed(ctx, f.name)
		if err != nil && !store.Missing(err) {
			return err
		}
		size, err := tx.Places(ctx)
		if err != nil || size <= row.Place {
			return err
		}
		rows, err := tx.EntriesFrom(ctx, sqlc.EntriesFromParams{After: row.Place, Rows: 1})
		if err == nil && len(rows) > 0 {
			lag = Lag{size - row.Place, max(0, f.g.now().Time().Sub(signed.Time(rows[0].ReceivedAt).Time()))}
		}
		return err
	})
	return lag, wrap("read how far the feed is behind", err)
}

// Delivered says that the receiver has everything up to last. Where another holds the feed by now, it goes
// on from where it was, and the receiver gets some of it twice.
func (f Feed) Delivered(ctx context.Context, holder string, last feed.Entry) error {
	return wrap("note what was delivered", f.g.store.Do(ctx, func(tx *store.Tx) error {
		return tx.AdvanceFeed(ctx, sqlc.AdvanceFeedParams{Name: f.name, Holder: holder, Place: last.Place})
	}))
}

// Release lets another one go on at once.
func (f Feed) Release(ctx context.Context, holder string) error {
	return wrap("release feed", f.g.store.Do(ctx, func(tx *store.Tx) error {
		return tx.ReleaseFeed(ctx, sqlc.ReleaseFeedParams{Name: f.name, Holder: holder})
	}))
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
