package journalfile

import (
	"errors"
	"runtime"
	"sync"
	"testing"

	"handslag/identity/signed"
	"handslag/vault/disk/faulty"
	"handslag/vault/journal"
)

// together appends drafts of one caller each, so that one group has them all.
// It returns what the callers got.
func together(t *testing.T, f *File, drafts ...Draft) ([][]*Stamp, []error) {
	t.Helper()
	f.writer.Lock() // whoever leads waits, and the others with it
	stamps, errs := make([][]*Stamp, len(drafts)), make([]error, len(drafts))
	var callers sync.WaitGroup
	for i, d := range drafts {
		callers.Go(func() { stamps[i], errs[i] = f.Append(d) })
		for waiting := 0; waiting <= i; runtime.Gosched() {
			f.queue.Lock()
			waiting = len(f.queue.waiting)
			f.queue.Unlock()
		}
	}
	f.writer.Unlock()
	callers.Wait()
	return stamps, errs
}

// Where one of a group is not signed, nothing of the group is said: those behind it follow it. That
// is what happens to who is at it when the keys are locked away.
func TestNothingIsSaidOfAGroupThatLacksASignature(t *testing.T) {
	errLocked := errors.New("locked away")
	for refused := range 4 {
		p, disk := cast(), faulty.New()
		cfg := p.config("/o", disk)
		var refuse signed.Content
		var mu sync.Mutex
		armed, sign := false, cfg.Sign
		cfg.Sign = func(c signed.Content) ([]byte, error) {
			mu.Lock()
			defer mu.Unlock()
			if armed && string(c.Bytes()) == string(refuse.Bytes()) {
				return nil, errLocked
			}
			return sign(c)
		}
		f := mustOpen(t, cfg)
		mustAppend(t, f, p.opening(1))
		before := f.Chain()
		drafts := []Draft{locked(), locked(), locked(), locked()}
		chain := before
		for i := range drafts { // what each will say, to know the one that is refused
			e := drafts[i].Entry
			e.Version, e.Device, e.Generation, e.Seq = 1, cfg.Device, chain.Generation, chain.Last+1
			head := chain.Head
			e.Prev = head[:]
			e.After, e.Elapsed, e.Clock = cfg.Clock()
			content, err := e.Unsigned()
			if err != nil {
				t.Fatal(err)
			}
			if i == refused {
				refuse = content
			}
			chain = chain.After(e, journal.HashOfContent(content))
		}
		armed = true
		stamps, errs := together(t, f, drafts...)
		for i := range drafts {
			if stamps[i] != nil || !errors.Is(errs[i], errLocked) {
				t.Errorf("number %d refused: caller %d got %v, %v", refused, i, stamps[i], errs[i])
			}
		}
		if f.Chain() != before {
			t.Errorf("number %d refused: the chain went on", refused)
		}
		armed = false
		if s := mustAppend(t, f, p.opening(2))[0].Entry(); s.Seq != 2 {
			t.Errorf("number %d refused: the next entry is number %d", refused, s.Seq)
		}
		f.Close()
		again := mustOpen(t, p.config("/o", disk.After(faulty.None)))
		if got := all(t, again, true); len(got) != 2 || len(again.Damage()) > 0 {
			t.Errorf("number %d refused, opened again: %s, %v", refused, seqs(got), again.Damage())
		}
	}
}
