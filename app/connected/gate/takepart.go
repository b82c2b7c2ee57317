package gate

import (
	"context"
	"errors"
	"slices"
	"time"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
	"handslag/vault/record"
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
		for _, key := range t.g.config.Keys.Sealing {
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
	case journal.AssignmentDone:
		return t.done(ctx, e, r)
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

// done marks an assignment done. Who may not, or signs something else, changes nothing and is
// a finding; that whom it was about has been erased meanwhile is none.
func (t *taking) done(ctx context.Context, e journal.Entry, r sqlc.Entry) error {
	row, err := t.tx.Assignment(ctx, string(e.Assignment))
	if store.Missing(err) {
		if gone, err := erased(ctx, t.tx, string(e.Subject)); err != nil || gone {
			return err
		}
		return findAt(ctx, t.tx, foundWork, r)
	}
	if err != nil {
		return err
	}
	signedBy, err := record.OpenWork(e.Signature, t.credential.Keys.Signing)
	if err != nil || signedBy.Org != t.g.org || signedBy.Assignment != e.Assignment || signedBy.Number != e.AssignmentVersion || signedBy.Number > uint64(row.Number) {
		return findAt(ctx, t.tx, foundWork, r)
	}
	a, raw, err := t.g.assignment(ctx, t.tx, row, int64(signedBy.Number))
	if err != nil {
		return err
	}
	if string(signedBy.Content) != string(record.WorkContent(e.Payload, raw)) {
		return findAt(ctx, t.tx, foundWork, r)
	}
	allowed, err := t.mayWork(ctx, row)
	if err != nil {
		return err
	}
	if !allowed {
		return findAt(ctx, t.tx, foundWorkRefused, r)
	}
	if row.DonePerson != "" && row.DoneNumber >= int64(a.Number) {
		return nil // the first to say so stands
	}
	note := []byte{}
	payload, err := openPayload(ctx, t.tx, r)
	if err != nil {
		return err
	}
	if payload != nil && payload.Details.Note != "" {
		if note, err = t.tx.Seal(ctx, row.Subject, "assignments:done_note", row.ID, []byte(payload.Details.Note)); err != nil {
			return err
		}
	}
	return t.tx.MarkDone(ctx, sqlc.MarkDoneParams{ID: row.ID, DonePerson: r.PersonID, DoneDevice: r.DeviceID, DoneNumber: int64(a.Number), DoneAt: r.ReceivedAt, DoneNote: note})
}

// mayWork judges on live state, as a call would be.
func (t *taking) mayWork(ctx context.Context, row sqlc.Assignment) (bool, error) {
	if t.device == nil || t.device.RevokedAt != 0 {
		return false, nil
	}
	user, err := t.tx.User(ctx, t.device.UserID)
	if err != nil || user.DisabledAt != 0 {
		return false, err
	}
	who, err := t.g.subjectOf(ctx, t.tx, user.ID)
	if err != nil {
		return false, err
	}
	thing, err := assignmentThing(ctx, t.tx, row)
	if err != nil {
		return false, err
	}
	return t.g.config.Decide(who, rightWork, thing).Allowed, nil
}

// isHalf reports whether the entry is half of a double entry: alone, it is a finding.
func isHalf(e journal.Entry) bool {
	return e.Kind != journal.ShareRefused && len(answers(string(e.Kind))) > 0 && len(e.Pair) > 0 && e.Peer != ""
}

// answers are the kinds of the other half. What was sent may have been refused.
func answers(kind string) []string {
	switch journal.Kind(kind) {
	case journal.ShareSent:
		return []string{string(journal.ShareReceived), string(journal.ShareRefused)}
	case journal.ShareReceived, journal.ShareRefused:
		return []string{string(journal.ShareSent)}
	case journal.Verified:
		return []string{kind}
	}
	return nil
}

// otherHalf finds the half that answers r: the same pair, told by the other device, of the
// same record.
func otherHalf(ctx context.Context, tx *store.Tx, r sqlc.Entry) (*sqlc.Entry, error) {
	kinds := answers(r.Kind)
	if len(r.Pair) == 0 || len(kinds) == 0 {
		return nil, nil
	}
	rows, err := tx.EntriesOfPair(ctx, r.Pair)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		o := rows[i]
		if o.ID != r.ID && slices.Contains(kinds, o.Kind) && o.DeviceID == r.Peer && o.Peer == r.DeviceID && o.RecordID == r.RecordID {
			return &o, nil
		}
	}
	return nil, nil
}

// pair joins a half with its other half where that has come.
func pair(ctx context.Context, tx *store.Tx, r sqlc.Entry, now signed.Time) error {
	other, err := otherHalf(ctx, tx, r)
	if err != nil || other == nil {
		return err
	}
	for _, half := range []sqlc.Entry{r, *other} {
		if err := tx.SetLone(ctx, sqlc.SetLoneParams{ID: half.ID}); err != nil {
			return err
		}
		if err := tx.CloseLone(ctx, sqlc.CloseLoneParams{Hash: half.Hash, ClosedAt: int64(now)}); err != nil {
			return err
		}
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
