package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// growth shows what one record or entry costs, from size to size: where that stays the same,
// the whole grows as its number does. It takes rows whose name has a number among its parts, and
// a cost for each.
func (all measured) growth(w io.Writer) {
	costs := map[string]map[int]string{} // by what is done and size
	var order []string
	sizes := map[int]bool{}
	for _, r := range all {
		what, size, ok := sized(r)
		if !ok {
			continue
		}
		for _, unit := range r.units {
			if !strings.HasSuffix(unit, "/record") && !strings.HasSuffix(unit, "/entry") || strings.HasPrefix(unit, "B/") || strings.HasPrefix(unit, "plain-B") {
				continue
			}
			if costs[what] == nil {
				costs[what] = map[int]string{}
				order = append(order, what)
			}
			costs[what][size], sizes[size] = show(r.values[unit], unit), true
		}
	}
	if len(order) == 0 {
		return
	}
	fmt.Fprintln(w, "\nGrowth: what one costs among so many")
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	columns := slices.Sorted(maps.Keys(sizes))
	for _, size := range columns {
		fmt.Fprintf(out, "\t%d", size)
	}
	fmt.Fprintln(out)
	for _, what := range order {
		fmt.Fprintf(out, "  %s", what)
		for _, size := range columns {
			fmt.Fprintf(out, "\t%s", costs[what][size])
		}
		fmt.Fprintln(out)
	}
	out.Flush()
}

// sized takes the number out of a row's name.
func sized(r row) (what string, size int, ok bool) {
	parts := strings.Split(r.name, "/")
	for i, part := range parts {
		if n, err := strconv.Atoi(part); err == nil {
			return strings.Join(append([]string{r.family}, slices.Delete(slices.Clone(parts), i, i+1)...), ", "), n, true
		}
	}
	return "", 0, false
}
