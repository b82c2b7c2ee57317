package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// row is one line of a benchmark: "BenchmarkFamily/name-2  100  12 ns/op  3 allocs/op".
type row struct {
	family string
	name   string // what follows the family, "" where nothing does
	units  []string
	values map[string]float64 // by unit
}

// measured are rows in the order in which they came.
type measured []row

func parseRow(line string) (row, bool) {
	fields := strings.Fields(line)
	rest, ok := strings.CutPrefix(line, "Benchmark")
	if !ok || len(fields) < 4 || len(fields)%2 != 0 {
		return row{}, false
	}
	full, _, _ := strings.Cut(rest, " ")
	full, _, _ = strings.Cut(full, "\t")
	if at := strings.LastIndexByte(full, '-'); at > 0 { // GOMAXPROCS
		if _, err := strconv.Atoi(full[at+1:]); err == nil {
			full = full[:at]
		}
	}
	r := row{values: map[string]float64{}}
	r.family, r.name, _ = strings.Cut(full, "/")
	r.name = strings.ReplaceAll(r.name, "_", " ")
	if _, err := strconv.Atoi(fields[1]); err != nil {
		return row{}, false
	}
	for i := 2; i < len(fields); i += 2 {
		value, err := strconv.ParseFloat(fields[i], 64)
		if err != nil {
			return row{}, false
		}
		r.units = append(r.units, fields[i+1])
		r.values[fields[i+1]] = value
	}
	return r, true
}

// table shows a family's rows, a column for each unit that any of them has.
func (all measured) table(w io.Writer, family string) {
	var units []string
	for _, r := range all {
		for _, u := range r.units {
			if r.family == family && !slices.Contains(units, u) {
				units = append(units, u)
			}
		}
	}
	fmt.Fprintf(w, "\n%s\n", family)
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(out, "\t%s\t\n", strings.Join(units, "\t"))
	for _, r := range all {
		if r.family != family {
			continue
		}
		fmt.Fprintf(out, "%s\t", r.name)
		for _, u := range units {
			cell := ""
			if v, ok := r.values[u]; ok {
				cell = show(v, u)
			}
			fmt.Fprintf(out, "%s\t", cell)
		}
		fmt.Fprintln(out)
	}
	out.Flush()
}

// show is a value as people read it: nanoseconds as a time, the rest in as many digits as say something.
func show(v float64, unit string) string {
	if strings.HasPrefix(unit, "ns") {
		d := time.Duration(v)
		switch {
		case d >= time.Second:
			return d.Round(10 * time.Millisecond).String()
		case d >= time.Millisecond:
			return d.Round(10 * time.Microsecond).String()
		case d >= time.Microsecond:
			return d.Round(100 * time.Nanosecond).String()
		}
		return strconv.FormatFloat(v, 'g', 3, 64) + "ns"
	}
	if v >= 100 || v == float64(int64(v)) {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}
