package console

import (
	"context"
	"os"
	"sync"
)

// Interrupts are ctrl-C's: the first one ends what a meeting is sharing, where it shares, and any other the program.
type Interrupts struct {
	mu    sync.Mutex
	first func() (taken bool)
}

// hear hands each on until ctx ends.
func (i *Interrupts) hear(ctx context.Context, from <-chan os.Signal, end func()) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-from:
			i.mu.Lock()
			first := i.first
			i.first = nil
			i.mu.Unlock()
			if first == nil || !first() {
				end()
			}
		}
	}
}

// Take lets the next one go to first, until the returned function is called.
func (i *Interrupts) Take(first func() (taken bool)) (leave func()) {
	set := func(f func() bool) {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.first = f
	}
	set(first)
	return func() { set(nil) }
}
