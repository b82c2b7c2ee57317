package connected_test

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"handslag/app/connected/feed"
	"handslag/app/connected/feed/feedtest"
	"handslag/vault/journal"
)

// job is one process's sending to the receiver.
func (h *house) job(l *feedtest.Listener, log *slog.Logger) feed.Job {
	return feed.Job{
		Source: h.gate.Feed("syslog"), Sink: feed.Receiver{Address: l.Address(), Roots: l.Roots()},
		Messages: feed.NewMessages(h.statement, feed.Lines), Log: log,
		Wait: func(ctx context.Context, _ time.Duration) {
			select {
			case <-time.After(time.Millisecond):
			case <-ctx.Done():
			}
		},
	}
}

// runs has processes send until the test says end.
func runs(jobs ...feed.Job) (end func()) {
	ctx, stop := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for _, j := range jobs {
		all.Go(func() { j.Run(ctx) })
	}
	return func() { stop(); all.Wait() }
}

func inTime(t *testing.T) context.Context {
	ctx, stop := context.WithTimeout(context.Background(), longEnough)
	t.Cleanup(stop)
	return ctx
}

// all reports whether the messages hold every entry up to the place, and in what order they came first.
func upTo(place int) func([]feedtest.Message) bool {
	return func(got []feedtest.Message) bool { return len(firsts(got)) >= place }
}

// firsts are the IDs in the order in which each came first.
func firsts(got []feedtest.Message) (ids []string) {
	seen := map[string]bool{}
	for _, m := range got {
		if id := m.Data["id"]; !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids
}

func (h *house) ids(n int) (ids []string) {
	h.t.Helper()
	for _, line := range h.export("")[:n] {
		ids = append(ids, line.ID)
	}
	return ids
}

var quietly = slog.New(slog.DiscardHandler)

// Everything that is in the log comes, in its order, through every fault of the receiver; what comes twice
// bears the same ID.
func TestTheReceiverGetsTheWholeLog(t *testing.T) {
	h := newHouse(t, live)
	bo := h.enrolled("bo.ek")
	bo.hands(bo.batch(bo.items(100)...))
	n := len(h.export("")) + 1
	l := feedtest.Listen(t, feedtest.Conduct{NoHandshake: true}, feedtest.Conduct{ReadBytes: 5000}, feedtest.Conduct{ReadMessages: 40},
		feedtest.Conduct{}, feedtest.Conduct{ReadMessages: 1}, feedtest.Conduct{})
	end := runs(h.job(l, quietly))
	l.Until(inTime(t), upTo(n))
	bo.hands(bo.batch(bo.items(100)...))
	l.Until(inTime(t), upTo(n+100))
	end()
	got := firsts(l.Received())
	if !slices.Equal(got, h.ids(len(got))) {
		t.Errorf("of %d entries others came, or in another order", len(got))
	}
	if len(l.Received()) == len(got) {
		t.Error("nothing came twice: the receiver was never cut")
	}
	for _, m := range l.Received() {
		if _, err := feed.ParseCursor("1-" + m.Data["place"] + "-" + m.Data["id"][:16]); err != nil || !strings.Contains(m.Text, m.Data["id"]) {
			t.Fatalf("a message says %v %s", m.Data, m.Text)
		}
	}
}

// Of several processes one sends: without faults nothing comes twice, and the log says who began.
func TestOneProcessSends(t *testing.T) {
	h := newHouse(t, live)
	l, bo := feedtest.Listen(t), h.enrolled("bo.ek")
	end := runs(h.job(l, quietly), h.beside().job(l, quietly), h.beside().job(l, quietly))
	for range 10 {
		bo.hands(bo.batch(bo.items(20)...))
	}
	n := len(h.export(""))
	l.Until(inTime(t), upTo(n))
	end()
	if got := l.Received(); len(got) != len(firsts(got)) {
		t.Errorf("%d messages for %d entries", len(got), len(firsts(got)))
	}
	begun := 0
	for _, line := range h.export("") {
		if line.Kind == journal.LogExported && line.Code == "syslog" {
			begun++
		}
	}
	if begun != 1 {
		t.Errorf("%d processes have begun", begun)
	}
}

// A process that is killed while it sends leaves what it had taken to another, once its time is over.
func TestAnotherGoesOnForWhoWasKilled(t *testing.T) {
	h, ctx := newHouse(t, live), context.Background()
	bo := h.enrolled("bo.ek")
	bo.hands(bo.batch(bo.items(30)...))
	killed := must[[]feed.Entry](t)(h.gate.Feed("syslog").Take(ctx, "who is killed", 2*time.Minute, 10))
	if len(killed) != 10 {
		t.Fatalf("it took %d entries", len(killed))
	}
	b := h.beside()
	if got := must[[]feed.Entry](t)(b.gate.Feed("syslog").Take(ctx, "another", 2*time.Minute, 10)); len(got) != 0 {
		t.Fatalf("another took %d meanwhile", len(got))
	}
	h.clock.pass(3 * time.Minute)
	l := feedtest.Listen(t)
	n := len(h.export(""))
	end := runs(b.job(l, quietly))
	l.Until(inTime(t), upTo(n))
	end()
	if got := firsts(l.Received()); !slices.Equal(got, h.ids(len(got))) {
		t.Error("something is missing, or in another order")
	}
	// The dead one's word is worth nothing any more.
	ok(t, h.gate.Feed("syslog").Delivered(ctx, "who is killed", feed.Entry{Place: 1 << 40}))
	bo.hands(bo.batch(bo.items(1)...))
	if got := must[[]feed.Entry](t)(b.gate.Feed("syslog").Take(ctx, "a third", 2*time.Minute, 10)); len(got) == 0 {
		t.Error("what came since is lost")
	}
}

// Who sends has nothing to remember: after a restart it goes on where it was.
func TestARestartSendsNothingTwice(t *testing.T) {
	h := newHouse(t, live)
	l, bo := feedtest.Listen(t), h.enrolled("bo.ek")
	n := len(h.export(""))
	end := runs(h.job(l, quietly))
	l.Until(inTime(t), upTo(n))
	end()
	h.restart()
	bo.visits(h).hands(bo.batch(bo.items(5)...))
	m := len(h.export(""))
	end = runs(h.job(l, quietly))
	l.Until(inTime(t), upTo(m))
	end()
	if got := l.Received(); len(got) != len(firsts(got)) {
		t.Errorf("%d messages for %d entries", len(got), len(firsts(got)))
	}
}

// An outage is told once, and its end; nothing else is.
func TestAnOutageIsToldOnce(t *testing.T) {
	h := newHouse(t, live)
	var text bytes.Buffer
	l := feedtest.Listen(t, slices.Repeat([]feedtest.Conduct{{NoHandshake: true}}, 5)...)
	n := len(h.export(""))
	end := runs(h.job(l, slog.New(slog.NewTextHandler(&text, nil))))
	l.Until(inTime(t), upTo(n))
	end()
	if got := text.String(); strings.Count(got, "takes nothing") != 1 || strings.Count(got, "takes again") != 1 {
		t.Errorf("the log says\n%s", got)
	}
}
