package record

import (
	"bytes"
	"cmp"
	"slices"

	"handslag/vault/journal"
)

// MaxHeads bounds how many operations one can name as seen. Whoever sees more has not seen the rest.
const MaxHeads = journal.MaxHeads

// seen is which of a set's operations each of them had seen.
type seen struct {
	ops   []Operation
	at    map[journal.Hash]int
	of    [][]uint64 // of each operation those that it had seen, a bit for each
	depth []int      // how many stand above each other below it
}

func newSeen(ops []Operation) *seen {
	g := &seen{ops: ops, at: make(map[journal.Hash]int, len(ops)), of: make([][]uint64, len(ops)), depth: make([]int, len(ops))}
	for i, o := range ops {
		g.at[o.Hash] = i
	}
	for i := range ops {
		g.visit(i)
	}
	return g
}

// visit fills in what operation i had seen. Hashes make no circle; one that somebody invented ends where
// it is noticed.
func (g *seen) visit(i int) {
	if g.of[i] != nil {
		return
	}
	g.of[i] = make([]uint64, (len(g.ops)+63)/64)
	for _, head := range g.ops[i].Heads {
		j, known := g.at[head]
		if !known || j == i {
			continue
		}
		g.visit(j)
		for w, bits := range g.of[j] {
			g.of[i][w] |= bits
		}
		g.of[i][j/64] |= 1 << (j % 64)
		g.depth[i] = max(g.depth[i], g.depth[j]+1)
	}
}

// has reports whether operation i had seen operation j.
func (g *seen) has(i, j int) bool { return g.of[i][j/64]&(1<<(j%64)) != 0 }

// SeenBy are those of ops that the writer of one of them had seen.
func SeenBy(ops []Operation, one journal.Hash) []Operation {
	g := newSeen(Join(ops, nil))
	at, known := g.at[one]
	var seen []Operation
	for i, o := range g.ops {
		if known && g.has(at, i) {
			seen = append(seen, o)
		}
	}
	return seen
}

// compare orders operations to be read one after the other: first as the connected system got them, then
// what has seen more behind what it has seen.
func (g *seen) compare(x, y Operation) int {
	return cmp.Or(cmp.Compare(x.Order-1, y.Order-1), // those without an order come last
		cmp.Compare(g.depth[g.at[x.Hash]], g.depth[g.at[y.Hash]]), bytes.Compare(x.Hash[:], y.Hash[:]))
}

// heads are the operations that no other has seen, ascending, at most MaxHeads.
func (g *seen) heads() []journal.Hash {
	var heads []journal.Hash
	for i, o := range g.ops {
		if !slices.ContainsFunc(g.of, func(bits []uint64) bool { return bits[i/64]&(1<<(i%64)) != 0 }) {
			heads = append(heads, o.Hash)
		}
	}
	slices.SortFunc(heads, func(x, y journal.Hash) int { return bytes.Compare(x[:], y[:]) })
	return heads[:min(len(heads), MaxHeads)]
}
