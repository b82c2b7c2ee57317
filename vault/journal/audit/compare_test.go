package audit_test

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"testing"

	"handslag/vault/journal/audit"
)

// exported is all tiles of a log, as files.
func exported(t testing.TB, l *log, leaves bool) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	size := int64(len(l.leaves))
	err := audit.Tiles(size, func(tile audit.Tile) (err error) {
		if files[tile.Path()], err = tile.Read(l); err != nil || !leaves || tile.Level != 0 {
			return err
		}
		first := tile.Index * audit.TileWidth
		tile.Level = audit.EntryLevel
		files[tile.Path()], err = audit.Bundle(l.leaves[first : first+int64(tile.Width)])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func readFrom(files map[string][]byte) audit.ReadTile {
	return func(path string) ([]byte, error) {
		if data, ok := files[path]; ok {
			return data, nil
		}
		return nil, fs.ErrNotExist
	}
}

func TestTilesMakeTheRootOfEverySize(t *testing.T) {
	for _, size := range []int{0, 1, 2, 255, 256, 257, 700} {
		l := (&log{t: t}).add(words(size)...)
		var at []int64
		want := map[int64]audit.Hash{}
		for n := 1; n <= size; n += 37 {
			at = append(at, int64(n))
			want[int64(n)] = (&log{t: t}).add(words(n)...).checkpoint().Root
		}
		c := l.checkpoint()
		if size == 0 {
			c.Root = audit.Hash{}
		}
		got, err := audit.CheckTiles(c, readFrom(exported(t, l, size%2 == 0)), at...)
		if err != nil || got.Leaves != (size > 0 && size%2 == 0) || !maps.Equal(got.Roots, want) {
			t.Errorf("%d leaves: %+v, %v", size, got.Leaves, err)
		}
	}
}

func TestTilesThatAreNotTheCheckpointsAreSeen(t *testing.T) {
	l := (&log{t: t}).add(words(700)...)
	c := l.checkpoint()
	for what, change := range map[string]func(map[string][]byte){
		"a leaf's hash":              func(f map[string][]byte) { f["tile/0/001"][5] ^= 1 },
		"the last leaf's hash":       func(f map[string][]byte) { f["tile/0/002.p/188"][187*32] ^= 1 },
		"a hash above":               func(f map[string][]byte) { f["tile/1/000.p/2"][40] ^= 1 },
		"a tile is missing":          func(f map[string][]byte) { delete(f, "tile/0/000") },
		"one above is missing":       func(f map[string][]byte) { delete(f, "tile/1/000.p/2") },
		"a tile is cut":              func(f map[string][]byte) { f["tile/0/000"] = f["tile/0/000"][:32] },
		"a tile has a hash too many": func(f map[string][]byte) { f["tile/0/000"] = append(f["tile/0/000"], make([]byte, 32)...) },
		"a leaf is missing at the end": func(f map[string][]byte) {
			path := "tile/entries/002.p/188"
			all, _ := audit.ReadBundle(f[path])
			f[path], _ = audit.Bundle(all[:len(all)-1])
		},
		"two change places":           func(f map[string][]byte) { f["tile/0/000"], f["tile/0/001"] = f["tile/0/001"], f["tile/0/000"] },
		"a leaf":                      func(f map[string][]byte) { f["tile/entries/001"][9] ^= 1 },
		"a bundle is missing":         func(f map[string][]byte) { delete(f, "tile/entries/001") },
		"a bundle is cut":             func(f map[string][]byte) { f["tile/entries/001"] = f["tile/entries/001"][:100] },
		"a bundle stands for another": func(f map[string][]byte) { f["tile/entries/001"] = f["tile/entries/000"] },
	} {
		files := exported(t, l, true)
		for path, data := range files {
			files[path] = bytes.Clone(data)
		}
		change(files)
		if _, err := audit.CheckTiles(c, readFrom(files)); !errors.Is(err, audit.ErrInconsistent) && !errors.Is(err, audit.ErrTile) {
			t.Errorf("%s: %v", what, err)
		}
	}
	other := c
	other.Size = 699
	if _, err := audit.CheckTiles(other, readFrom(exported(t, l, true))); err == nil {
		t.Error("another size's tiles are taken")
	}
	other = c
	other.Root[0] ^= 1
	if _, err := audit.CheckTiles(other, readFrom(exported(t, l, true))); !errors.Is(err, audit.ErrInconsistent) {
		t.Error("another root is taken", err)
	}
}
