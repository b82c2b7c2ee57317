package clock

import (
	"crypto/rand"
	"time"
)

// newProcess names this run of the program, where the system has no name for its boot.
func newProcess() string { return "process-" + rand.Text() }

// processBoot counts from the start of this process on Go's monotonic clock.
func processBoot() func() (string, time.Duration) {
	id, start := newProcess(), time.Now()
	return func() (string, time.Duration) { return id, time.Since(start) }
}
