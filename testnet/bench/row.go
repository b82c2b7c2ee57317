package main

import (
	"fmt"
	"io"
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

// table shows a family's rows, each with its time and then what else it says of itself.
func (all measured) table(w io.Writer, family string) {
	fmt.Fprintf(w, "\n%s\n", family)
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, r := range all {
		if r.family != family {
			continue
		}
		fmt.Fprintf(out, "  %s", r.name)
		for _, unit := range r.units {
			if unit != "B/op" { // allocs/op says it as well
				fmt.Fprintf(out, "\t%s", show(r.values[unit], unit))
			}
		}
		fmt.Fprintln(out)
	}
	out.Flush()
}

// show is a value as people read it, with its unit: nanoseconds as a time, the rest in as many
// digits as say something.
func show(v float64, unit string) string {
	if rest, ok := strings.CutPrefix(unit, "ns"); ok {
		return short(time.Duration(v)) + strings.TrimPrefix(rest, "/op")
	}
	return number(v) + " " + unit
}

func short(d time.Duration) string {
	switch {
	case d >= time.Second:
		return d.Round(10 * time.Millisecond).String()
	case d >= time.Millisecond:
		return d.Round(10 * time.Microsecond).String()
	case d >= time.Microsecond:
		return d.Round(100 * time.Nanosecond).String()
	}
	return d.String()
}

func number(v float64) string {
	if v >= 100 || v == float64(int64(v)) {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}
