package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// contestant is one way to do the deed, measured in turn with the others, so that what else the
// disk does meanwhile meets all of them.
type contestant struct {
	name  string
	deeds int                   // done by one call of do
	do    func(round int) error // timed
	after func(round int) error // not timed; may be nil
	times []time.Duration       // of one deed, sorted once all is done
}

// contest lets all of them do rounds times their deed, anew, turn rounds of one before the next. With one,
// each finds the processor's caches as the others left them, as who opens a record now and then
// does; with more it finds them its own, as who opens one after another.
func contest(rounds, turn int, all ...*contestant) error {
	for _, c := range all {
		c.times = nil
	}
	for begin := 0; begin < rounds; begin += turn {
		for _, c := range all {
			for round := begin; round < min(begin+turn, rounds); round++ {
				if err := c.once(round); err != nil {
					return fmt.Errorf("%s: %w", c.name, err)
				}
			}
		}
	}
	for _, c := range all {
		slices.Sort(c.times)
	}
	return nil
}

func (c *contestant) once(round int) error {
	began := time.Now()
	if err := c.do(round); err != nil {
		return err
	}
	c.times = append(c.times, time.Since(began)/time.Duration(c.deeds))
	if c.after == nil {
		return nil
	}
	return c.after(round)
}

func (c *contestant) median() time.Duration { return c.times[len(c.times)/2] }

func (c *contestant) mean() time.Duration {
	var sum time.Duration
	for _, t := range c.times {
		sum += t
	}
	return sum / time.Duration(len(c.times))
}

// line is a contestant as `go test -bench` would show it, with the median as what it takes.
func (c *contestant) line(family string, more ...any) string {
	text := fmt.Sprintf("Benchmark%s/%s \t %d \t %d ns/op \t %d ns-p10 \t %d ns-mean \t %d ns-p95", family, strings.ReplaceAll(c.name, " ", "_"),
		len(c.times)*c.deeds, c.median(), c.times[len(c.times)/10], c.mean(), c.times[len(c.times)*95/100])
	for i := 0; i < len(more); i += 2 {
		text += fmt.Sprintf(" \t %.2f %s", more[i], more[i+1])
	}
	return text
}

// times is how much longer a takes than b.
func times(a, b *contestant) float64 { return float64(a.median()) / float64(b.median()) }
