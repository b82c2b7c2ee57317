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

// answersTo are those of the rows that answer r: the same pair, told by the other device, of the same record.
// What came of a colleague's work names the work's own entry, which may have come to several.
func answersTo(r sqlc.Entry, rows []sqlc.Entry) []sqlc.Entry {
	return slices.DeleteFunc(rows, func(o sqlc.Entry) bool { return !isAnswer(r, o) })
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

// join joins rows that are stored with their other halves where they have come. What of these is found by the
// pair that both name is looked for at once.
func join(ctx context.Context, tx *store.Tx, rows []sqlc.Entry, now signed.Time) error {
	var pairs [][]byte
	for _, r := range rows {
		if key, own := pairOf(r); key != nil && !own {
			pairs = append(pairs, key)
		}
	}
	come, err := tx.EntriesOfPairs(ctx, pairs)
	if err != nil {
		return err
	}
	named := map[string][]sqlc.Entry{}
	for _, o := range come {
		named[string(o.Pair)] = append(named[string(o.Pair)], o)
	}
	var joined []sqlc.Entry
	for _, r := range rows {
		key, own := pairOf(r)
		others := slices.Clone(named[string(key)])
		switch {
		case key == nil:
			continue
		case own:
			if others, err = tx.EntryByHash(ctx, sqlc.EntryByHashParams{DeviceID: r.Peer, Hash: key}); err != nil {
				return err
			}
		}
		if others = answersTo(r, others); len(others) > 0 {
			joined = append(joined, append(others, r)...)
		}
	}
	return tx.JoinHalves(ctx, joined, int64(now))
}
