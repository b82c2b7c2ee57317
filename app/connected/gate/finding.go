package gate

import (
	"context"
	"fmt"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/vault/journal"
)

// What the connected system notices about a journal. Nothing is dropped for any of them.
const (
	foundGap          = "gap"            // entries are missing; closes when they have come
	foundFork         = "fork"           // two entries where one can be
	foundClone        = "clone"          // two branches of a journal grow: two devices go by one name
	foundGeneration   = "generation"     // a new generation of a journal
	foundSignature    = "bad_signature"  // an item that its device did not sign, or that is no entry
	foundPayload      = "payload"        // words that are not those the entry commits to
	foundSegment      = "segment"        // a segment came whose middle or end can not be read
	foundLoneHalf     = "lone_half"      // a share or verification that only one of two tells of
	foundRevoked      = "revoked"        // handed in after the device was revoked
	foundExpired      = "expired"        // handed in after the device's last credential had expired
	foundDisabled     = "disabled"       // handed in after the person was disabled
	foundUnknown      = "unknown_device" // a credential of ours for a device that is not known here
	foundClock        = "clock"          // a device whose clock is off
	foundWork         = "bad_work"       // a signature that is not for the assignment it names
	foundWorkRefused  = "work_refused"   // an assignment marked done by somebody who may not
	foundAlarm        = "log_alarm"      // a device has seen another history of the audit log
	foundHeadMissing  = "head_missing"   // a journal ends before what a witness saw of it
	foundHeadDiffers  = "head_differs"   // a journal has another entry where a witness saw its end
	foundDeviceForked = "device_forked"  // a witness was shown two ends of a journal that can not both be its own
	foundBarred       = "barred"         // more devices are barred than the list for colleagues has room for
	foundErasure      = "erasure"        // an order carried out that is not known here: a backup older than it was put back
)

// find notes a finding; what was noted before is counted, not repeated. The end of the transaction tells of it.
func find(ctx context.Context, tx *store.Tx, f sqlc.PutFindingParams) error {
	id, err := tx.NextCounter(ctx, counterFindings)
	if err != nil {
		return fmt.Errorf("number finding: %w", err)
	}
	f.ID, f.Hash = id, some(f.Hash)
	if err := tx.Notice(ctx, f); err != nil {
		return fmt.Errorf("store finding: %w", err)
	}
	return nil
}

// findAt notes a finding about one entry.
func findAt(ctx context.Context, tx *store.Tx, code string, r sqlc.Entry) error {
	return find(ctx, tx, sqlc.PutFindingParams{Code: code, DeviceID: r.DeviceID, PersonID: r.PersonID,
		Generation: r.Generation, Seq: r.Seq, Hash: r.Hash, At: r.ReceivedAt})
}

// closed is when the finding closed: at once where nothing is left to wait for.
func closed(now int64, at bool) int64 {
	if at {
		return now
	}
	return 0
}

func putChain[D ~string](ctx context.Context, tx *store.Tx, device D, c journal.Chain) error {
	err := tx.PutChain(ctx, sqlc.PutChainParams{DeviceID: string(device), Generation: int64(c.Generation), LastSeq: int64(c.Last), Head: c.Head[:]})
	if err != nil {
		return fmt.Errorf("store chain: %w", err)
	}
	return nil
}
