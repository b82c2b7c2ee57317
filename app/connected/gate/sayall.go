package gate

import (
	"context"
	"fmt"

	"handslag/app/connected/gate/internal/store"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
	"handslag/vault/journal/audit"
)

// sayAll is say for many entries without words, each following the one before. None waits for the signature of
// another, since an entry names what the one before says and not its signature.
func (g *Gate) sayAll(ctx context.Context, tx *store.Tx, all []journal.Entry) error {
	if len(all) == 0 {
		return nil
	}
	keys := g.keys()
	self := identity.DeviceIDOf(keys.Log.Public())
	chain, err := ownChain(ctx, tx, self, keys.Parsed.Generation())
	if err != nil {
		return fmt.Errorf("read own chain: %w", err)
	}
	now := g.now()
	contents, hashes := make([]signed.Content, len(all)), make([]journal.Hash, len(all))
	for i := range all {
		e, prev := &all[i], chain.Head
		e.Version, e.Device, e.Generation, e.Seq = 1, self, chain.Generation, chain.Last+1
		e.Prev, e.After, e.Clock = prev[:], now, now
		if contents[i], err = e.Unsigned(); err != nil {
			return err
		}
		hashes[i] = journal.HashOfContent(contents[i])
		chain = chain.After(*e, hashes[i])
	}
	raw, leaves := make([][]byte, len(all)), make([]audit.Hash, len(all))
	err = signed.SideBySide(len(all), func(i int) (err error) {
		if raw[i], err = contents[i].Sign(keys.Log); err == nil {
			leaves[i], err = audit.NewLeaf(raw[i], now).Hash()
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("sign entries: %w", err)
	}
	for i, e := range all {
		r := rowOf(e, hashes[i], raw[i])
		r.IsSystem, r.Covered, r.Verdict = 1, 1, journal.Follows.String()
		r.PersonID, r.ReceivedAt = string(e.Person), int64(now)
		if r.UnitSet, err = tx.UnitSetOf(ctx, r.PersonID); err != nil {
			return err
		}
		if err := addRow(ctx, tx, &r, leaves[i]); err != nil {
			return err
		}
	}
	return putChain(ctx, tx, self, chain)
}
