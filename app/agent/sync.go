package agent

import (
	"context"
	"errors"
	"fmt"
	"time"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault"
)

const (
	maxBatches    = 10000               // in one sync
	maxPages      = 10000               // in one sync
	keepReceipted = 30 * 24 * time.Hour // longer than the connected system's backup interval
)

const barredSetting = "barred"

// Sync speaks with the connected system: the journal goes up first, whatever else may be
// refused, then credential and changes come down, and what that left in the journal goes up
// too. One sync runs at a time; a second waits for it.
func (a *Agent) Sync(ctx context.Context) (SyncResult, error) { return a.sync(ctx, nil) }

// sync is Sync to which somebody may have been told already what changed.
func (a *Agent) sync(ctx context.Context, t *tidings) (SyncResult, error) {
	a.syncing.Lock()
	defer a.syncing.Unlock()
	s, err := a.current()
	if err != nil {
		return SyncResult{}, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { // a lock ends the calls
		select {
		case <-s.quit:
			cancel()
		case <-ctx.Done():
		}
	}()
	r := &run{agent: a, session: s, job: s.job(), tidings: t}
	a.beginJob(r.job)
	err = r.all(ctx)
	r.end(err)
	a.endJob()
	return r.result, translate(err)
}

// run is one sync.
type run struct {
	agent    *Agent
	session  *session
	client   *link.Client
	job      string   // what Progress calls it
	rejoined bool     // the journal went on in a new generation
	tidings  *tidings // what came while Run waited; nil: nothing
	left     int      // things still to come, as far as the connected system has told
	result   SyncResult
	changed  []Signal
}

func (r *run) connect() {
	if r.client != nil {
		r.client.Close()
	}
	r.client = link.NewClient(r.session.who().statement, r.session.keys, link.ClientOptions{
		Time:   r.session.clock.Server(),
		OnTime: r.session.clock.Hear,
	})
}

func (r *run) all(ctx context.Context) error {
	if err := r.session.current(); err != nil {
		return err
	}
	if r.session.damaged.Swap(false) {
		if err := r.agent.mend(r.session); err != nil {
			return err
		}
		r.job = r.session.job()
	}
	r.connect()
	defer func() { r.client.Close() }()
	err := r.steps(ctx)
	if mayBeRotated(err) {
		if err = r.repin(ctx, err); err == nil {
			err = r.steps(ctx)
		}
	}
	if !errors.Is(err, link.ErrAway) && !errors.Is(err, link.ErrPin) {
		r.carry(ctx) // after the own entries, and also where this device gets nothing any more
	}
	return err
}

// mayBeRotated reports whether a failure is what a new key of the organisation's looks like to who has not heard of
// it: in TLS, on a receipt or credential, or on the server time that a refusal carries.
func mayBeRotated(err error) bool {
	var refused *link.Problem
	return errors.Is(err, link.ErrPin) || errors.Is(err, signed.ErrSignature) ||
		errors.As(err, &refused) && refused.Code == link.CodeStaleProof
}

// steps are the sync's. That this device is revoked, or its person disabled, whichever of them hears it, is
// kept: from then on it opens and shares nothing, offline too.
func (r *run) steps(ctx context.Context) error {
	err := r.upAndDown(ctx)
	switch code := CodeOf(translate(err)); code {
	case DeviceRevoked, UserDisabled:
		return errors.Join(err, r.session.setBarred(code))
	}
	return err
}

// upAndDown is up, credential, down, and up again with what that left; then attachments.
func (r *run) upAndDown(ctx context.Context) error {
	if err := r.upload(ctx); err != nil {
		return err
	}
	if err := r.renew(ctx); err != nil {
		return err
	}
	if err := r.download(ctx); err != nil {
		return err
	}
	r.vouch(ctx)
	if n, err := r.session.expire(); err != nil {
		return err
	} else if n > 0 {
		r.changed = append(r.changed, RecordsChanged)
	}
	if err := r.upload(ctx); err != nil {
		return err
	}
	return r.files(ctx)
}

// end keeps what was learned and tells the screens, however the sync ended.
func (r *run) end(err error) {
	a, s := r.agent, r.session
	r.result.Waiting = s.journal.Waiting()
	p := asProblem(err)
	if err == nil {
		last := s.clock.Server()
		keep := s.vault.Update(func(tx *vault.Tx) error {
			state, err := tx.Sync()
			if err != nil {
				return err
			}
			state.Last, state.Statement = last, s.who().statement.Number
			return tx.SetSync(state)
		})
		if keep != nil {
			a.log.Warn("the time of this sync is not kept", "error", keep)
		}
		s.mu.Lock()
		s.identity.lastSync = last
		s.mu.Unlock()
		if err := a.cameBack(s, r.job); err != nil {
			a.log.Warn("that all is back is told after the next sync", "error", CodeOf(translate(err)))
		}
		if drafts, err := s.vault.Drafts(); err == nil && len(drafts) > 0 {
			a.log.Debug("old segments stay: they hold the keys of what is not handed in yet")
		} else if _, err := s.journal.Drop(last.Add(-keepReceipted)); err != nil {
			a.log.Warn("old segments stay", "error", err)
		}
	}
	a.anchor(s)
	if err := s.settleView(); err != nil && CodeOf(translate(err)) != Locked {
		a.log.Warn("the clock is not kept", "error", err)
	}
	var refused *link.Problem
	a.mu.Lock()
	a.online = err == nil || errors.As(err, &refused)
	a.handedIn += r.result.Carried
	a.problem = p
	if p != nil && p.Code == Cancelled {
		a.problem = nil
	}
	a.mu.Unlock()
	a.changed(append(r.changed, SyncChanged, StateChanged)...)
}

// renew fetches the next credential.
func (r *run) renew(ctx context.Context) error {
	s := r.session
	issued, err := r.client.Credential(ctx)
	if err != nil {
		return err
	}
	me := s.who()
	c, err := ownCredential(issued.Credential, me.statement, s.keys)
	if err != nil {
		return err
	}
	if c.Epoch < me.credential.Epoch || c.Person.ID != me.credential.Person.ID {
		return fmt.Errorf("%w: older than the one in force, or another person's", identity.ErrCredential)
	}
	me.profile.Credential, me.profile.Person, me.profile.Label = issued.Credential, c.Person, issued.Label
	if me.profile.Search, err = openSearchKey(issued.Search, s.keys, me.profile.Org); err != nil {
		return err
	}
	if err := s.keepProfile(me.profile, me.statement, c); err != nil {
		return err
	}
	return s.setBarred("")
}

func (s *session) setBarred(why Code) error {
	s.mu.Lock()
	same := s.identity.barred == why
	s.identity.barred = why
	s.mu.Unlock()
	if same {
		return nil
	}
	return s.vault.Update(func(tx *vault.Tx) error { return tx.SetSetting(barredSetting, []byte(why)) })
}

// keepProfile makes a new profile durable and then the one in force.
func (s *session) keepProfile(p vault.Profile, statement identity.Statement, c identity.Credential) error {
	if err := s.vault.SaveProfile(p, nil); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.identity.profile, s.identity.statement, s.identity.credential = p, statement, c
	return nil
}

// repin asks for the statement without a pin, since the root key's signature is what counts:
// a newer one may name the TLS key that the other end holds. Otherwise the mismatch stands.
func (r *run) repin(ctx context.Context, mismatch error) error {
	me := r.session.who()
	data, err := link.FetchStatement(ctx, me.statement.URL, 0)
	if err != nil {
		return mismatch
	}
	newer, err := r.adopt(data)
	if err != nil || !newer {
		return mismatch
	}
	return nil
}

// adopt takes a newer statement. One of the same number changes nothing, a lower one is
// refused: whoever sends it hides the newer.
func (r *run) adopt(data []byte) (bool, error) {
	s := r.session
	me := s.who()
	statement, err := identity.OpenStatement(data, me.profile.Org)
	switch {
	case err != nil:
		return false, err
	case statement.Number < me.statement.Number:
		return false, problem(StatementOlder, nil)
	case statement.Number == me.statement.Number:
		return false, nil
	}
	me.profile.Statement = data
	if err := s.keepProfile(me.profile, statement, me.credential); err != nil {
		return false, err
	}
	r.connect()
	return true, nil
}
