package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"
)

// figures are what was measured.
type figures struct {
	options
	ended     time.Time     // when the last receipt came
	took      time.Duration // from the first call to the last receipt
	recovered time.Duration // from kill -9 until it listens again
	generator time.Duration // processor time of this program meanwhile
	serving   time.Duration // and of connected serve
	machine   time.Duration // and of all that ran on the machine
	server    usage
	receipts  int64
	again     int64 // calls that had no answer
	stored    int
	verified  time.Duration
	checked   time.Duration // from the last receipt until every signature had been checked
	reads     []time.Duration
	bareRows  int
	bareTook  time.Duration
	leaves    float64 // a second, of Tessera's; 0: not measured
}

// The bars.
const (
	wholeTown   = 10 * time.Minute // for five million entries
	memoryMost  = 1 << 30          // bytes
	readMost    = 250 * time.Millisecond
	bareLeast   = 0.6
	leavesLeast = 0.8
)

// rate is entries a second, from end to end.
func (f figures) rate() float64 { return float64(f.stored) / f.took.Seconds() }

func (f figures) bareRate() float64 { return float64(f.bareRows) / f.bareTook.Seconds() }

// percentile of the reads.
func (f figures) percentile(p float64) time.Duration {
	if len(f.reads) == 0 {
		return 0
	}
	all := slices.Sorted(slices.Values(f.reads))
	return all[min(len(all)-1, int(p*float64(len(all))))]
}

// tell writes the figures, each bar beside what was measured.
func (f figures) tell(w io.Writer) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	bar := func(what string, got, bound string, kept bool) {
		verdict := "kept"
		if !kept {
			verdict = "NOT KEPT"
		}
		fmt.Fprintf(out, "  %s\t%s\t%s\t%s\n", what, got, bound, verdict)
	}
	fmt.Fprintf(out, "%s, %d devices × %d entries, %d at once: %v, %.0f entries/s, %.1f µs an entry\n", f.engine, f.devices, f.entries, f.atOnce,
		f.took.Round(time.Millisecond), f.rate(), f.took.Seconds()*1e6/float64(f.stored))
	town := time.Duration(float64(f.took) * 5_000_000 / float64(f.stored))
	bar("five million entries at this rate", town.Round(time.Second).String(), "at most "+wholeTown.String(), town <= wholeTown)
	bar("connected serve, memory at most", fmt.Sprintf("%d MiB", f.server.peak>>20), "at most 1024 MiB", f.server.peak <= memoryMost)
	bar("another user's reads, p99", f.percentile(0.99).Round(time.Millisecond).String(), "at most "+readMost.String(), f.percentile(0.99) <= readMost)
	bar("ingest / bare prepared insert", fmt.Sprintf("%.2f", f.rate()/f.bareRate()), fmt.Sprintf("at least %v", bareLeast), f.rate()/f.bareRate() >= bareLeast)
	if f.leaves > 0 {
		bar("ingest / Tessera's POSIX log", fmt.Sprintf("%.2f", f.rate()/f.leaves), fmt.Sprintf("at least %v", leavesLeast), f.rate()/f.leaves >= leavesLeast)
	}
	fmt.Fprintf(out, "  reads\t%d: p50 %v, p99 %v, longest %v\n", len(f.reads), f.percentile(0.5).Round(time.Millisecond), f.percentile(0.99).Round(time.Millisecond), f.percentile(1).Round(time.Millisecond))
	fmt.Fprintf(out, "  bare insert\t%.0f rows/s (%d rows)\n", f.bareRate(), f.bareRows)
	if f.leaves > 0 {
		fmt.Fprintf(out, "  Tessera\t%.0f leaves/s\n", f.leaves)
	}
	fmt.Fprintf(out, "  processors\tgenerator %v, connected serve %v, the machine in all %v, of %v\n", f.generator.Round(time.Millisecond), f.serving.Round(time.Millisecond),
		f.machine.Round(time.Millisecond), (2 * f.took).Round(time.Millisecond))
	fmt.Fprintf(out, "  receipts\t%d, all verified; %d calls without an answer; after kill -9 it listened within %v\n", f.receipts, f.again, f.recovered.Round(time.Millisecond))
	fmt.Fprintf(out, "  signatures\tall checked %v after the last receipt\n", f.checked.Round(time.Millisecond))
	return out.Flush()
}
