package verify

import (
	"fmt"
	"slices"

	"handslag/vault/journal/audit"
)

// compare holds every checkpoint against every other. Two over as many entries are the same or there were two
// logs; of others the smaller has to be what the larger one's tiles make of its size.
func (j *judging) compare() {
	slices.SortStableFunc(j.seen, func(a, b sighting) int { return int(min(max(a.Size-b.Size, -1), 1)) })
	for i, a := range j.seen {
		for _, b := range j.seen[i+1:] {
			if a.Size != b.Size || a.path == b.path && a.Root == b.Root || j.lost(a, b) {
				continue
			}
			if a.Root != b.Root {
				j.problem(a.path, "over %d entries it has another root than %s: there were two logs", a.Size, b.path)
			}
		}
	}
	proved := map[string]bool{} // by path
	for i := len(j.seen) - 1; i >= 0; i-- {
		if j.seen[i].read != nil {
			j.prove(j.seen[i], proved)
		}
	}
	largest := map[string]sighting{}
	for _, s := range j.seen {
		largest[s.path] = s
	}
	for _, path := range paths(j.seen) {
		if !proved[path] && len(largest) > 1 {
			j.result.NotCompared = append(j.result.NotCompared, fmt.Sprintf(
				"%s: its checkpoint over %d entries is compared with those of the same size only; tiles exported later compare it with the log as it went on", path, largest[path].Size))
		}
	}
}

// prove makes the root of each smaller checkpoint of the tiles of a larger one.
func (j *judging) prove(whole sighting, proved map[string]bool) {
	var sizes []int64
	for _, s := range j.seen {
		if s.Size > 0 && s.Size <= whole.Size {
			sizes = append(sizes, s.Size)
		}
	}
	made, err := audit.CheckTiles(whole.Checkpoint, whole.read, sizes...)
	if err != nil { // told already
		return
	}
	proved[whole.path] = true
	fits := map[string]bool{}
	for _, s := range j.seen {
		if s.path == whole.path || j.lost(s, whole) {
			continue
		}
		if s.Size > whole.Size { // older tiles say nothing of it
			fits[s.path] = false
			continue
		}
		if _, told := fits[s.path]; !told {
			fits[s.path] = true
		}
		if root := made.Roots[s.Size]; root != s.Root && s.Size < whole.Size {
			j.problem(s.path, "the log in %s, of %d entries, does not begin with the %d that it has seen: the log was rewritten", whole.path, whole.Size, s.Size)
		}
	}
	for path, all := range fits {
		proved[path] = proved[path] || all
	}
}

// lost reports whether two checkpoints need not fit: the log was restored from a backup between them, as the root
// key has said, and what one of them has beyond it went lost.
func (j *judging) lost(a, b sighting) bool {
	if a.InGeneration() > b.InGeneration() {
		a, b = b, a
	}
	size, restored := j.statement.Since(a.InGeneration())
	return restored && a.InGeneration() < b.InGeneration() && uint64(a.Size) > size
}

func paths(seen []sighting) (all []string) {
	for _, s := range seen {
		if !slices.Contains(all, s.path) {
			all = append(all, s.path)
		}
	}
	return all
}
