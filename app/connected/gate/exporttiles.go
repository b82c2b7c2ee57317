package gate

import (
	"context"
	"errors"
	"fmt"

	"handslag/app/connected/gate/internal/store"
	"handslag/vault/journal"
	"handslag/vault/journal/audit"
)

// ExportedTiles is what ExportTiles wrote.
type ExportedTiles struct {
	Size  int64  `json:"size"` // entries in the log
	Root  string `json:"root"` // base64
	Tiles int    `json:"tiles"`
}

// ErrRewritten says that the log is not the one that was exported before.
var ErrRewritten = errors.New("the log does not begin with what was exported of it before")

const codeTiles = "tiles"

// ExportTiles writes the log as files that any web server can give and anybody check (C2SP tlog-tiles): tiles
// and, at last, the checkpoint; with the leaves it tells when things happened. Full tiles that are
// there from before are left alone. before is the checkpoint that was written then, of size 0 where there was none:
// a log that does not begin with it is not written over it.
func (g *Gate) ExportTiles(ctx context.Context, leaves bool, before audit.Checkpoint, have func(path string) bool, write func(path string, data []byte) error) (ExportedTiles, error) {
	out, err := g.exportTiles(ctx, leaves, before, have, write)
	if err != nil {
		return ExportedTiles{}, fmt.Errorf("export tiles: %w", err)
	}
	return out, nil
}

func (g *Gate) exportTiles(ctx context.Context, leaves bool, before audit.Checkpoint, have func(path string) bool, write func(path string, data []byte) error) (out ExportedTiles, err error) {
	err = g.store.Do(ctx, func(tx *store.Tx) error {
		_, err := g.say(ctx, tx, journal.Entry{Kind: journal.LogRead, Code: codeTiles}, &journal.Details{Reason: clip(g.config.Operator)})
		return err
	})
	if err != nil {
		return out, err
	}
	var now audit.Checkpoint
	err = g.store.Read(ctx, func(tx *store.Tx) error {
		if now, err = g.checkpoint(ctx, tx); err != nil || before.Size == 0 {
			return err
		}
		holds, err := g.holds(treeOf(ctx, tx), before)
		if err == nil && holds != begins {
			err = ErrRewritten
		}
		return err
	})
	if err != nil {
		return out, err
	}
	err = audit.Tiles(now.Size, func(t audit.Tile) error {
		all := []audit.Tile{t}
		if leaves && t.Level == 0 {
			all = append(all, audit.Tile{Level: audit.EntryLevel, Index: t.Index, Width: t.Width})
		}
		for _, t := range all {
			if t.Width == audit.TileWidth && have(t.Path()) {
				continue
			}
			data, err := g.exportTile(ctx, t)
			if err == nil {
				err = write(t.Path(), data)
			}
			if err != nil {
				return err
			}
			out.Tiles++
		}
		return nil
	})
	if err != nil {
		return out, err
	}
	note, err := g.sign(now)
	if err != nil {
		return out, err
	}
	out.Size, out.Root = now.Size, now.Root.String()
	return out, errors.Join(write("statement", g.keys().Statement), write("checkpoint", note))
}

// exportTile reads one in a transaction of its own: what is under a checkpoint never changes, and a transaction
// remembers what it has read.
func (g *Gate) exportTile(ctx context.Context, t audit.Tile) (data []byte, err error) {
	err = g.store.Read(ctx, func(tx *store.Tx) error {
		if t.Level != audit.EntryLevel {
			data, err = t.Read(tree{ctx, tx})
			return err
		}
		leaves, err := leavesOf(ctx, tx, t)
		if err == nil {
			data, err = audit.Bundle(leaves)
		}
		return err
	})
	return data, err
}
