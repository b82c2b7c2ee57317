package agent

import (
	"context"
	"math/rand/v2"
	"time"
)

// How often Run syncs.
const (
	syncEvery   = 30 * time.Second // while online, and nobody tells of changes
	syncHeard   = 5 * time.Minute  // while the connected system does
	retryFirst  = 5 * time.Second  // after the first failure, doubled with each
	retryLast   = 30 * time.Second // where there is no network it costs nothing; where there is, somebody waits
	whileLocked = time.Hour        // until unlock wakes it
	settleAfter = time.Second      // after a deed, so that several go up together
	hastyMost   = 4                // changes told one after the other, each within that time
)

// Run keeps in touch in the background until ctx ends: it syncs at unlock, after deeds while
// online, when the connected system tells that something has changed, every half minute where it does not,
// and less and less often while nobody answers. Times are spread, so that ten thousand devices that come back at
// once do not stay in step.
func (a *Agent) Run(ctx context.Context) error {
	failures, hasty := 0, 0
	wait, hears := time.Duration(0), false
	for {
		told, goes := a.pause(ctx, wait, failures == 0, hears)
		if !goes {
			return nil
		}
		if _, err := a.current(); err != nil {
			wait, failures, hears = whileLocked, 0, false
			continue
		}
		select {
		case <-a.kick: // what it was for goes with this sync
		default:
		}
		if result, err := a.sync(ctx, told); err != nil {
			a.log.Info("sync", "problem", CodeOf(err))
			wait = retryFirst << min(failures, 10)
			wait = min(wait, retryLast)
			failures++
			hears = false
		} else if failures = 0; result.Files > 0 {
			wait, hears = settleAfter, false
		} else {
			if hasty++; told == nil || told.waited > settleAfter {
				hasty = 0
			}
			wait, hears = syncEvery, hasty < hastyMost // who always has something new is not listened to
		}
		wait = spread(wait)
	}
}

// spread is a time of wait on average, between three and five quarters of it.
func spread(wait time.Duration) time.Duration { return wait*3/4 + rand.N(wait/2) }

// pause waits, or less when a deed or an unlock wakes it; false when ctx ended. What a deed
// left while nobody answers waits its turn. With hears it lets the connected system tell what changes meanwhile, and waits
// longer for as long as that goes well; told is what came.
func (a *Agent) pause(ctx context.Context, wait time.Duration, eager, hears bool) (told *tidings, goes bool) {
	var heard <-chan *tidings
	woken := false
	timer := time.NewTimer(wait)
	defer timer.Stop()
	if hears {
		listening, stop := context.WithCancel(ctx)
		defer stop()
		heard = a.hear(listening)
		timer.Reset(spread(syncHeard))
	}
	for {
		select {
		case <-ctx.Done():
			return nil, false
		case <-timer.C:
			return nil, true
		case told := <-heard:
			if told != nil {
				return told, true
			}
			if heard = nil; !woken { // it does not tell, or something between cuts the line
				timer.Reset(wait)
			}
		case <-a.kick:
			if eager {
				woken = true
				timer.Reset(min(wait, settleAfter))
			}
		}
	}
}
