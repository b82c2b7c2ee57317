package agent

import (
	"crypto/rand"
	"time"
)

// processBoot counts from the start of this process on Go's monotonic clock.
func processBoot() func() (string, time.Duration) {
	id, start := "process-"+rand.Text(), time.Now()
	return func() (string, time.Duration) { return id, time.Since(start) }
}
