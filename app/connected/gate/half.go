package gate

import (
	"context"
	"slices"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity/signed"
	"handslag/vault/journal"
)

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
	case journal.Verified, journal.AssignmentJoined:
		return []string{kind}
	case journal.AssignmentReceived:
		return []string{string(journal.AssignmentDone), string(journal.AssignmentNoted), string(journal.AssignmentEdited)}
	}
	return nil
}

// otherHalves are the halves that answer r: the same pair, told by the other device, of the same record.
// What came of a colleague's work names the work's own entry, which may have come to several.
func otherHalves(ctx context.Context, tx *store.Tx, r sqlc.Entry) ([]sqlc.Entry, error) {
	var rows []sqlc.Entry
	var err error
	switch key, own := pairOf(r); {
	case key == nil:
		return nil, nil
	case own:
		rows, err = tx.EntryByHash(ctx, sqlc.EntryByHashParams{DeviceID: r.Peer, Hash: key})
	default:
		rows, err = tx.EntriesOfPair(ctx, key)
	}
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(rows, func(o sqlc.Entry) bool { return !isAnswer(r, o) }), nil
}

// pairOf is by what r's other half is found: the pair that both name or, where own, the other's own hash; nil where
// there can be none.
func pairOf(r sqlc.Entry) (key []byte, own bool) {
	switch kind := journal.Kind(r.Kind); {
	case kind.IsWork():
		return r.Hash, false
	case len(r.Pair) == 0 || len(answers(r.Kind)) == 0:
		return nil, false
	default:
		return r.Pair, kind == journal.AssignmentReceived
	}
}

// isAnswer reports whether o, found by what pairOf says, is r's other half.
func isAnswer(r, o sqlc.Entry) bool {
	kinds, told := answers(r.Kind), o.DeviceID == r.Peer && o.Peer == r.DeviceID
	switch kind := journal.Kind(r.Kind); {
	case kind.IsWork():
		kinds, told = []string{string(journal.AssignmentReceived)}, o.Peer == r.DeviceID
	case kind == journal.AssignmentReceived:
		told = o.DeviceID == r.Peer
	}
	return o.ID != r.ID && told && o.RecordID == r.RecordID && slices.Contains(kinds, o.Kind)
}

// pair joins a half with its other halves where they have come.
func pair(ctx context.Context, tx *store.Tx, r sqlc.Entry, now signed.Time) error {
	others, err := otherHalves(ctx, tx, r)
	if err != nil || len(others) == 0 {
		return err
	}
	for _, half := range append(others, r) {
		if err := tx.SetLone(ctx, sqlc.SetLoneParams{ID: half.ID}); err != nil {
			return err
		}
		if err := tx.Settle(tx.CloseLone(ctx, sqlc.CloseLoneParams{Hash: half.Hash, ClosedAt: int64(now)})); err != nil {
			return err
		}
	}
	return nil
}
