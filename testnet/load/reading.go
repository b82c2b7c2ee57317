package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"handslag/sync/link"
	"handslag/vault/journal"
)

// readEvery is how often the reviewer asks for a page.
const readEvery = 500 * time.Millisecond

// reading is another user at work meanwhile: a reviewer's pages of the log, of a person, of a record, of all,
// and what is new for the reviewer's own device.
type reading struct {
	client *link.Client
	took   []time.Duration
	err    error

	mu   sync.Mutex
	away bool // the server is down, and everybody knows
	gone int  // how often it was
}

func newReading(o *org, d *device) *reading {
	return &reading{client: link.NewClient(o.keys.Statement, d, link.ClientOptions{Timeout: time.Minute})}
}

func (r *reading) pause() { r.mu.Lock(); r.away, r.gone = true, r.gone+1; r.mu.Unlock() }
func (r *reading) goOn()  { r.mu.Lock(); r.away = false; r.mu.Unlock() }

func (r *reading) state() (away bool, gone int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.away, r.gone
}

func (r *reading) all(ctx context.Context, people int) {
	defer r.client.Close()
	tick := time.NewTicker(readEvery)
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		away, gone := r.state()
		if away {
			continue
		}
		at := time.Now()
		err := r.one(ctx, i, people)
		took := time.Since(at)
		if _, now := r.state(); now != gone || ctx.Err() != nil {
			continue // it fell together with the server
		}
		if err != nil && !errors.Is(err, link.ErrAway) {
			r.err = fmt.Errorf("read meanwhile: %w", err)
			return
		}
		r.took = append(r.took, took)
	}
}

func (r *reading) one(ctx context.Context, i, people int) (err error) {
	switch i % 4 {
	case 0:
		_, err = r.client.Log(ctx, link.LogFilter{})
	case 1:
		_, err = r.client.Log(ctx, link.LogFilter{Person: fmt.Sprintf("u%d", rand.IntN(people))})
	case 2:
		_, err = r.client.Log(ctx, link.LogFilter{Record: journal.RecordID(fmt.Sprintf("r-%d", rand.IntN(records)))})
	default:
		_, err = r.client.Changes(ctx, "", link.Had{Statement: 1})
	}
	return err
}
