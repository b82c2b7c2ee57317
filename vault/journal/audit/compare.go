package audit

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"

	"golang.org/x/mod/sumdb/tlog"
)

// Whoever has all tiles of a log trusts nobody for what it holds: the root is made anew from them, and with
// it that of every smaller log that somebody else has seen.

// peaks are the roots of the full subtrees of a log that grows leaf by leaf, the largest first.
type peaks struct {
	size   int64
	hashes []Hash
}

// add puts a leaf at the end. grown is told each full subtree that ends there, by its height.
func (p *peaks) add(leaf Hash, grown func(height int, root Hash) error) error {
	p.hashes = append(p.hashes, leaf)
	p.size++
	if err := grown(0, leaf); err != nil {
		return err
	}
	for height, n := 1, p.size; n%2 == 0; height, n = height+1, n/2 {
		last := len(p.hashes) - 1
		p.hashes = append(p.hashes[:last-1], tlog.NodeHash(p.hashes[last-1], p.hashes[last]))
		if err := grown(height, p.hashes[last-1]); err != nil {
			return err
		}
	}
	return nil
}

// root is that of the log so far; of nothing there is none.
func (p *peaks) root() Hash {
	if len(p.hashes) == 0 {
		return Hash{}
	}
	last := len(p.hashes) - 1
	root := p.hashes[last]
	for i := last - 1; i >= 0; i-- {
		root = tlog.NodeHash(p.hashes[i], root)
	}
	return root
}

// ReadTile gives the bytes of a tile by its path; fs.ErrNotExist where there is none.
type ReadTile func(path string) ([]byte, error)

// Whole is what CheckTiles found.
type Whole struct {
	Roots  map[int64]Hash // of the sizes that were asked about
	Leaves bool           // the leaves were there too, and are those that the hashes are of
}

// CheckTiles reads every tile that c asks for and makes its root anew, and those of the sizes in at. The error is
// ErrTile where a tile is missing or is none, and ErrInconsistent where it is not c's.
func CheckTiles(c Checkpoint, read ReadTile, at ...int64) (Whole, error) {
	w := checking{c: c, read: read, whole: Whole{Roots: map[int64]Hash{}, Leaves: c.Size > 0}}
	for _, size := range at {
		w.whole.Roots[size] = Hash{}
	}
	for index := int64(0); index*TileWidth < c.Size; index++ {
		if err := w.tile(index); err != nil {
			return Whole{}, err
		}
	}
	for level := 1; level <= maxLevel; level++ {
		if err := w.compare(level); err != nil {
			return Whole{}, err
		}
	}
	if w.log.root() != c.Root {
		return Whole{}, fmt.Errorf("check tiles: the root over %d leaves is another than the checkpoint's: %w", c.Size, ErrInconsistent)
	}
	return w.whole, nil
}

type checking struct {
	c     Checkpoint
	read  ReadTile
	log   peaks
	above [maxLevel + 1][]Hash // the tile of each level that is being made
	done  [maxLevel + 1]int64  // and how many of it are
	whole Whole
}

// tile takes in a tile of leaves' hashes.
func (w *checking) tile(index int64) error {
	t := Tile{0, index, int(min(w.c.Size-index*TileWidth, TileWidth))}
	data, err := w.get(t)
	if err != nil {
		return err
	}
	if w.whole.Leaves {
		if err := w.leaves(t, data); err != nil {
			return err
		}
	}
	for i := range t.Width {
		err := w.log.add(Hash(data[i*len(Hash{}):(i+1)*len(Hash{})]), func(height int, root Hash) error {
			level := height / tileHeight
			if height == 0 || height%tileHeight != 0 || level > maxLevel {
				return nil
			}
			if w.above[level] = append(w.above[level], root); len(w.above[level]) < TileWidth {
				return nil
			}
			return w.compare(level)
		})
		if err != nil {
			return err
		}
		if _, asked := w.whole.Roots[w.log.size]; asked {
			w.whole.Roots[w.log.size] = w.log.root()
		}
	}
	return nil
}

func (w *checking) get(t Tile) ([]byte, error) {
	data, err := w.read(t.Path())
	if err != nil {
		return nil, fmt.Errorf("check %s: %w: %w", t.Path(), ErrTile, err)
	}
	if len(data) != t.Width*len(Hash{}) {
		return nil, fmt.Errorf("check %s: %w: %d bytes", t.Path(), ErrTile, len(data))
	}
	return data, nil
}

// compare holds what was made of a level's tile against the tile that is there.
func (w *checking) compare(level int) error {
	made := w.above[level]
	if len(made) == 0 {
		return nil
	}
	t := Tile{level, w.done[level], len(made)}
	data, err := w.get(t)
	if err != nil {
		return err
	}
	for i, h := range made {
		if !bytes.Equal(data[i*len(h):(i+1)*len(h)], h[:]) {
			return fmt.Errorf("check %s: it is not over the tiles below it: %w", t.Path(), ErrInconsistent)
		}
	}
	w.above[level], w.done[level] = made[:0], w.done[level]+1
	return nil
}

// leaves holds a bundle against its hashes; the first that is missing says that there are none.
func (w *checking) leaves(t Tile, hashes []byte) error {
	t.Level = EntryLevel
	data, err := w.read(t.Path())
	if errors.Is(err, fs.ErrNotExist) && t.Index == 0 {
		w.whole.Leaves = false
		return nil
	}
	if err != nil {
		return fmt.Errorf("check %s: %w: %w", t.Path(), ErrTile, err)
	}
	all, err := ReadBundle(data)
	if err != nil || len(all) != t.Width {
		return fmt.Errorf("check %s: %w: not %d leaves", t.Path(), ErrTile, t.Width)
	}
	for i, leaf := range all {
		h, err := leaf.Hash()
		if err != nil {
			return err
		}
		if !bytes.Equal(h[:], hashes[i*len(h):(i+1)*len(h)]) {
			return fmt.Errorf("check %s: leaf %d is not the one that was hashed: %w", t.Path(), t.Index*TileWidth+int64(i), ErrInconsistent)
		}
	}
	return nil
}
