package gate

import (
	"context"
	"sync"

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

// journalOf names the rate of the journal that a batch is of. What is beyond Config.Pace comes again later: nothing
// of it is lost, and nobody fills the log at the pace of the disk.
func journalOf(t *taking) string { return "journal " + string(t.batch.Device) }

// strangerCarries reports whether one more who proves nothing may hand a journal in.
func (g *Gate) strangerCarries(now signed.Time) bool {
	return g.limits.Take("carried", strangersCarried, now)
}
