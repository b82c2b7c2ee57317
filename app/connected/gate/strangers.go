package gate

import (
	"context"
	"sync"
	"time"

	"handslag/app/connected/gate/internal/store"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
)

// strangers counts the refusals of callers that proved nothing. They make one entry a
// minute for each route and code, whose number the route table bounds: whoever proves
// nothing can not fill the log. A process that is killed has not told of its last minute.
type strangers struct {
	mu     sync.Mutex
	minute int64
	counts map[refusedAt]uint64
}

type refusedAt struct {
	route string
	code  link.Code
}

func newStrangers() *strangers { return &strangers{counts: map[refusedAt]uint64{}} }

// count adds one refusal of a stranger.
func (g *Gate) count(ctx context.Context, route string, code link.Code) error {
	err := g.flushStrangers(ctx, false)
	g.strangers.mu.Lock()
	defer g.strangers.mu.Unlock()
	g.strangers.counts[refusedAt{route, code}]++
	return err
}

// flushStrangers writes the counts of a minute that is over, or all of them.
func (g *Gate) flushStrangers(ctx context.Context, all bool) error {
	minute := g.config.Now().Unix() / 60
	s := g.strangers
	s.mu.Lock()
	if !all && minute == s.minute {
		s.mu.Unlock()
		return nil
	}
	counts := s.counts
	s.minute, s.counts = minute, map[refusedAt]uint64{}
	s.mu.Unlock()
	if len(counts) == 0 {
		return nil
	}
	err := g.store.Do(ctx, func(tx *store.Tx) error {
		for at, n := range counts {
			e := journal.Entry{Kind: journal.CallRefused, Route: at.route, Code: string(at.code), Count: n}
			if _, err := g.say(ctx, tx, e, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil { // counted again with the next minute's
		s.mu.Lock()
		defer s.mu.Unlock()
		for at, n := range counts {
			s.counts[at] += n
		}
	}
	return err
}

// limits are rates kept in memory: what may come to this process in one minute. They save its
// strength and the log's room, and nothing about data hangs on them, so several processes need not agree.
type limits struct {
	mu     *sync.Mutex
	minute map[string]window
}

type window struct {
	start signed.Time
	count int
}

// maxWindows bounds how many rates are kept at once.
const maxWindows = 1 << 15

// journalOf names the rate of the journal that a batch is of. What is beyond Config.Pace comes again later: nothing
// of it is lost, and nobody fills the log at the pace of the disk.
func journalOf(t *taking) string { return "journal " + string(t.batch.Device) }

func newLimits() limits { return limits{mu: &sync.Mutex{}, minute: map[string]window{}} }

// take reports whether one more of name fits into this minute's limit, and counts it.
func (l limits) take(name string, limit int, now signed.Time) bool {
	return l.add(name, 1, now) <= limit
}

// fits reports whether this minute's limit of name is not reached.
func (l limits) fits(name string, limit int, now signed.Time) bool {
	return l.add(name, 0, now) < limit
}

// add counts n more of name, and says how many there have been in this minute.
func (l limits) add(name string, n int, now signed.Time) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	w, ok := l.minute[name]
	if !ok || now < w.start || now >= w.start.Add(time.Minute) {
		if !ok && len(l.minute) >= maxWindows {
			clear(l.minute)
		}
		w = window{start: now}
	}
	w.count += n
	l.minute[name] = w
	return w.count
}

// strangerCarries reports whether one more who proves nothing may hand a journal in.
func (g *Gate) strangerCarries(now signed.Time) bool {
	return g.limits.take("carried", strangersCarried, now)
}
