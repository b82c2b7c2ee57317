package gate

import (
	"context"
	"errors"
	"time"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
)

// payload opens an entry's words with the organisation's sealing key, checks that they are
// those it commits to, and keeps them under the key of whom they are about. Words about
// somebody erased are discarded on arrival.
func (t *taking) payload(ctx context.Context, r *sqlc.Entry, e journal.Entry, item journal.Item) error {
	if len(item.Box) == 0 {
		return nil
	}
	p, err := t.openBox(e, item)
	if err != nil {
		r.PayloadState = payloadUnfit
		return findAt(ctx, t.tx, foundPayload, *r)
	}
	err = keepPayload(ctx, t.tx, r, p, payloadSubject(r))
	if errors.Is(err, store.ErrErased) {
		r.PayloadState = payloadErased
		return nil
	}
	return err
}

func (t *taking) openBox(e journal.Entry, item journal.Item) (journal.Payload, error) {
	if len(e.Payload) == 0 {
		return journal.Payload{}, journal.ErrPayload
	}
	segment, ok := t.segments[item.Segment]
	if !ok {
		sealed := t.batch.Segments[item.Segment]
		for _, key := range t.g.keys().Sealing {
			opened, err := key.Open(journal.SegmentKeyInfo(t.batch.Device, sealed.ID), sealed.Sealed)
			if err == nil && len(opened) == identity.AEADKeySize {
				segment = opened
				break
			}
		}
		t.segments[item.Segment] = segment // nil: it opens under no key, and is not tried again
	}
	if segment == nil {
		return journal.Payload{}, identity.ErrSealed
	}
	key, err := journal.UnwrapPayloadKey(segment, item.Key, e.Payload)
	if err != nil {
		return journal.Payload{}, err
	}
	defer clear(key)
	return journal.OpenPayload(item.Box, key, e.Payload)
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
func (t *taking) apply(ctx context.Context, e journal.Entry, r sqlc.Entry) error {
	switch e.Kind {
	case journal.AssignmentDone, journal.AssignmentNoted, journal.AssignmentEdited:
		return t.work(ctx, e, r)
	case journal.RecordFound:
		gone, err := erased(ctx, t.tx, string(e.Subject))
		if err != nil || !gone {
			return err
		}
		_, err = eraseSearch(ctx, t.tx, r.DeviceID, e.Ref, r.ReceivedAt)
		return err
	case journal.SubjectErased:
		gone, err := erased(ctx, t.tx, string(e.Subject))
		if err != nil || gone {
			return err
		}
		return findAt(ctx, t.tx, foundErasure, r)
	}
	return nil
}

// findLoneHalves notes halves whose other half should have come: the other device has handed
// in its journal since the deadline, or is not known here.
func (g *Gate) findLoneHalves(ctx context.Context, tx *store.Tx, now signed.Time) error {
	deadline := g.config.Deadline.Microseconds()
	rows, err := tx.LoneHalves(ctx, sqlc.LoneHalvesParams{Before: int64(now) - deadline, Now: int64(now), Deadline: deadline})
	if err != nil {
		return err
	}
	for _, r := range rows {
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
