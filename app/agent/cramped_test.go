package agent

import (
	"strings"
	"testing"
	"time"

	"handslag/vault/journal"
)

// With little room left a person can still unlock: cards are there to be read, what waits is handed in, and nothing
// protected opens, which is said. With room again all goes on, without another unlock.
func TestADiskThatIsNearlyFullShowsCardsHandsInAndOpensNothing(t *testing.T) {
	f := newFar(t)
	p := f.phone()
	free := uint64(1 << 40)
	p.cfg.VaultOptions.FreeSpace = func(string) (uint64, error) { return free, nil }
	p.start()
	p.enrolled().synced()
	ctx := t.Context()
	_, err := p.Open(ctx, "r1", Reason{Text: "medan det fanns plats"})
	ok(t, err)
	free = 5 << 20
	_, err = p.Extend(ctx, "r1")
	refused(t, err, DiskFull)
	for range 2 {
		ok(t, p.Lock())
		ok(t, p.Unlock(ctx, passphrase))
		cards, err := p.Records(ctx, "karin")
		if err != nil || len(cards) != 1 || cards[0].Newer {
			t.Fatalf("the cards: %+v, %v", cards, err)
		}
		if tasks, err := p.Assignments(ctx, ""); err != nil || len(tasks) != 1 {
			t.Errorf("the assignments: %+v, %v", tasks, err)
		}
		opening, err := p.Open(ctx, "r1", Reason{Text: "när disken var full"})
		refused(t, err, DiskFull)
		if opening.Fields != nil {
			t.Error("it opens")
		}
		_, err = p.Finish(ctx, "a1", "klart", "")
		refused(t, err, DiskFull)
		_, _ = p.Sync(ctx) // what comes down has no room
		if n := p.Me().Waiting; n != 0 {
			t.Errorf("%d entries wait after a sync", n)
		}
	}
	// A loan that ends meanwhile opens nothing, and its copy goes once there is room.
	p.pass(73 * time.Hour)
	s, err := p.current()
	ok(t, err)
	p.keep(s)
	ok(t, p.Lock())
	ok(t, p.Unlock(ctx, passphrase))
	_, err = p.Open(ctx, "r1", Reason{Text: "efter lånet"})
	refused(t, err, LoanEnded)
	said := f.kinds(p.Me().Device)
	if strings.Contains(said, string(journal.RecordExpired)) {
		t.Error("an entry says that a copy went which could not")
	}

	free = 1 << 40
	s, err = p.current()
	ok(t, err)
	p.keep(s)
	_, err = p.Record(ctx, "r1")
	refused(t, err, NoRecord)
	p.synced()
	_, err = p.Open(ctx, "r1", Reason{Text: "när det fanns plats igen"})
	ok(t, err)
	p.synced()
	said = f.kinds(p.Me().Device)
	for kind, times := range map[journal.Kind]int{journal.RecordExpired: 1, journal.Unlocked: 4, journal.RecordOpened: 2} {
		if n := strings.Count(said, string(kind)); n != times {
			t.Errorf("%s was said %d times: %s", kind, n, said)
		}
	}
}
