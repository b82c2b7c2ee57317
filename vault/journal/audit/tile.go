package audit

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"handslag/identity/signed"
)

// The log's hashes, and its leaves, as tiles of up to 256 (C2SP tlog-tiles): whoever has the tiles that a
// checkpoint's size asks for can make every proof by themselves.

// Tile is one, of hashes or, at Level EntryLevel, of leaves.
type Tile struct {
	Level int   // from 0; or EntryLevel
	Index int64 // in its level, from 0
	Width int   // hashes or leaves in it, 1 to TileWidth
}

const (
	TileWidth  = 256
	EntryLevel = -1
	tileHeight = 8
	maxLevel   = 7 // of a log that an int64 counts
	// BundleLimit bounds the bytes of a bundle of leaves.
	BundleLimit = TileWidth * (2 + maxLeaf)
	maxLeaf     = 64 // bytes of a leaf, encoded
)

// ErrTile says that there is no such tile, or that it is not the log's.
var ErrTile = errors.New("not a tile of the log")

func (t Tile) tlog() tlog.Tile {
	return tlog.Tile{H: tileHeight, L: t.Level, N: t.Index, W: t.Width}
}

// Path is where the tile lies below the log's prefix: tile/LEVEL/INDEX, or tile/entries/INDEX.
func (t Tile) Path() string {
	path := strings.TrimPrefix(t.tlog().Path(), "tile/8/")
	if rest, ok := strings.CutPrefix(path, "data/"); ok {
		path = "entries/" + rest
	}
	return "tile/" + path
}

// ParseTile reads what Path wrote, and nothing else.
func ParseTile(path string) (Tile, error) {
	rest, ok := strings.CutPrefix(path, "tile/")
	if entries, is := strings.CutPrefix(rest, "entries/"); is {
		rest = "data/" + entries
	}
	parsed, err := tlog.ParseTilePath("tile/8/" + rest)
	t := Tile{Level: parsed.L, Index: parsed.N, Width: parsed.W}
	if !ok || err != nil || t.Level > maxLevel || t.Path() != path {
		return Tile{}, fmt.Errorf("read tile's path: %w", ErrTile)
	}
	return t, nil
}

// In reports whether a log of so many leaves has the tile.
func (t Tile) In(size int64) bool {
	span := int64(1) << (tileHeight * max(t.Level, 0)) // leaves below one hash
	return t.Level >= EntryLevel && t.Level <= maxLevel && t.Index >= 0 && t.Width > 0 && t.Width <= TileWidth &&
		t.Index <= size/span/TileWidth && t.Index*TileWidth+int64(t.Width) <= size/span
}

// Tiles are those of a log of so many leaves, level by level: the full ones, and the partial one at each
// level's end. each is asked about one after the other and ends it with an error.
func Tiles(size int64, each func(Tile) error) error {
	for level := range maxLevel + 1 {
		n := size >> (tileHeight * level) // hashes at this level
		for index := int64(0); index*TileWidth < n; index++ {
			if err := each(Tile{level, index, int(min(n-index*TileWidth, TileWidth))}); err != nil {
				return err
			}
		}
	}
	return nil
}

// Read makes the tile's bytes of a log's stored hashes.
func (t Tile) Read(hashes tlog.HashReader) ([]byte, error) {
	if t.Level == EntryLevel {
		return nil, fmt.Errorf("read tile: %w: hashes make no leaves", ErrTile)
	}
	data, err := tlog.ReadTileData(t.tlog(), hashes)
	if err != nil {
		return nil, fmt.Errorf("read tile: %w", err)
	}
	return data, nil
}

// Bundle is leaves as the bytes of a tile: each behind its length, 16 bits.
func Bundle(leaves []Leaf) ([]byte, error) {
	var out []byte
	for _, leaf := range leaves {
		data, err := leaf.Encode()
		if err != nil {
			return nil, err
		}
		out = binary.BigEndian.AppendUint16(out, uint16(len(data)))
		out = append(out, data...)
	}
	return out, nil
}

// ReadBundle reads what Bundle wrote.
func ReadBundle(data []byte) ([]Leaf, error) {
	if len(data) > BundleLimit {
		return nil, fmt.Errorf("read leaves: %w", signed.ErrTooLarge)
	}
	var leaves []Leaf
	for len(data) > 0 {
		if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
			return nil, fmt.Errorf("read leaves: %w: cut short", ErrTile)
		}
		size := int(binary.BigEndian.Uint16(data))
		var leaf Leaf
		if err := signed.Decode(data[2:2+size], maxLeaf, &leaf); err != nil {
			return nil, fmt.Errorf("read leaves: %w: %w", ErrTile, err)
		}
		leaves, data = append(leaves, leaf), data[2+size:]
	}
	return leaves, nil
}
