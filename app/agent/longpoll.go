package agent

import (
	"context"
	"errors"
	"net/http"
	"time"

	"handslag/sync/link"
	"handslag/vault"
)

// While nothing is to be synced Run has a call stand open at the connected system, which answers once something
// has changed. What is told so is the first page of the sync that follows; a lost one comes again.

// tidings are what the connected system told while nobody had asked for a sync, and what it was asked.
type tidings struct {
	session *session // nil: it refused, and a sync finds out why
	cursor  string
	had     link.Had
	seen    witnessed
	page    link.Page
	waited  time.Duration // for it
}

// answers gives the page if it is the answer to this question, too.
func (t *tidings) answers(s *session, cursor string, had link.Had) (link.Page, bool) {
	if t == nil || t.session != s || t.cursor != cursor || t.had.Statement != had.Statement || t.had.Erasures != had.Erasures ||
		t.had.Revocations != had.Revocations {
		return link.Page{}, false
	}
	return t.page, true
}

// had is what the device has of what the organisation counts.
func (s *session) had(state vault.Sync) link.Had {
	me := s.who()
	return link.Had{Statement: me.statement.Number, Erasures: state.Erasures, Revocations: me.others.list.Number}
}

// hear asks to be told of changes, until ctx or the session ends. nil comes where nobody tells: the other end
// does not wait, the line is cut, or something on the way cuts what stands open.
func (a *Agent) hear(ctx context.Context) <-chan *tidings {
	heard := make(chan *tidings, 1)
	go func() {
		t, err := a.listen(ctx)
		if err != nil {
			a.log.Debug("nobody tells of changes", "problem", CodeOf(translate(err)))
			t = nil
		}
		heard <- t
	}()
	return heard
}

func (a *Agent) listen(ctx context.Context) (*tidings, error) {
	s, err := a.current()
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() { // a lock ends the call
		select {
		case <-s.quit:
			stop()
		case <-ctx.Done():
		}
	}()
	client := link.NewClient(s.who().statement, s.keys, link.ClientOptions{Time: s.clock.Server(), OnTime: s.clock.Hear})
	defer client.Close()
	for {
		state, err := s.vault.Sync()
		if err != nil {
			return nil, err
		}
		seen, err := s.witnessed()
		if err != nil {
			return nil, err
		}
		t := &tidings{session: s, cursor: state.Cursor, had: s.had(state), seen: seen}
		t.had.Log = s.asked(seen)
		begun := time.Now()
		t.page, err = client.Await(ctx, t.cursor, t.had, link.WaitMost)
		t.waited = time.Since(begun)
		var refused *link.Problem
		switch {
		case errors.As(err, &refused) && refused.Status == http.StatusForbidden:
			return &tidings{}, nil
		case err != nil:
			return nil, err
		case !t.page.Empty():
			return t, nil
		case t.waited < link.WaitMost/2: // it does not wait, or no longer
			return nil, link.ErrAway
		}
	}
}
