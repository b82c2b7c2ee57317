package agent

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"handslag/sync/link"
	"handslag/vault"
	"handslag/vault/journal"
	"handslag/vault/journalfile"
)

// carried remembers files that need no second look until they change or the program starts
// anew, and why the connected system refused some of them.
type carried struct {
	mu   sync.Mutex
	done map[string]look
}

type look struct {
	size    int64
	changed time.Time
	refused Code
}

func (c *carried) refusal(path string) (Code, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l, ok := c.done[path]
	return l.refused, ok && l.refused != ""
}

func (c *carried) isDone(path string, info os.FileInfo) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	l, ok := c.done[path]
	return ok && l.size == info.Size() && l.changed.Equal(info.ModTime())
}

func (c *carried) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done = nil
}

func (c *carried) remember(path string, info os.FileInfo, refused Code) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done == nil || len(c.done) >= maxRemembered {
		c.done = map[string]look{}
	}
	c.done[path] = look{info.Size(), info.ModTime(), refused}
}

// carry hands in what other devices said and left in the outbox: profiles of this machine
// whose passphrase is forgotten or whose person is away, and segments that were brought. It
// is nobody's own errand, so nothing that goes wrong with it ends a sync.
func (r *run) carry(ctx context.Context) {
	a := r.agent
	r.handAnew()
	paths, err := a.place.Sealed(r.session.device)
	if err != nil {
		a.log.Warn("others' segments can not be listed", "error", err)
	}
	sent, begun := 0, a.clock.Uptime()
	for _, path := range paths {
		info, err := os.Lstat(path)
		if err != nil || a.carried.isDone(path, info) {
			continue
		}
		if ctx.Err() != nil || sent == maxCarried || a.clock.Uptime()-begun > carryFor {
			return
		}
		handed, refused, err := r.hand(ctx, path)
		if err != nil {
			a.log.Info("others' segments wait", "problem", CodeOf(translate(err)))
			return
		}
		if refused != "" {
			a.log.Warn("a segment is not taken", "file", filepath.Base(path), "problem", refused)
			if filepath.Dir(path) == a.place.Carried() { // a favour, and not the only copy
				if err := journalfile.RemoveSealed(journalfile.Sealed{Path: path}); err != nil {
					a.log.Warn("a segment that nobody takes stays", "error", err)
				}
				continue
			}
		}
		a.carried.remember(path, info, refused)
		if handed {
			sent++
			r.result.Carried++
			r.changed = append(r.changed, EventsChanged)
		}
	}
}

// handAnew has all segments handed in once more where the connected system was restored from a
// backup: it may have lost them.
func (r *run) handAnew() {
	a, s := r.agent, r.session
	if !s.journal.Restored() || s.handedAnew {
		return
	}
	dirs, err := a.place.Journals()
	for _, dir := range append(dirs, a.place.Fetched()...) {
		if dir != a.place.Journal(s.device) {
			err = errors.Join(err, journalfile.ForgetHanded(dir))
		}
	}
	if err != nil {
		a.log.Warn("others' segments are not handed in once more", "error", err)
		return
	}
	a.carried.forget()
	s.handedAnew = true
}

// hand hands one segment in, unless that was done. What is refused for what it is has a code and
// stays where it lies; an error says that the others would fare alike.
func (r *run) hand(ctx context.Context, path string) (handed bool, refused Code, err error) {
	s, data, err := journalfile.ReadSealed(path)
	if err != nil {
		return false, segmentCode(err), nil
	}
	if s.Entries == 0 && s.Rest == 0 {
		return false, "", nil // nothing was said in it
	}
	me := r.session.who()
	if before := journalfile.Handed(s); before != nil {
		if receipt, err := journal.OpenReceipt(before, me.profile.Org, s.Device, me.statement.Log); err == nil {
			r.sweep(s, receipt)
			return false, "", nil
		}
	}
	answer, err := r.client.Segment(ctx, data)
	var no *link.Problem
	if errors.As(err, &no) && isAboutSegment(no.Code) {
		return false, CodeOf(translate(err)), nil
	}
	if err != nil {
		return false, "", err
	}
	receipt, err := journal.OpenReceipt(answer, me.profile.Org, s.Device, me.statement.Log)
	if err != nil {
		return false, "", err
	}
	r.session.clock.Learn(receipt.Time)
	if err := journalfile.MarkHanded(s, answer); err != nil {
		r.agent.log.Warn("a segment that was handed in is not marked and goes again", "error", err)
	}
	return true, "", nil
}

func isAboutSegment(code link.Code) bool {
	return slices.Contains([]link.Code{
		link.CodeSegDamaged, link.CodeSegFormat, link.CodeSegUnknown, link.CodeSegSealed, link.CodeTooLarge, link.CodeBadRequest,
	}, code)
}

// sweep removes a segment that was brought or carried, once a receipt has covered all of it for as long as
// devices keep their own. Those of this machine's profiles are their journals' to drop.
func (r *run) sweep(s journalfile.Sealed, receipt journal.Receipt) {
	if !slices.Contains(r.agent.place.Fetched(), filepath.Dir(s.Path)) || s.Rest > 0 || receipt.Time >= r.session.clock.Server().Add(-keepReceipted) {
		return
	}
	for _, g := range receipt.Ranges {
		if g.Generation == s.Generation && g.To+1 >= s.First+uint64(s.Entries) {
			if err := journalfile.RemoveSealed(s); err != nil {
				r.agent.log.Warn("a segment that was brought stays", "error", err)
			}
			return
		}
	}
}

// takeReceipts believes what others were answered when they handed in this device's segments;
// what is not signed, or not for this device, is as if it had not come. One that shows this journal to be
// an older copy, or another branch, has it go on in a new generation, as in a sync.
func (a *Agent) takeReceipts(s *session, all [][]byte) {
	me, newly := s.who(), 0
	for _, data := range all {
		receipt, err := journal.OpenReceipt(data, me.profile.Org, s.device, me.statement.Log)
		if err == nil {
			var n int
			if n, err = s.journal.Receipt(receipt); errors.Is(err, journalfile.ErrReceiptMismatch) {
				if err = a.rejoin(s, receipt); err == nil {
					n, err = s.journal.Receipt(receipt)
				}
			}
			newly += n
		}
		if err != nil {
			a.log.Warn("a receipt from another's hands is not believed", "error", err)
		}
	}
	if newly == 0 {
		return
	}
	if err := s.confirmReceived(); err != nil {
		a.log.Warn("work that was received still looks as if it waited", "error", err)
	}
	a.changed(EventsChanged, AssignmentsChanged, SyncChanged)
}

// confirmReceived marks all work whose entries a receipt covers.
func (s *session) confirmReceived() error {
	for st, err := range s.journal.Entries(0, 0) {
		if err != nil {
			return err
		}
		if !st.Received || !st.Entry.Kind.IsWork() {
			continue
		}
		if err := s.vault.Update(func(tx *vault.Tx) error { return tx.ConfirmWork(st.Entry.Assignment, st.Hash) }); err != nil {
			return err
		}
	}
	return nil
}
