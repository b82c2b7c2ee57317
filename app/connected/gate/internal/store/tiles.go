package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/bits"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"handslag/app/connected/gate/internal/store/sqlc"
)

// The audit log's tree is kept as tiles (C2SP tlog-tiles): of each eighth level all hashes, 256 neighbours to a row. A
// full one is written once and never again; the last of each level is written anew when it grows. What stands
// between these levels is made of a tile.

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
)

// ErrTile says that a tile of the tree is not as long as the log says.
var ErrTile = errors.New("a tile of the audit log's tree is damaged")

// tileAt names a tile.
type tileAt struct{ level, number int64 }

// GrowLog puts leaf n, from 0, which is the next, under the tree, with the hashes of each level above that it completes.
func (tx *Tx) GrowLog(ctx context.Context, n int64, leaf tlog.Hash) error {
	if tx.end.edge == nil {
		if err := tx.readEdge(ctx, n); err != nil {
			return fmt.Errorf("grow the log: %w", err)
		}
	}
	hash := leaf
	for level := 0; ; level++ {
		if level%tileHeight == 0 {
			if err := tx.growTile(ctx, tileAt{int64(level / tileHeight), n >> level / tileWidth}, n>>level%tileWidth, hash); err != nil {
				return fmt.Errorf("grow the log: hash %d of level %d: %w", n>>level, level, err)
			}
		}
		if n>>level&1 == 0 {
			tx.end.edge = append(tx.end.edge, hash)
			return nil
		}
		last := len(tx.end.edge) - 1
		if last < 0 {
			return fmt.Errorf("grow the log: leaf %d: %w", n, ErrTile)
		}
		hash = tlog.NodeHash(tx.end.edge[last], hash)
		tx.end.edge = tx.end.edge[:last]
	}
}

// readEdge reads the roots of the whole subtrees that the first n leaves make, largest first: all that the next needs.
func (tx *Tx) readEdge(ctx context.Context, n int64) (err error) {
	var at []int64
	for level := bits.Len64(uint64(n)) - 1; level >= 0; level-- {
		if n>>level&1 == 1 {
			at = append(at, tlog.StoredHashIndex(level, n>>level-1))
		}
	}
	if tx.end.edge, err = tx.ReadHashes(ctx, at); err == nil && tx.end.edge == nil {
		tx.end.edge = []tlog.Hash{}
	}
	return err
}

// growTile adds a hash to a tile that has so many.
func (tx *Tx) growTile(ctx context.Context, at tileAt, have int64, hash tlog.Hash) error {
	if _, ok := tx.end.tiles[at]; !ok && have > 0 {
		if err := tx.readTiles(ctx, []tileAt{at}); err != nil {
			return err
		}
	}
	if int64(len(tx.end.tiles[at])) != have*tlog.HashSize {
		return fmt.Errorf("%w: %d bytes before it", ErrTile, len(tx.end.tiles[at]))
	}
	tx.end.tiles[at] = append(tx.end.tiles[at], hash[:]...)
	tx.end.grown[at] = true
	return nil
}

// ReadHashes is tlog.HashReader's, by the hashes' stored indexes, in one question. A hash that is not there is ErrTile.
func (tx *Tx) ReadHashes(ctx context.Context, at []int64) ([]tlog.Hash, error) {
	var lacking []tileAt
	for _, id := range at {
		t := tlog.TileForIndex(tileHeight, id)
		name := tileAt{int64(t.L), t.N}
		if tx.end.tiles[name] == nil && !slices.Contains(lacking, name) {
			lacking = append(lacking, name)
		}
	}
	if err := tx.readTiles(ctx, lacking); err != nil {
		return nil, err
	}
	out := make([]tlog.Hash, len(at))
	for i, id := range at {
		t := tlog.TileForIndex(tileHeight, id)
		data := tx.end.tiles[tileAt{int64(t.L), t.N}]
		if len(data) < t.W*tlog.HashSize {
			return nil, fmt.Errorf("read hash %d of the log: %w", id, ErrTile)
		}
		hash, err := tlog.HashFromTile(t, data[:t.W*tlog.HashSize], id)
		if err != nil {
			return nil, fmt.Errorf("read hash %d of the log: %w", id, err)
		}
		out[i] = hash
	}
	return out, nil
}

// readTiles reads tiles, some at once. One that is not there is empty.
func (tx *Tx) readTiles(ctx context.Context, all []tileAt) error {
	for some := range slices.Chunk(all, tx.names) {
		if err := tx.readSomeTiles(ctx, some); err != nil {
			return fmt.Errorf("read tiles: %w", err)
		}
	}
	return nil
}

func (tx *Tx) readSomeTiles(ctx context.Context, some []tileAt) error {
	var a arguments
	var each []string
	for _, t := range some {
		tx.end.tiles[t] = []byte{}
		each = append(each, "level = "+a.add(t.level)+" AND number = "+a.add(t.number))
	}
	rows, err := tx.asks.QueryContext(ctx, "SELECT level, number, hashes FROM log_tiles WHERE "+strings.Join(each, " OR "), a...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var t tileAt
		var hashes []byte
		if err := rows.Scan(&t.level, &t.number, &hashes); err != nil {
			return err
		}
		if len(hashes)%tlog.HashSize != 0 || len(hashes) > tileWidth*tlog.HashSize {
			return fmt.Errorf("number %d of level %d: %w", t.number, t.level, ErrTile)
		}
		tx.end.tiles[t] = hashes
	}
	return rows.Err()
}

// putTiles writes those that have grown.
func (tx *Tx) putTiles(ctx context.Context) error {
	inOrder := func(a, b tileAt) int { return cmp.Or(cmp.Compare(a.level, b.level), cmp.Compare(a.number, b.number)) }
	for _, t := range slices.SortedFunc(maps.Keys(tx.end.grown), inOrder) {
		if err := tx.PutTile(ctx, sqlc.PutTileParams{Level: t.level, Number: t.number, Hashes: tx.end.tiles[t]}); err != nil {
			return fmt.Errorf("write tile %d of level %d: %w", t.number, t.level, err)
		}
	}
	return nil
}
