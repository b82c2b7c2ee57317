package gate

import (
	"context"
	"fmt"
	"net/url"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/sync/link"
	"handslag/vault/journal"
	"handslag/vault/journal/audit"
)

// Tile is a tile of the audit log's hashes by its path below the log's prefix (C2SP tlog-tiles).
func (c *Call) Tile(path string) ([]byte, error) {
	t, err := c.tile(path, false)
	if err != nil {
		return nil, err
	}
	return t.Read(tree{c.ctx, c.tx})
}

// Bundle is a bundle of the audit log's leaves: of each entry the hash, and when it came. To look at when
// something happened is an entry of its own.
func (c *Call) Bundle(path string) ([]byte, error) {
	t, err := c.tile(path, true)
	if err != nil {
		return nil, err
	}
	if err := c.looked(url.Values{"leaves": {path}}.Encode()); err != nil {
		return nil, err
	}
	leaves, err := leavesOf(c.ctx, c.tx, t)
	if err != nil {
		return nil, err
	}
	return audit.Bundle(leaves)
}

// looked is the entry that the caller looks at what the route shows of the log.
func (c *Call) looked(what string) error {
	_, err := c.g.say(c.ctx, c.tx, journal.Entry{
		Kind: journal.LogRead, Person: c.Person.ID, Peer: identity.DeviceID(c.device.ID), Route: c.route.Path,
	}, &journal.Details{Note: clip(what)})
	return err
}

// tile is the tile that a path names, where the log has it.
func (c *Call) tile(path string, leaves bool) (audit.Tile, error) {
	t, err := audit.ParseTile(path)
	if err != nil || leaves != (t.Level == audit.EntryLevel) {
		return t, Refuse(link.CodeNotFound)
	}
	size, err := c.tx.Places(c.ctx)
	if err != nil {
		return t, err
	}
	if !t.In(size) {
		return t, Refuse(link.CodeNotFound)
	}
	return t, nil
}

// leavesOf are the leaves in a bundle.
func leavesOf(ctx context.Context, tx *store.Tx, t audit.Tile) ([]audit.Leaf, error) {
	first := t.Index * audit.TileWidth
	rows, err := tx.EntriesFrom(ctx, sqlc.EntriesFromParams{After: first, Rows: int32(t.Width)})
	if err != nil {
		return nil, fmt.Errorf("read entries: %w", err)
	}
	leaves := make([]audit.Leaf, 0, len(rows))
	for i, r := range rows {
		if r.ID != first+int64(i)+1 {
			break
		}
		leaves = append(leaves, leafOf(r))
	}
	if len(leaves) != t.Width {
		return nil, errTree
	}
	return leaves, nil
}
