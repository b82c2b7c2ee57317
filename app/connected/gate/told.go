package gate

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/bits"

	"handslag/app/connected/gate/internal/store"
	"handslag/identity"
	"handslag/vault/journal"
)

// What is noticed is an entry of the system's own: so it stands in the audit log, under its proofs, and leaves with
// it, once and in order, whatever becomes of the row that reviewers see. There is one when something is noticed
// first, one whenever it has been noticed twice as often as was told, and one when it closes: who hands in the
// same spoilt batch a thousand times makes ten entries.

// tellFindings says what became of findings in this transaction.
func (g *Gate) tellFindings(ctx context.Context, tx *store.Tx) error {
	for _, n := range tx.Noticed() {
		if bits.Len64(uint64(n.Times)) != bits.Len64(uint64(n.Before)) {
			if err := g.tellFinding(ctx, tx, journal.FindingNoted, n); err != nil {
				return err
			}
		}
		if n.Closed {
			if err := g.tellFinding(ctx, tx, journal.FindingClosed, n); err != nil {
				return err
			}
		}
	}
	return nil
}

func (g *Gate) tellFinding(ctx context.Context, tx *store.Tx, kind journal.Kind, n store.Noticed) error {
	e := journal.Entry{Kind: kind, Code: n.Code, Peer: identity.DeviceID(n.DeviceID), Person: identity.PersonID(n.PersonID), Count: uint64(n.Times), Pair: findingName(n)}
	if len(n.Hash) > 0 {
		e.Ref = n.Hash
	}
	if _, err := g.say(ctx, tx, e, nil); err != nil {
		return fmt.Errorf("tell of a finding: %w", err)
	}
	return nil
}

// findingName is the finding's for good, in all that tells of it: a hash of what makes it one. Its number is another's
// after a restore.
func findingName(n store.Noticed) []byte {
	h := sha256.New()
	h.Write([]byte("handslag/1/finding\x00"))
	for _, part := range [][]byte{[]byte(n.Code), []byte(n.DeviceID), n.Hash} {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		h.Write(part)
	}
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(n.Generation)))
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(n.Seq)))
	return h.Sum(nil)
}
