package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"handslag/sync/link"
	"handslag/vault/journal"
)

// Times of a device whose call had no answer, or was told to come again.
const (
	pause = 300 * time.Millisecond // at most, at first
	tries = 200
)

// rush lets every device hand in its journal, and kills the server when half of them have a receipt.
func (f *figures) rush(ctx context.Context, o *org, fl *fleet, said io.Writer) error {
	if err := o.start(); err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	read := newReading(o, fl.reviewer)
	var readers sync.WaitGroup
	reading, enough := context.WithCancel(ctx)
	defer enough()
	readers.Go(func() { read.all(reading, len(fl.devices)) })

	var next, received, again atomic.Int64
	var workers sync.WaitGroup
	half := make(chan struct{})
	begun, before, all := time.Now(), own(), machine()
	defer progress(said, "devices with a receipt", len(fl.devices), f.entries, received.Load)()
	for range f.atOnce {
		workers.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(fl.devices) || ctx.Err() != nil {
					return
				}
				n, err := fl.devices[i].handIn(ctx, o, f.entries)
				again.Add(int64(n))
				if err != nil {
					stop(fmt.Errorf("device %d: %w", i, err))
					return
				}
				if int(received.Add(1)) == (len(fl.devices)+1)/2 {
					close(half)
				}
			}
		})
	}
	if f.kill {
		select {
		case <-half:
			at := time.Now()
			read.pause()
			o.stop()
			err := o.start()
			if err != nil {
				stop(err)
			}
			read.goOn()
			f.recovered = time.Since(at)
		case <-ctx.Done():
		}
	}
	workers.Wait()
	f.ended, f.serving = time.Now(), o.used.cpu+o.server.cpu()
	f.took, f.generator, f.machine = time.Since(begun), own()-before, machine()-all
	enough()
	readers.Wait()
	f.again, f.receipts = again.Load(), received.Load()
	f.reads = read.took
	if err := errors.Join(context.Cause(ctx), read.err); err != nil {
		return err
	}
	fmt.Fprintf(said, "%d receipts in %v\n", f.receipts, f.took.Round(time.Millisecond))
	return nil
}

// handIn hands the journal in until it has a receipt for all of it, as the program does: what is refused
// or has no answer is tried again, later and later. It returns how often.
func (d *device) handIn(ctx context.Context, o *org, entries int) (again int, err error) {
	batch, err := os.ReadFile(d.file)
	if err != nil {
		return 0, err
	}
	client := link.NewClient(o.keys.Statement, d, link.ClientOptions{Time: d.outage, Timeout: time.Minute})
	defer client.Close()
	for wait := pause; ; again++ {
		answer, err := client.Journal(ctx, batch)
		if err == nil {
			return again, d.check(o, answer, uint64(entries))
		}
		var refused *link.Problem
		if ctx.Err() != nil || again == tries || errors.As(err, &refused) && refused.Code != link.CodeBusy || !errors.Is(err, link.ErrAway) && refused == nil {
			return again, err
		}
		select {
		case <-time.After(rand.N(wait)):
		case <-ctx.Done():
			return again, ctx.Err()
		}
		wait = min(2*wait, 5*time.Second)
	}
}

// check verifies the receipt: signed by the log's key, for this device, over all of its journal.
func (d *device) check(o *org, answer []byte, entries uint64) error {
	r, err := journal.OpenReceipt(answer, o.keys.Org, d.id, o.keys.Statement.Log)
	if err != nil {
		return err
	}
	if len(r.Ranges) != 1 || len(r.Held) != 0 || r.Ranges[0].Generation != 1 || r.Ranges[0].From != 1 || r.Ranges[0].To != entries || journal.Hash(r.Ranges[0].Hash) != d.head {
		return fmt.Errorf("the receipt is not for its journal: %+v", r)
	}
	return nil
}
