package gate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"

	"handslag/app/connected/gate/internal/store"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
)

// reviewer is somebody who looks at what the log tells, in the transaction in which that is entered: a caller whose
// right to it the gate has judged, or the administrator.
type reviewer struct {
	ctx    context.Context
	g      *Gate
	tx     *store.Tx
	now    signed.Time
	as     journal.Entry // who looks, and by what call
	reach  reach         // how far they may
	reason string        // of the administrator: who runs the command
}

func (c *Call) reviewer() reviewer {
	return reviewer{ctx: c.ctx, g: c.g, tx: c.tx, now: c.Now, reach: c.reach,
		as: journal.Entry{Person: c.Person.ID, Peer: identity.DeviceID(c.device.ID), Route: c.route.Path}}
}

// look enters that somebody looks: at what, with what filter and within which units, and whom it concerns where that is
// known. It returns the entry's place.
func (r reviewer) look(what journal.Entry, filter url.Values) (int64, error) {
	what.Kind, what.Person, what.Peer, what.Route = journal.LogRead, r.as.Person, r.as.Peer, r.as.Route
	return r.g.say(r.ctx, r.tx, what, &journal.Details{Reason: clip(r.reason), Note: clip(r.reach.noted(filter))})
}

// spread says where copies of a record went. To look at it is an entry about whom the record is about.
func (r reviewer) spread(f link.SpreadFilter) (link.Spread, error) {
	bad := Refuse(link.CodeBadRequest)
	if identity.CheckOpaque(string(f.Record)) != nil {
		return link.Spread{}, bad
	}
	for _, id := range []*identity.DeviceID{&f.From, &f.After} {
		if *id == "" {
			continue
		}
		device, err := identity.ParseDeviceID(string(*id))
		if err != nil {
			return link.Spread{}, bad
		}
		*id = device
	}
	if within, err := r.reach.record(r.ctx, r.tx, string(f.Record)); err != nil || !within {
		return link.Spread{}, cmp.Or(err, Refuse(link.CodeNotFound))
	}
	s, err := r.g.spreadOf(r.ctx, r.tx, f.Record, r.now)
	if store.Missing(err) {
		return link.Spread{}, Refuse(link.CodeNotFound)
	}
	if err != nil {
		return link.Spread{}, err
	}
	drawn, found := s.tree(string(f.From), string(f.After))
	if !found {
		return link.Spread{}, Refuse(link.CodeNotFound)
	}
	_, err = r.look(journal.Entry{Subject: drawn.Subject, Record: f.Record}, f.Query())
	return drawn, err
}

// Log is a page of the audit log.
func (c *Call) Log(f link.LogFilter) (link.LogPage, error) { return c.reviewer().log(f) }

// Findings is a page of what was noticed about journals.
func (c *Call) Findings(f link.FindingFilter) (link.FindingPage, error) {
	return c.reviewer().findings(f)
}

// Spread says where copies of a record went.
func (c *Call) Spread(f link.SpreadFilter) (link.Spread, error) { return c.reviewer().spread(f) }

// ReadLog is Log for the administrator.
func (g *Gate) ReadLog(ctx context.Context, f link.LogFilter) (link.LogPage, error) {
	return review(ctx, g, func(r reviewer) (link.LogPage, error) { return r.log(f) })
}

// ReadFindings is Findings for the administrator.
func (g *Gate) ReadFindings(ctx context.Context, f link.FindingFilter) (link.FindingPage, error) {
	return review(ctx, g, func(r reviewer) (link.FindingPage, error) { return r.findings(f) })
}

// ReadSpread is Spread for the administrator.
func (g *Gate) ReadSpread(ctx context.Context, f link.SpreadFilter) (link.Spread, error) {
	return review(ctx, g, func(r reviewer) (link.Spread, error) { return r.spread(f) })
}

// review has the administrator look.
func review[T any](ctx context.Context, g *Gate, see func(reviewer) (T, error)) (seen T, err error) {
	err = g.store.Do(ctx, func(tx *store.Tx) error {
		seen, err = see(reviewer{ctx: ctx, g: g, tx: tx, now: g.now(), reach: reach{everything: true}, reason: g.config.Operator})
		return err
	})
	var refused *link.Problem
	switch {
	case err == nil:
		return seen, nil
	case !errors.As(err, &refused):
	case refused.Code == link.CodeNotFound:
		err = ErrUnknown
	case refused.Code == link.CodeBadRequest:
		err = fmt.Errorf("%w: the filter", ErrInput)
	}
	return seen, fmt.Errorf("review: %w", err)
}
