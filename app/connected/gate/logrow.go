package gate

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
)

// rowReader turns entries into rows that reviewers can read. What they name is learnt first, for all of them
// at once; then each row is put together without another question.
type rowReader struct {
	ctx context.Context
	g   *Gate
	tx  *store.Tx
	logNames
	halves map[int64]sqlc.Entry // an entry's other half
	said   map[int64]journal.Entry
}

func newRowReader(ctx context.Context, g *Gate, tx *store.Tx, within reach) *rowReader {
	return &rowReader{ctx: ctx, g: g, tx: tx, logNames: newLogNames(within), halves: map[int64]sqlc.Entry{}, said: map[int64]journal.Entry{}}
}

// rows are a page's entries, each with its other half.
func (r *rowReader) rows(places []int64) ([]link.LogRow, error) {
	all := []link.LogRow{}
	found, err := r.tx.EntriesAt(r.ctx, places)
	if err != nil {
		return nil, err
	}
	var entries []sqlc.Entry
	for _, place := range places {
		entries = append(entries, found[place])
	}
	if err := r.join(entries); err != nil {
		return nil, err
	}
	for _, half := range r.halves {
		found[half.ID] = half
	}
	for _, e := range found {
		var said journal.Entry
		if err := signed.Unverified(e.Raw, journal.EntryLimit, &said); err != nil { // verified when it was stored
			return nil, fmt.Errorf("read entry: %w", err)
		}
		r.said[e.ID] = said
	}
	if err := r.learn(r.ctx, r.g, r.tx, found, r.said); err != nil {
		return nil, err
	}
	for _, e := range entries {
		row, err := r.row(e)
		if err != nil {
			return nil, err
		}
		if half, ok := r.halves[e.ID]; ok {
			if row.Other, err = r.row(half); err != nil {
				return nil, err
			}
		}
		all = append(all, *row)
	}
	return all, nil
}

// join finds the other halves of entries.
func (r *rowReader) join(entries []sqlc.Entry) error {
	var pairs [][]byte
	var named []store.Named
	for _, e := range entries {
		if key, own := pairOf(e); own {
			named = append(named, store.Named{Device: e.Peer, Hash: string(key)})
		} else if key != nil {
			pairs = append(pairs, key)
		}
	}
	others, err := r.tx.EntriesOfPairs(r.ctx, pairs)
	if err != nil {
		return err
	}
	works, err := r.tx.EntriesNamed(r.ctx, named)
	if err != nil {
		return err
	}
	if others, err = r.reach.entries(r.ctx, r.tx, others); err != nil {
		return err
	}
	if works, err = r.reach.entries(r.ctx, r.tx, works); err != nil {
		return err
	}
	byPair, byHash := map[string][]sqlc.Entry{}, map[string][]sqlc.Entry{}
	for _, o := range others {
		byPair[string(o.Pair)] = append(byPair[string(o.Pair)], o)
	}
	for _, o := range works {
		byHash[string(o.Hash)] = append(byHash[string(o.Hash)], o)
	}
	for _, e := range entries {
		key, own := pairOf(e)
		candidates := byPair
		if own {
			candidates = byHash
		}
		all := candidates[string(key)]
		if i := slices.IndexFunc(all, func(o sqlc.Entry) bool { return isAnswer(e, o) }); key != nil && i >= 0 {
			r.halves[e.ID] = all[i]
		}
	}
	return nil
}

// row is one entry by itself.
func (r *rowReader) row(e sqlc.Entry) (*link.LogRow, error) {
	said := r.said[e.ID]
	row := &link.LogRow{
		ID: e.ID, Hash: e.Hash, Kind: said.Kind, NotBefore: said.After, NotAfter: signed.Time(e.ReceivedAt), Clock: said.Clock,
		Subject: said.Subject, Record: said.Record, RecordNo: said.RecordVersion, Assignment: said.Assignment, Attachment: said.Attachment,
		Device: said.Device, System: e.IsSystem == 1, Peer: said.Peer, Code: said.Code, Route: said.Route, Count: said.Count, Until: said.Until,
		Erased: e.PayloadState == payloadErased, Address: e.Address, Carrier: identity.DeviceID(e.Carrier),
		Fingerprint: hex.EncodeToString(e.Hash[:8]), Signed: len(said.Signature) > 0 && said.Assignment != "", Alone: e.Lone == 1 && said.Kind != journal.HeadSeen,

		Person: r.person(e.PersonID), Units: r.units[e.UnitSet], SubjectName: r.card(said), AssignmentTitle: r.titles[string(said.Assignment)],
		PeerName: r.peer(said.Peer), PeerLabel: r.label(said.Peer), DeviceLabel: r.label(said.Device), Findings: slices.Clone(r.codes[string(e.Hash)]),
	}
	told := e
	if said.Kind == journal.RecordFound { // its words stand in the search that it answers
		told = r.searches[store.Named{Device: e.DeviceID, Hash: string(said.Ref)}]
		row.Erased = told.PayloadState == payloadErased
	}
	words, err := openPayload(r.ctx, r.tx, told)
	switch {
	case damaged(err):
		row.Findings = append(row.Findings, foundPayload)
	case err != nil:
		return nil, err
	case words != nil:
		row.Reason, row.Note, row.Topic, row.Value = words.Details.Reason, words.Details.Note, words.Details.Topic, words.Details.Value
	}
	return row, nil
}

// damaged reports whether what is in the file does not open (any more). It must not keep the
// rest of a page from being read; VerifyAll tells of it.
func damaged(err error) bool {
	return errors.Is(err, store.ErrErased) || errors.Is(err, store.ErrColumn) || errors.Is(err, store.ErrKey)
}
