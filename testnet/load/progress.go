package main

import (
	"fmt"
	"io"
	"time"
)

// progressEvery is how often a long piece of work says how far it is, and how fast it has been since it last said so: what
// grows slower with its size shows that.
const progressEvery = time.Minute

// progress says so until it is told to stop: done is asked how many of all are through, of which each is so many entries.
func progress(said io.Writer, what string, all, each int, done func() int64) (stop func()) {
	ended, begun := make(chan struct{}), time.Now()
	told := make(chan struct{})
	go func() {
		defer close(told)
		tick := time.NewTicker(progressEvery)
		defer tick.Stop()
		last, before := begun, int64(0)
		for {
			select {
			case <-tick.C:
				now, n := time.Now(), done()
				fmt.Fprintf(said, "  %s: %d of %d in %v%s\n", what, n, all, now.Sub(begun).Round(time.Second), pace(now.Sub(begun), now.Sub(last), n, n-before, all, each))
				last, before = now, n
			case <-ended:
				return
			}
		}
	}()
	return func() { close(ended); <-told }
}

// pace is what n of all in so much time, and some of them in the last of it, tell.
func pace(took, lately time.Duration, n, some int64, all, each int) string {
	if n == 0 || some == 0 {
		return ""
	}
	left := time.Duration(float64(took) / float64(n) * float64(int64(all)-n)).Round(time.Second)
	entries := float64(some) * float64(each)
	return fmt.Sprintf(", %.0f entries/s and %.1f µs an entry since the last line, about %v left", entries/lately.Seconds(), lately.Seconds()*1e6/entries, left)
}
