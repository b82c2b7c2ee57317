package gate

import (
	"context"
	"fmt"
	"slices"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
)

// told is what entries of one kind say that say the same: the first of them and the last, and how long the longest loan is.
type told struct {
	times       int64
	first, last sqlc.Entry
	begin, end  journal.Entry
	until       signed.Time
}

func newTold(first, last sqlc.Entry, times int64) (*told, error) {
	t := &told{times: times, first: first, last: last}
	err := signed.Unverified(first.Raw, journal.EntryLimit, &t.begin) // verified when it was stored
	if t.end = t.begin; err == nil && last.ID != first.ID {
		t.end = journal.Entry{}
		err = signed.Unverified(last.Raw, journal.EntryLimit, &t.end)
	}
	if err != nil {
		return nil, fmt.Errorf("read entry: %w", err)
	}
	t.until = max(lentUntil(t.begin, first.ReceivedAt), lentUntil(t.end, last.ReceivedAt))
	return t, nil
}

// lentUntil is the end of the loan that an entry tells of, as far as a loan can reach at all.
func lentUntil(e journal.Entry, received int64) signed.Time {
	return min(e.Until, signed.Time(received).Add(identity.MaxValidity))
}

// half is what entries about one way have in common.
type half struct{ kind, device, peer string }

// longest are the ends of the longest loans from hand to hand, where one went the same way more than twice: the longest may
// stand between the first and the last. The connected system's own loans only grow.
func (s *spread) longest(ctx context.Context, tx *store.Tx, ways []sqlc.WaysOfRow) (map[half]signed.Time, error) {
	if !slices.ContainsFunc(ways, func(r sqlc.WaysOfRow) bool {
		return r.Times > 2 && (r.Kind == string(journal.ShareSent) || r.Kind == string(journal.ShareReceived))
	}) {
		return nil, nil
	}
	rows, err := tx.HandedOf(ctx, sqlc.HandedOfParams{RecordID: string(s.out.Record), Rows: spreadMost})
	if err != nil {
		return nil, err
	}
	s.out.Partial = s.out.Partial || len(rows) == spreadMost
	all := map[half]signed.Time{}
	for _, r := range rows {
		var e journal.Entry
		if err := signed.Unverified(r.Raw, journal.EntryLimit, &e); err != nil { // verified when it was stored
			return nil, fmt.Errorf("read entry: %w", err)
		}
		key := half{r.Kind, r.DeviceID, r.Peer}
		all[key] = max(all[key], lentUntil(e, r.ReceivedAt))
	}
	return all, nil
}

// and is both, as one.
func (t *told) and(o *told) *told {
	if t == nil {
		return o
	}
	both := *t
	both.times, both.until = both.times+o.times, max(both.until, o.until)
	if o.first.ID < both.first.ID {
		both.first, both.begin = o.first, o.begin
	}
	if o.last.ID > both.last.ID {
		both.last, both.end = o.last, o.end
	}
	return &both
}
