package gate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/sync/link"
	"handslag/vault/journal"
	"handslag/vault/journal/audit"
	"handslag/vault/journal/evidence"
)

// Evidence is a bundle about entries, by their places in the log, that shows without this system what they say,
// who signed it, that the log has it and who has seen the log. That it was taken out is an entry.
func (c *Call) Evidence(places []int64) ([]byte, error) {
	bundle, err := c.g.evidence(c.ctx, c.tx, places, c.reach, journal.Entry{
		Person: c.Person.ID, Peer: identity.DeviceID(c.device.ID), Route: c.route.Path,
	}, journal.Details{})
	switch {
	case errors.Is(err, ErrInput):
		return nil, Refuse(link.CodeBadRequest)
	case errors.Is(err, ErrUnknown):
		return nil, Refuse(link.CodeNotFound)
	}
	return bundle, err
}

// Evidence is the same for an administrator.
func (g *Gate) Evidence(ctx context.Context, places []int64) (bundle []byte, err error) {
	err = g.store.Do(ctx, func(tx *store.Tx) error {
		bundle, err = g.evidence(ctx, tx, places, reach{everything: true}, journal.Entry{Code: codeEvidence}, journal.Details{Reason: clip(g.config.Operator)})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("gather evidence: %w", err)
	}
	return bundle, nil
}

const codeEvidence = "evidence"

func (g *Gate) evidence(ctx context.Context, tx *store.Tx, places []int64, within reach, looked journal.Entry, note journal.Details) ([]byte, error) {
	places = slices.Compact(slices.Sorted(slices.Values(places)))
	if len(places) == 0 || len(places) > evidence.MaxEntries || places[0] <= 0 {
		return nil, fmt.Errorf("1 to %d places in the log are asked for: %w", evidence.MaxEntries, ErrInput)
	}
	var rows []sqlc.Entry
	var asked []string
	for _, id := range places {
		found, err := tx.EntriesFrom(ctx, sqlc.EntriesFromParams{After: id - 1, Rows: 1})
		if err != nil {
			return nil, err
		}
		if len(found) == 0 || found[0].ID != id {
			return nil, fmt.Errorf("entry %d: %w", id, ErrUnknown)
		}
		rows, asked = append(rows, found[0]), append(asked, strconv.FormatInt(id, 10))
	}
	if seen, err := within.entries(ctx, tx, rows); err != nil || len(seen) != len(rows) {
		return nil, cmp.Or(err, ErrUnknown)
	}
	looked.Kind, note.Note = journal.LogRead, clip(within.noted(url.Values{"entries": {strings.Join(asked, ",")}}))
	if one := rows[0].Subject; !slices.ContainsFunc(rows, func(r sqlc.Entry) bool { return r.Subject != one }) {
		looked.Subject = journal.SubjectID(one)
	}
	if _, err := g.say(ctx, tx, looked, &note); err != nil {
		return nil, err
	}
	b := gathering{g: g, reach: within, ctx: ctx, tx: tx, has: map[string]bool{}}
	b.bundle.Version, b.bundle.Org, b.bundle.Statement = 1, g.org, g.keys().Statement
	if err := b.trail(places[len(places)-1]); err != nil {
		return nil, err
	}
	for _, r := range rows {
		if err := b.entry(r); err != nil {
			return nil, err
		}
	}
	if err := b.receipts(rows); err != nil {
		return nil, err
	}
	return b.bundle.Encode()
}

// gathering is a bundle being made.
type gathering struct {
	g      *Gate
	reach  reach
	ctx    context.Context
	tx     *store.Tx
	bundle evidence.Bundle
	has    map[string]bool // credentials
	first  int64           // size of the trail's first checkpoint
}

// trail is the checkpoints that witnesses vouch for, of those that have the entry in the last place asked for,
// and the log as it stands.
func (b *gathering) trail(last int64) error {
	rows, err := b.tx.CosignaturesFrom(b.ctx, sqlc.CosignaturesFromParams{Size: last, Rows: audit.MaxCosignatures})
	if err != nil {
		return err
	}
	now, err := b.g.checkpoint(b.ctx, b.tx)
	if err != nil {
		return err
	}
	note, err := b.g.sign(now)
	if err != nil {
		return err
	}
	trail := []vouched{{Checkpoint: now, note: note}} // the largest first
	words := map[int64][]audit.Cosignature{}
	for _, row := range rows {
		within, err := b.reach.device(b.ctx, b.tx, row.DeviceID)
		if err != nil {
			return err
		}
		if !within { // a credential names its person: others are the witnesses of who may see everything
			continue
		}
		v, ok, err := b.g.vouchedBy(b.ctx, b.tx, row)
		if err != nil {
			return err
		}
		holds, err := b.g.holds(treeOf(b.ctx, b.tx), v.Checkpoint)
		if err != nil {
			return err
		}
		size := trail[len(trail)-1].Size
		if !ok || holds != begins || v.Size < size && len(trail) == evidence.MaxCheckpoints || v.Size == size && string(v.note) != string(trail[len(trail)-1].note) {
			continue
		}
		if v.Size < size {
			trail = append(trail, v)
		}
		words[v.Size] = append(words[v.Size], v.word)
		if err := b.credential(row.DeviceID, 0); err != nil {
			return err
		}
	}
	slices.Reverse(trail)
	b.first = trail[0].Size
	for i, v := range trail {
		seen := evidence.Seen{Note: audit.Cosigned(v.note, words[v.Size]...)}
		if i > 0 {
			if seen.Growth, err = grownFrom(b.ctx, b.tx, trail[i-1].Size, v.Size); err != nil {
				return err
			}
		}
		b.bundle.Trail = append(b.bundle.Trail, seen)
	}
	return nil
}

// credential puts in that of the epoch, where it is kept, or the newest.
func (b *gathering) credential(device string, epoch int64) error {
	row, err := b.tx.Credential(b.ctx, sqlc.CredentialParams{DeviceID: device, Epoch: epoch})
	if store.Missing(err) {
		row, err = b.tx.NewestCredential(b.ctx, device)
	}
	if err != nil {
		return fmt.Errorf("read credential: %w", err)
	}
	if !b.has[string(row.Body)] {
		b.has[string(row.Body)] = true
		b.bundle.Credentials = append(b.bundle.Credentials, row.Body)
	}
	return nil
}

func (b *gathering) entry(r sqlc.Entry) error {
	proof, err := provedIn(b.ctx, b.tx, r.ID, b.first)
	if err != nil {
		return err
	}
	b.bundle.Entries = append(b.bundle.Entries, evidence.Entry{Place: uint64(r.ID), Signed: r.Raw, Received: leafOf(r).Received, Proof: proof})
	if r.IsSystem == 1 {
		return nil
	}
	return b.credential(r.DeviceID, r.Epoch)
}

// receipts say of each covered entry that its device has been told: one a device, whose ranges end with them.
func (b *gathering) receipts(rows []sqlc.Entry) error {
	of := map[string]*journal.Receipt{}
	var order []*journal.Receipt
	for _, r := range rows {
		if r.IsSystem == 1 || r.Covered == 0 {
			continue
		}
		receipt := of[r.DeviceID]
		if receipt == nil {
			receipt = &journal.Receipt{Version: 1, Org: b.g.org, Device: identity.DeviceID(r.DeviceID), Time: b.g.now()}
			of[r.DeviceID] = receipt
			order = append(order, receipt)
		}
		receipt.Ranges = append(receipt.Ranges, journal.Range{Generation: uint64(r.Generation), From: 1, To: uint64(r.Seq), Hash: r.Hash})
	}
	for _, receipt := range order {
		data, err := receipt.Sign(b.g.keys().Log)
		if err != nil {
			return err
		}
		b.bundle.Receipts = append(b.bundle.Receipts, data)
	}
	return nil
}
