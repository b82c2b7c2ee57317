package gate

import (
	"context"
	"fmt"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
)

// A journal that forks is a finding: an older copy of a device's folder was put back, and goes on. One of which both
// branches grow is a clone: two devices go by one name. A device knows no later time of this system's than when
// it last heard of it, so an entry that knows a time from after another branch had come was said beside that branch. A
// device that was put back never goes on where it was before. The clone's journal is taken; it gets nothing, as one that is
// revoked, until somebody has looked and says that it may.

// codeQuarantine and codeRelease are what the log calls it.
const (
	codeQuarantine = "device_quarantine"
	codeRelease    = "device_release"
)

// readBranches reads what was noticed of branches of the device's journal.
func (t *taking) readBranches(ctx context.Context) (err error) {
	if t.device == nil || t.device.QuarantinedAt != 0 {
		return nil
	}
	if t.branches, err = t.tx.BranchesOf(ctx, sqlc.BranchesOfParams{DeviceID: t.device.ID, Since: t.device.ReleasedAt}); err != nil {
		return fmt.Errorf("read branches: %w", err)
	}
	return nil
}

// notices remembers an entry that shows that two branches grow.
func (t *taking) notices(e journal.Entry, r sqlc.Entry, verdict journal.Verdict) {
	for _, b := range t.branches {
		older := b.Code == foundGeneration && r.Generation < b.Generation
		beside := b.Code == foundFork && r.Generation == b.Generation && verdict == journal.Follows
		if (older || beside) && e.After > signed.Time(b.At).Add(futureness) && t.clone == nil {
			t.clone = &r
		}
	}
}

// quarantine shuts out a device of which an entry has shown that it is two.
func (t *taking) quarantine(ctx context.Context) error {
	if t.clone == nil {
		return nil
	}
	if err := findAt(ctx, t.tx, foundClone, *t.clone); err != nil {
		return err
	}
	if err := t.tx.SetQuarantined(ctx, sqlc.SetQuarantinedParams{ID: t.device.ID, QuarantinedAt: int64(t.now)}); err != nil {
		return fmt.Errorf("quarantine device: %w", err)
	}
	if err := t.g.relist(ctx, t.tx); err != nil {
		return err
	}
	_, err := t.g.say(ctx, t.tx, journal.Entry{Kind: journal.SystemChanged, Code: codeQuarantine, Peer: t.batch.Device}, nil)
	return err
}

// ReleaseDevice lifts the quarantine of a device: what was noticed before counts no more. It returns ErrUnknown where
// there is no such device in quarantine.
func (g *Gate) ReleaseDevice(ctx context.Context, device identity.DeviceID) error {
	err := g.administer(ctx, codeRelease, "", journal.Entry{Peer: device}, func(tx *store.Tx) error {
		n, err := tx.Release(ctx, sqlc.ReleaseParams{ID: string(device), ReleasedAt: int64(g.now())})
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrUnknown
		}
		if err := tx.Settle(tx.CloseClones(ctx, sqlc.CloseClonesParams{DeviceID: string(device), ClosedAt: int64(g.now())})); err != nil {
			return err
		}
		return g.relist(ctx, tx)
	})
	if err != nil {
		return fmt.Errorf("release device: %w", err)
	}
	return nil
}
