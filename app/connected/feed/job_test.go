package feed

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"handslag/vault/journal"
)

// kept is a source that holds what it gives, as the database does.
type kept struct {
	t         *testing.T
	entries   []Entry
	delivered int
	holder    string
}

func (k *kept) Take(_ context.Context, holder string, _ time.Duration, most int) ([]Entry, error) {
	k.holder = holder
	return k.entries[k.delivered:min(k.delivered+most, len(k.entries))], nil
}

func (k *kept) Delivered(_ context.Context, holder string, last Entry) error {
	if holder != k.holder {
		k.t.Errorf("%s has delivered what %s holds", holder, k.holder)
	}
	k.delivered = int(last.Place)
	return nil
}

func (k *kept) Release(_ context.Context, holder string) error {
	if holder != k.holder {
		k.t.Errorf("%s releases what %s holds", holder, k.holder)
	}
	k.holder = ""
	return nil
}

// narrow is a receiver that takes so many messages in its time and no more.
type narrow struct {
	most  int
	got   []string
	parts []int
}

func (n *narrow) Deliver(_ context.Context, messages [][]byte) error {
	n.parts = append(n.parts, len(messages))
	if len(messages) > n.most {
		return fmt.Errorf("deliver: %w", context.DeadlineExceeded)
	}
	for _, m := range messages {
		n.got = append(n.got, string(m))
	}
	return nil
}

// What a slow receiver does not take in its time comes in smaller parts until it does, in order and once.
func TestASlowReceiverGetsSmallerParts(t *testing.T) {
	for _, width := range []int{1, 40, 700} {
		source, sink := &kept{t: t}, &narrow{most: width}
		var want []string
		for i := range 1500 {
			e := bare(journal.RecordOpened)
			e.Place = int64(i + 1)
			source.entries = append(source.entries, e)
			want = append(want, string(must(messages.Write(e))))
		}
		ctx, stop := context.WithCancel(t.Context())
		var pauses []time.Duration
		Job{Source: source, Sink: sink, Messages: messages, Log: slog.New(slog.DiscardHandler), Wait: func(_ context.Context, d time.Duration) {
			if pauses = append(pauses, d); source.delivered == len(source.entries) || len(sink.parts) > 10_000 {
				stop()
			}
		}}.Run(ctx)
		if !slices.Equal(sink.got, want) || source.holder != "" {
			t.Errorf("who takes %d at once got %d of %d, in %d parts; held by %q", width, len(sink.got), len(want), len(sink.parts), source.holder)
		}
	}
}

// A receiver that is away is asked later and later, at most a minute later, and at once again when it is back.
func TestAReceiverThatIsAwayIsAskedLaterAndLater(t *testing.T) {
	source := &kept{t: t, entries: []Entry{bare(journal.RecordOpened)}}
	source.entries[0].Place = 1
	ctx, stop := context.WithCancel(t.Context())
	var pauses []time.Duration
	Job{Source: source, Sink: away{}, Messages: messages, Log: slog.New(slog.DiscardHandler), Wait: func(_ context.Context, d time.Duration) {
		if pauses = append(pauses, d); len(pauses) == 9 {
			stop()
		}
	}}.Run(ctx)
	second := time.Second
	if want := []time.Duration{second, 2 * second, 4 * second, 8 * second, 16 * second, 32 * second, longPause, longPause, longPause}; !slices.Equal(pauses, want) {
		t.Errorf("it is asked again after %v", pauses)
	}
}

type away struct{}

func (away) Deliver(context.Context, [][]byte) error { return errors.New("away") }
