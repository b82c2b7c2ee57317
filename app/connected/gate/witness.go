package gate

import (
	"context"
	"fmt"
	"math"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
)

// Devices are witnesses of each other's journals: what one was shown of another's, signed by that other, is
// compared with what has come. Until the entry itself is here what the witness saw stands alone, as half of a
// double entry does.

// seen is a head that a witness tells of.
type seen struct {
	journal.Head
	person string // whose device it is
}

// headIn is the head in a witness's entry, HeadSeen or DeviceForked; false where it is not what the
// entry says, or not signed by the device that it names.
func (g *Gate) headIn(ctx context.Context, tx *store.Tx, e journal.Entry) (seen, bool, error) {
	row, err := tx.NewestCredential(ctx, string(e.Peer))
	if store.Missing(err) {
		return seen{}, false, nil
	}
	if err != nil {
		return seen{}, false, err
	}
	c, err := identity.OpenCredential(row.Body, g.org, g.keys().Parsed.Issuing)
	if err != nil {
		return seen{}, false, nil
	}
	head, err := journal.OpenHead(e.Signature, g.org, c.Keys.Signing)
	told := e.Pair
	if e.Kind == journal.DeviceForked {
		told = e.Ref
	}
	if err != nil || head.Device != e.Peer || head.Seq != e.Count || string(head.Hash) != string(told) ||
		head.Seq > math.MaxInt64 || head.Generation > math.MaxInt64 {
		return seen{}, false, nil
	}
	return seen{head, string(c.Person.ID)}, true, nil
}

// witnessed judges what a new entry says of another device's journal.
func (t *taking) witnessed(ctx context.Context, e journal.Entry, r *sqlc.Entry) error {
	if e.Kind != journal.HeadSeen && e.Kind != journal.DeviceForked {
		return nil
	}
	s, ok, err := t.g.headIn(ctx, t.tx, e)
	if err != nil {
		return err
	}
	if !ok {
		return findAt(ctx, t.tx, foundSignature, *r)
	}
	if e.Kind == journal.DeviceForked {
		return s.find(ctx, t.tx, foundDeviceForked, r.Hash, t.now)
	}
	there, err := s.judge(ctx, t.tx, r.Hash, t.now)
	if !there {
		r.Lone = 1
	}
	return err
}

// judge compares a head with the journal as it is here. It reports whether there is nothing left to wait for:
// the entry has come, or another stands in its place, which is a finding.
func (s seen) judge(ctx context.Context, tx *store.Tx, witness []byte, now signed.Time) (settled bool, err error) {
	rows, err := tx.EntryByHash(ctx, sqlc.EntryByHashParams{DeviceID: string(s.Device), Hash: s.Hash})
	if err != nil {
		return false, err
	}
	for _, r := range rows {
		if r.Covered == 1 && uint64(r.Generation) == s.Generation && uint64(r.Seq) == s.Seq {
			return true, nil
		}
	}
	chain, err := tx.Chain(ctx, sqlc.ChainParams{DeviceID: string(s.Device), Generation: int64(s.Generation)})
	switch {
	case store.Missing(err):
		return false, nil
	case err != nil:
		return false, err
	case uint64(chain.LastSeq) < s.Seq:
		return false, nil // its turn may still come
	}
	return true, s.find(ctx, tx, foundHeadDiffers, witness, now)
}

func (s seen) find(ctx context.Context, tx *store.Tx, code string, witness []byte, now signed.Time) error {
	return find(ctx, tx, sqlc.PutFindingParams{Code: code, DeviceID: string(s.Device), PersonID: s.person,
		Generation: int64(s.Generation), Seq: int64(s.Seq), Hash: witness, At: int64(now)})
}

// settleHeads compares with this device's journal, which has grown, what witnesses have seen of it.
func (t *taking) settleHeads(ctx context.Context) error {
	rows, err := t.tx.OpenHeads(ctx, string(t.batch.Device))
	if err != nil {
		return fmt.Errorf("read what witnesses have seen: %w", err)
	}
	for _, r := range rows {
		if _, _, err := t.g.settleHead(ctx, t.tx, r, t.now); err != nil {
			return err
		}
	}
	return nil
}

// settleHead joins a witness's entry with what it saw, where that has come.
func (g *Gate) settleHead(ctx context.Context, tx *store.Tx, r sqlc.Entry, now signed.Time) (seen, bool, error) {
	var e journal.Entry
	if err := signed.Unverified(r.Raw, journal.EntryLimit, &e); err != nil { // verified when it was stored
		return seen{}, false, fmt.Errorf("read entry: %w", err)
	}
	s, ok, err := g.headIn(ctx, tx, e)
	if err != nil || !ok {
		return s, false, err
	}
	settled, err := s.judge(ctx, tx, r.Hash, now)
	if err != nil || !settled {
		return s, false, err
	}
	if err := tx.SetLone(ctx, sqlc.SetLoneParams{ID: r.ID}); err != nil {
		return s, false, err
	}
	return s, true, tx.Settle(tx.CloseLone(ctx, sqlc.CloseLoneParams{Hash: r.Hash, ClosedAt: int64(now)}))
}

// findMissing notes that a journal ends before what a witness saw of it, although its device has been in
// since the deadline.
func (g *Gate) findMissing(ctx context.Context, tx *store.Tx, device string, hash []byte, now signed.Time) error {
	rows, err := tx.EntryByHash(ctx, sqlc.EntryByHashParams{DeviceID: device, Hash: hash})
	if err != nil || len(rows) == 0 {
		return err
	}
	s, settled, err := g.settleHead(ctx, tx, rows[0], now)
	if err != nil || settled {
		return err
	}
	return s.find(ctx, tx, foundHeadMissing, hash, now)
}
