package gate

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
	"handslag/vault/journal/audit"
)

const counterFindings = "findings"

// States of an entry's payload.
const (
	payloadNone = iota
	payloadKept
	payloadErased
	payloadNotCome
	payloadUnfit
)

// say appends an entry to the connected system's own journal: same format and same chain
// as a device's, signed with the log key. It returns the entry's place in the audit log.
func (g *Gate) say(ctx context.Context, tx *store.Tx, e journal.Entry, details *journal.Details) (int64, error) {
	keys := g.keys()
	self := identity.DeviceIDOf(keys.Log.Public())
	chain, err := ownChain(ctx, tx, self, keys.Parsed.Generation())
	if err != nil {
		return 0, fmt.Errorf("read own chain: %w", err)
	}
	now := g.now()
	e.Version, e.Device, e.Generation, e.Seq = 1, self, chain.Generation, chain.Last+1
	e.Prev, e.After, e.Clock = chain.Head[:], now, now

	var payload *journal.Payload
	if details != nil {
		p, err := journal.NewPayload(*details)
		if err != nil {
			return 0, err
		}
		if e.Payload, err = p.Commit(); err != nil {
			return 0, err
		}
		payload = &p
	}
	raw, err := e.Sign(func(c signed.Content) ([]byte, error) { return c.Sign(keys.Log) })
	if err != nil {
		return 0, err
	}
	r := rowOf(e, journal.HashOf(raw), raw)
	r.IsSystem, r.Covered, r.Verdict = 1, 1, journal.Follows.String()
	r.PersonID, r.ReceivedAt = string(e.Person), int64(now)
	if r.UnitSet, err = tx.UnitSetOf(ctx, r.PersonID); err != nil {
		return 0, err
	}
	if payload != nil {
		err := keepPayload(ctx, tx, &r, *payload, payloadSubject(&r))
		if errors.Is(err, store.ErrErased) { // the words are the system's own: who asked
			err = keepPayload(ctx, tx, &r, *payload, ownSubject(&r))
		}
		if err != nil {
			return 0, err
		}
	}
	leaf, err := leafOf(r).Hash()
	if err != nil {
		return 0, err
	}
	if err := addRow(ctx, tx, &r, leaf); err != nil {
		return 0, err
	}
	return r.ID, putChain(ctx, tx, e.Device, chain.Extend(e, raw))
}

// ownChain is how far the system's own journal goes in this generation of the audit log. The first entry
// of one names the head of the one before, as a device's does.
func ownChain(ctx context.Context, tx *store.Tx, self identity.DeviceID, generation uint64) (journal.Chain, error) {
	chain := journal.Chain{Generation: generation}
	rows, err := tx.Chains(ctx, string(self))
	if err != nil || len(rows) == 0 {
		return chain, err
	}
	newest := rows[0]
	if uint64(newest.Generation) == generation {
		chain.Last = uint64(newest.LastSeq)
	}
	copy(chain.Head[:], newest.Head)
	return chain, nil
}

// rowOf is the row of an entry of this hash: what was signed, and beside it what is searched for.
func rowOf(e journal.Entry, hash journal.Hash, raw []byte) sqlc.Entry {
	state := int64(payloadNone)
	if len(e.Payload) > 0 {
		state = payloadNotCome
	}
	r := sqlc.Entry{
		Hash: hash[:], Raw: raw, DeviceID: string(e.Device), Generation: int64(e.Generation), Seq: int64(e.Seq),
		Kind: string(e.Kind), Epoch: int64(e.Epoch), NotBefore: int64(e.After),
		Subject: string(e.Subject), RecordID: string(e.Record), AssignmentID: string(e.Assignment),
		Peer: string(e.Peer), Pair: some(e.Pair), Payload: []byte{}, PayloadState: state,
	}
	if state == payloadNotCome {
		r.PayloadSubject = payloadSubject(&r)
	}
	return r
}

// addRow gives the row its place in the audit log, and puts its leaf under the tree. Entries are numbered from 1 without
// gaps, leaves from 0.
func addRow(ctx context.Context, tx *store.Tx, r *sqlc.Entry, leaf audit.Hash) error {
	id, err := tx.NextPlace(ctx)
	if err != nil {
		return fmt.Errorf("number entry: %w", err)
	}
	r.ID, r.NotBefore = id, min(r.NotBefore, r.ReceivedAt) // whatever it says, it was said before it came
	tx.AddEntry(*r)
	return tx.GrowLog(ctx, id-1, leaf)
}

// keepPayload encrypts an entry's words under the key of the person they are about, or
// under a key of the entry's own.
func keepPayload(ctx context.Context, tx *store.Tx, r *sqlc.Entry, p journal.Payload, subject string) error {
	data, err := signed.Encode(p)
	if err != nil {
		return err
	}
	box, err := tx.Seal(ctx, subject, "entries:payload", hex.EncodeToString(r.Hash), data)
	if err != nil {
		return err
	}
	r.PayloadSubject, r.Payload, r.PayloadState = subject, box, payloadKept
	return nil
}

func payloadSubject(r *sqlc.Entry) string {
	if r.Subject != "" {
		return r.Subject
	}
	return ownSubject(r)
}

// ownSubject names a key that one entry has for itself; no data subject's ID holds a colon.
func ownSubject(r *sqlc.Entry) string { return "entry:" + hex.EncodeToString(r.Hash) }

// openPayload reads an entry's words; nil where they are gone or never came.
func openPayload(ctx context.Context, tx *store.Tx, r sqlc.Entry) (*journal.Payload, error) {
	if r.PayloadState != payloadKept {
		return nil, nil
	}
	data, err := tx.Open(ctx, r.PayloadSubject, "entries:payload", hex.EncodeToString(r.Hash), r.Payload)
	if err != nil {
		return nil, err
	}
	var p journal.Payload
	if err := signed.Decode(data, journal.PayloadLimit, &p); err != nil {
		return nil, fmt.Errorf("read payload: %w", err)
	}
	return &p, nil
}

// some is bytes for a column that is never NULL.
func some(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
