package audit_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"handslag/vault/journal/audit"
)

// The example of C2SP tlog-tiles: 70,000 leaves.
func TestALogHasTheTilesThatC2SPSays(t *testing.T) {
	count := func(size int64) (full, partial map[int]int, widths []int) {
		full, partial = map[int]int{}, map[int]int{}
		err := audit.Tiles(size, func(tile audit.Tile) error {
			if !tile.In(size) || tile.In(size-1) && tile.Width < audit.TileWidth && tile.Level == 0 {
				t.Errorf("%s is not at the end of %d leaves", tile.Path(), size)
			}
			if tile.Width == audit.TileWidth {
				full[tile.Level]++
			} else {
				partial[tile.Level]++
				widths = append(widths, tile.Width)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return full, partial, widths
	}
	full, partial, widths := count(70_000)
	if full[0] != 273 || full[1] != 1 || len(full) != 2 || partial[0] != 1 || partial[1] != 1 || partial[2] != 1 || !slices.Equal(widths, []int{112, 17, 1}) {
		t.Errorf("70,000 leaves have %v and %v, %v wide", full, partial, widths)
	}
	if full, partial, widths = count(256); full[0] != 1 || len(partial) != 1 || !slices.Equal(widths, []int{1}) {
		t.Errorf("256 leaves have %v and %v", full, partial)
	}
	if full, partial, _ = count(0); len(full)+len(partial) != 0 {
		t.Errorf("nothing has %v and %v", full, partial)
	}
}

func TestATileIsNamedInOneWay(t *testing.T) {
	for path, want := range map[string]audit.Tile{
		"tile/0/x001/x234/067":      {Level: 0, Index: 1234067, Width: 256},
		"tile/1/000.p/17":           {Level: 1, Index: 0, Width: 17},
		"tile/entries/000":          {Level: audit.EntryLevel, Index: 0, Width: 256},
		"tile/entries/x001/000.p/1": {Level: audit.EntryLevel, Index: 1000, Width: 1},
	} {
		if got, err := audit.ParseTile(path); err != nil || got != want || got.Path() != path {
			t.Errorf("%s is %+v, %v", path, got, err)
		}
	}
	for _, bad := range []string{"", "tile", "tile/", "tile/0", "tile/0/0", "tile/0/00", "tile/00/000", "tile/0/x000/001", "tile/0/000.p/0", "tile/0/000.p/256",
		"tile/0/000.p/01", "tile/8/000", "tile/-1/000", "tile/data/000", "tile/8/0/000", "0/000", "tile/0/../000", "tile/entries/entries/000", "tile/0/x999/x999/x999/x999/x999/x999/x999/999"} {
		if got, err := audit.ParseTile(bad); !errors.Is(err, audit.ErrTile) {
			t.Errorf("%q is %+v, %v", bad, got, err)
		}
	}
	for _, no := range []audit.Tile{{0, 0, 101}, {0, 1, 1}, {1, 0, 1}, {0, -1, 256}, {-2, 0, 1}, {8, 0, 1}, {0, 1 << 62, 256}, {0, 0, 0}, {7, 1 << 62, 1}} {
		if no.In(100) {
			t.Errorf("100 leaves have %+v", no)
		}
	}
}

// A tile's hashes are those that the log library makes proofs of.
func TestATileHoldsTheLogsHashes(t *testing.T) {
	l := (&log{t: t}).add(words(600)...)
	tile := audit.Tile{Level: 1, Index: 0, Width: 2}
	data, err := tile.Read(l)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		part := &log{t: t}
		part.add(words(600)[i*256 : (i+1)*256]...)
		if root := part.checkpoint().Root; !bytes.Equal(data[i*32:(i+1)*32], root[:]) {
			t.Errorf("hash %d is not its subtree's", i)
		}
	}
	if _, err := (audit.Tile{Level: audit.EntryLevel, Width: 1}).Read(l); !errors.Is(err, audit.ErrTile) {
		t.Error("hashes are called leaves")
	}
}

func TestABundleHoldsTheLeaves(t *testing.T) {
	l := (&log{t: t}).add(words(300)...)
	data, err := audit.Bundle(l.leaves[:256])
	if err != nil {
		t.Fatal(err)
	}
	back, err := audit.ReadBundle(data)
	if err != nil || len(back) != 256 || len(data) > audit.BundleLimit {
		t.Fatal(len(back), len(data), err)
	}
	for i, leaf := range back {
		h, err := leaf.Hash()
		if err != nil || h != l.hashes[tlog.StoredHashIndex(0, int64(i))] {
			t.Fatalf("leaf %d is another: %v", i, err)
		}
	}
	if _, err := audit.ReadBundle(data[:len(data)-1]); !errors.Is(err, audit.ErrTile) {
		t.Errorf("cut short: %v", err)
	}
	if _, err := audit.ReadBundle(make([]byte, audit.BundleLimit+1)); err == nil {
		t.Error("it has no end")
	}
}

func FuzzParseTile(f *testing.F) {
	for _, seed := range []string{"tile/0/x001/x234/067", "tile/1/000.p/17", "tile/entries/000.p/3", "tile/0/"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		if tile, err := audit.ParseTile(path); err == nil && (tile.Path() != path || tile.Index < 0 || tile.Width < 1) {
			t.Fatalf("%q is %+v", path, tile)
		}
	})
}

func FuzzReadBundle(f *testing.F) {
	l := (&log{t: f}).add(words(3)...)
	data, err := audit.Bundle(l.leaves)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte{0, 1, 0x80})
	f.Fuzz(func(t *testing.T, in []byte) {
		leaves, err := audit.ReadBundle(in)
		if err != nil {
			return
		}
		if again, err := audit.Bundle(leaves); err != nil || !bytes.Equal(again, in) {
			t.Fatalf("%x reads back as %x, %v", in, again, err)
		}
	})
}
