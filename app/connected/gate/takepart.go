package gate

import (
	"context"
	"errors"
	"slices"
	"time"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity/signed"
	"handslag/vault/journal"
)

// payload keeps an entry's words under the key of whom they are about. Words about somebody erased are
// discarded on arrival; what are not those that it commits to is a finding.
func (t *taking) payload(ctx context.Context, r *sqlc.Entry, it *readItem) error {
	switch {
	case !it.boxed:
		return nil
	case it.words == nil:
		r.PayloadState = payloadUnfit
		return findAt(ctx, t.tx, foundPayload, *r)
	}
	err := keepPayload(ctx, t.tx, r, *it.words, payloadSubject(r))
	if errors.Is(err, store.ErrErased) {
		r.PayloadState = payloadErased
		return nil
	}
	return err
}

// keys reads at once the keys of those whom the batch's words are about.
func (t *taking) keys(ctx context.Context) error {
	var subjects []string
	for _, it := range t.batch.items {
		if it.words != nil && it.row.Subject != "" && (len(subjects) == 0 || subjects[len(subjects)-1] != it.row.Subject) {
			subjects = append(subjects, it.row.Subject)
		}
	}
	slices.Sort(subjects)
	return t.tx.LearnKeys(ctx, slices.Compact(subjects))
}

// oddClock notes a clock that is off: once a day for a device.
func (t *taking) oddClock(ctx context.Context, e journal.Entry, r sqlc.Entry) error {
	ahead := e.Clock > t.now.Add(clockTolerance) || e.After > t.now.Add(clockTolerance)
	behind := e.Clock != 0 && e.Clock < e.After.Add(-clockTolerance)
	if !ahead && !behind {
		return nil
	}
	day := int64(t.now) / (24 * time.Hour).Microseconds()
	return find(ctx, t.tx, sqlc.PutFindingParams{Code: foundClock, DeviceID: r.DeviceID, PersonID: r.PersonID,
		Generation: r.Generation, Seq: -day, At: int64(t.now), ClosedAt: int64(t.now)})
}

// findStanding notes in what standing the device was when new entries of it came.
func (t *taking) findStanding(ctx context.Context) error {
	note := func(code string, since int64) error {
		return find(ctx, t.tx, sqlc.PutFindingParams{Code: code, DeviceID: string(t.batch.Device), PersonID: string(t.credential.Person.ID),
			Seq: -since, At: int64(t.now)})
	}
	if t.device == nil {
		return note(foundUnknown, 0) // issued by a server that this one was restored from
	}
	if t.device.RevokedAt != 0 {
		if err := note(foundRevoked, t.device.RevokedAt); err != nil {
			return err
		}
	}
	if t.device.ExpiresAt < int64(t.now) {
		if err := note(foundExpired, t.device.ExpiresAt); err != nil {
			return err
		}
	}
	user, err := t.tx.User(ctx, t.device.UserID)
	if err != nil || user.DisabledAt == 0 {
		return err
	}
	return note(foundDisabled, user.DisabledAt)
}

// apply lets an entry of the contiguous prefix act on what the system holds.
func (t *taking) apply(ctx context.Context, d due) error {
	e, r := d.entry, d.row
	switch {
	case e.Kind.IsWork():
		return t.work(ctx, d)
	case e.Kind == journal.RecordFound:
		gone, err := erased(ctx, t.tx, string(e.Subject))
		if err != nil || !gone {
			return err
		}
		_, err = eraseSearch(ctx, t.tx, r.DeviceID, e.Ref, r.ReceivedAt)
		return err
	case e.Kind == journal.SubjectErased:
		gone, err := erased(ctx, t.tx, string(e.Subject))
		if err != nil || gone {
			return err
		}
		return findAt(ctx, t.tx, foundErasure, r)
	}
	return nil
}

// halvesOnce bounds how many halves without another one look goes through.
const halvesOnce = 64

// findLoneHalves notes halves whose other half should have come: the other device has handed
// in its journal since the deadline, or is not known here. It goes through so many of those that are alone, the next time
// through those that follow: what it costs does not grow with how many have been alone for years.
func (g *Gate) findLoneHalves(ctx context.Context, tx *store.Tx, now signed.Time) error {
	deadline := g.config.Deadline.Microseconds()
	from := g.halvesFrom.Load()
	if from == nil {
		from = &sqlc.LoneHalvesRow{}
	}
	rows, err := tx.LoneHalves(ctx, sqlc.LoneHalvesParams{Before: int64(now) - deadline, Now: int64(now), Deadline: deadline,
		At: from.ReceivedAt, ID: from.ID, Rows: halvesOnce})
	if err != nil {
		return err
	}
	if len(rows) < halvesOnce { // the last; then from the first on again
		g.halvesFrom.Store(nil)
	} else {
		g.halvesFrom.Store(&rows[halvesOnce-1])
	}
	for _, r := range rows {
		if r.Due == 0 {
			continue
		}
		if r.Kind == string(journal.HeadSeen) {
			if err := g.findMissing(ctx, tx, r.DeviceID, r.Hash, now); err != nil {
				return err
			}
			continue
		}
		err := find(ctx, tx, sqlc.PutFindingParams{Code: foundLoneHalf, DeviceID: r.DeviceID, PersonID: r.PersonID, Generation: r.Generation,
			Seq: r.Seq, Hash: r.Hash, At: int64(now)})
		if err != nil {
			return err
		}
	}
	return nil
}
