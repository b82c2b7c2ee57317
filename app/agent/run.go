package agent

import (
	"context"
	"math/rand/v2"
	"time"
)

// How often Run syncs.
const (
	syncEvery   = 30 * time.Second // while online
	retryFirst  = 5 * time.Second  // after the first failure, doubled with each
	retryLast   = 30 * time.Second // where there is no network it costs nothing; where there is, somebody waits
	whileLocked = time.Hour        // until unlock wakes it
	settleAfter = time.Second      // after a deed, so that several go up together
)

// Run keeps in touch in the background until ctx ends: it syncs at unlock, after deeds while
// online, every half minute, and less and less often while nobody answers. Times are spread,
// so that ten thousand devices that come back at once do not stay in step.
func (a *Agent) Run(ctx context.Context) error {
	failures := 0
	wait := time.Duration(0)
	for {
		if !a.pause(ctx, wait, failures == 0) {
			return nil
		}
		if _, err := a.current(); err != nil {
			wait, failures = whileLocked, 0
			continue
		}
		if result, err := a.Sync(ctx); err != nil {
			a.log.Info("sync", "problem", CodeOf(err))
			wait = retryFirst << min(failures, 10)
			wait = min(wait, retryLast)
			failures++
		} else if failures = 0; result.Files > 0 {
			wait = settleAfter
		} else {
			wait = syncEvery
		}
		wait = wait*3/4 + rand.N(wait/2)
	}
}

// pause waits, or less when a deed or an unlock wakes it; false when ctx ended. What a deed
// left while nobody answers waits its turn.
func (a *Agent) pause(ctx context.Context, wait time.Duration, eager bool) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-timer.C:
			return true
		case <-a.kick:
			if eager {
				timer.Reset(min(wait, settleAfter))
			}
		}
	}
}
