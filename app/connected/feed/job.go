package feed

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"time"
)

// Source gives what a receiver has not got. How far one has come lies in the database, and with it which of several
// processes sends: the job has nothing to remember.
type Source interface {
	// Take gives the next entries, most of them or fewer, to holder alone for as long as lease. None come where there is
	// nothing new, or another one holds the feed.
	Take(ctx context.Context, holder string, lease time.Duration, most int) ([]Entry, error)
	// Delivered says that the receiver has everything up to last.
	Delivered(ctx context.Context, holder string, last Entry) error
	// Release lets another one go on at once.
	Release(ctx context.Context, holder string) error
}

// Sink takes messages: all of them where it returns nil, and maybe some where it does not.
type Sink interface {
	Deliver(ctx context.Context, messages [][]byte) error
}

// Meter is told what a job does.
type Meter interface {
	Sent(entries int) // the receiver has them
	Failed()          // a delivery, or what comes before it
}

// Times and sizes of a job. A lease outlives a delivery; that it may be judged by two processes' clocks
// costs doubles at the worst.
const (
	lease      = 2 * time.Minute
	idle       = time.Second
	firstPause = time.Second
	longPause  = time.Minute
	most       = 1000            // messages of a delivery
	lastTime   = 5 * time.Second // for a delivery under way when the job is to end
)

// Job sends the audit log to one receiver, each entry at least once and in order.
type Job struct {
	Source   Source
	Sink     Sink
	Messages Messages
	Log      *slog.Logger
	Meter    Meter                                // nil: nobody watches
	Wait     func(context.Context, time.Duration) // nil: as long as it says, or until the context ends
}

// Run sends until ctx ends. What fails is tried again, later and later; what a slow receiver does not take in
// time is tried again in smaller parts.
func (j Job) Run(ctx context.Context) {
	if j.Wait == nil {
		j.Wait = wait
	}
	holder := rand.Text()
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastTime)
		defer cancel()
		if err := j.Source.Release(ctx, holder); err != nil {
			j.Log.Error("the log's feed is not released", "error", err)
		}
	}()
	part, pause := most, time.Duration(0)
	for ctx.Err() == nil {
		n, err := j.step(ctx, holder, part)
		switch {
		case err != nil && ctx.Err() != nil:
			return
		case err != nil:
			if j.Meter != nil {
				j.Meter.Failed()
			}
			if pause == 0 { // once for each outage
				j.Log.Error("the log's receiver takes nothing", "error", err)
			}
			if errors.Is(err, context.DeadlineExceeded) {
				part = max(part/4, 1)
			}
			pause = min(max(2*pause, firstPause), longPause)
			j.Wait(ctx, pause)
		case n == 0:
			j.Wait(ctx, idle)
		default:
			if pause > 0 {
				j.Log.Info("the log's receiver takes again")
			}
			part, pause = min(2*part, most), 0
			if j.Meter != nil {
				j.Meter.Sent(n)
			}
		}
	}
}

// step delivers the next part; n is how many entries. What has begun when until ends has a moment more, so that
// the receiver does not get it twice.
func (j Job) step(until context.Context, holder string, part int) (n int, err error) {
	entries, err := j.Source.Take(until, holder, lease, part)
	if err != nil || len(entries) == 0 {
		return 0, err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(until))
	defer cancel()
	defer context.AfterFunc(until, func() { time.AfterFunc(lastTime, cancel) })()
	messages := make([][]byte, len(entries))
	for i, e := range entries {
		if messages[i], err = j.Messages.Write(e); err != nil {
			return 0, err
		}
	}
	if err := j.Sink.Deliver(ctx, messages); err != nil {
		return 0, err
	}
	return len(entries), j.Source.Delivered(ctx, holder, entries[len(entries)-1])
}

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
