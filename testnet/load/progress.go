package main

import (
	"fmt"
	"io"
	"time"
)

// progressEvery is how often a long piece of work says how far it is.
const progressEvery = 20 * time.Second

// progress says so until it is told to stop: done is asked how many of all are through.
func progress(said io.Writer, what string, all int, done func() int64) (stop func()) {
	ended, begun := make(chan struct{}), time.Now()
	told := make(chan struct{})
	go func() {
		defer close(told)
		tick := time.NewTicker(progressEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				n := done()
				left := "?"
				if n > 0 {
					left = time.Duration(float64(time.Since(begun)) / float64(n) * float64(int64(all)-n)).Round(time.Second).String()
				}
				fmt.Fprintf(said, "  %s: %d of %d in %v, about %s left\n", what, n, all, time.Since(begun).Round(time.Second), left)
			case <-ended:
				return
			}
		}
	}()
	return func() { close(ended); <-told }
}
