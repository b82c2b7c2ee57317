package peer

import (
	"context"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"handslag/sync/peer/internal/road"
)

// eventRoom is more than the events that a session can have besides LinkChanged, which is
// left out where there is no room.
const eventRoom = 64

// attend takes what comes from the other device. It is done before anybody can have seen the code: whoever
// is quick to scan it is heard.
func (s *Session) attend() {
	s.node.Handle(road.Verify, s.takeVerify)
	s.node.Handle(road.Committed, s.takeVerify)
	s.node.Handle(road.Again, s.takeAgain)
	s.node.Handle(road.Share, s.take(s.shares))
	s.node.Handle(road.News, s.take(s.news))
	s.node.Handle(road.Carry, s.take(s.carries))
	s.node.Handle(road.Together, s.take(s.mates))
	s.node.Reap(s.timing.hello, func(id peer.ID) bool { return id == s.streams.Claimant() })
	s.node.Network().Notify(&network.NotifyBundle{
		ConnectedF:    func(network.Network, network.Conn) { go s.post(linked{}) },
		DisconnectedF: func(network.Network, network.Conn) { go s.post(linked{}) },
	})
}

// run is the session's loop: the machine is its alone, events come in one at a time, and
// when it is over nothing is left.
func (s *Session) run(ctx context.Context) {
	defer close(s.done)
	defer close(s.events)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	s.perform(ctx, s.machine.step(time.Now(), started{}))
	for !s.machine.over() {
		timer.Reset(time.Until(s.machine.deadline))
		var ev event
		select {
		case ev = <-s.inbox:
		case <-timer.C:
			ev = ticked{}
		case <-ctx.Done():
			s.awaitResumed()
			ev = cancelled{}
		}
		switch e := ev.(type) {
		case linked:
			s.relink(ctx)
			continue
		case resumed:
			s.resume(e)
		case lost:
			if s.machine.state == IsVerified && s.machine.role == Scanner && e.conn == s.machine.conn {
				go s.redial(ctx, s.machine.remote, time.Until(s.resumed.Add(s.timing.redial)))
			}
		}
		if e, ok := ev.(entryDone); ok {
			s.journal = e.err
		}
		s.perform(ctx, s.machine.step(time.Now(), ev))
	}
	s.mu.Lock()
	s.open = false
	s.mu.Unlock()
	close(s.stopped) // who wakes finds the session closed
	s.cancel()
	s.streams.Linger(s.timing.linger)
	s.node.End()
}

// linked says that connections changed.
type linked struct{}

// post hands the loop an event, unless it is over.
func (s *Session) post(ev event) {
	select {
	case s.inbox <- ev:
	case <-s.stopped:
	}
}

// perform does what the machine wants done.
func (s *Session) perform(ctx context.Context, effects []effect) {
	for _, eff := range effects {
		switch e := eff.(type) {
		case dial:
			go s.dial(ctx)
		case send:
			s.streams.Claim(e.conn)
			s.streams.Send(e.conn, e.data, s.timing.write)
		case greet: // a stranger's, who may read nothing: nobody waits for it
			go s.streams.Send(e.conn, e.data, s.timing.write)
		case drop:
			s.disturb(e.conn, e.what)
			s.streams.Drop(e.conn)
		case entered:
			s.mu.Lock()
			s.form = s.machine.form
			s.mu.Unlock()
			if e.state == IsClosed {
				s.tellDisturbed()
			}
			s.emit(StateChanged{e.state, e.until})
			if e.state == IsVerified {
				s.mint(ctx)
			}
		case met:
			s.emit(PeerMet{e.meeting.Peer, e.meeting.PeerClockSuspect})
		case showCode:
			s.emit(ShowCode{e.digits})
		case askCode:
			s.emit(EnterCode{e.left})
		case showScan:
			s.emit(ShowEvidence{e.evidence.Encode()})
		case askScan:
			s.emit(ScanEvidence{e.left})
		case appendIt:
			go func() {
				err := s.config.Append(ctx, e.meeting)
				s.post(entryDone{err})
			}()
		case ended:
			failed := Failed{Reason: e.reason, Theirs: e.theirs, Form: s.machine.form, Err: s.journal}
			if s.machine.meeting.PeerCredential != nil {
				who := s.machine.meeting.Peer
				failed.Peer = &who
			} else if s.machine.role == Displayer && e.reason.isStrange() {
				s.config.Strangers.Failed(s.streams.Origin())
			}
			s.tellDisturbed()
			s.emit(failed)
		}
	}
}

// emit tells the screen. Only what comes again may be left out.
func (s *Session) emit(ev Event) {
	if _, ok := ev.(LinkChanged); ok && len(s.events) > eventRoom/2 {
		return
	}
	s.events <- ev
}

// verifyMessages is more than either end has to say.
const verifyMessages = 7

// mint makes the right to share, once the machine says VERIFIED and never otherwise.
func (s *Session) mint(ctx context.Context) {
	if s.machine.state != IsVerified {
		return
	}
	remote := s.machine.remote
	s.node.Narrow(remote)
	v := &Verified{session: s, meeting: s.machine.meeting, remote: remote, self: s.machine.self, since: s.machine.self.now()}
	s.mu.Lock()
	s.verified = v
	s.mu.Unlock()
	s.relink(ctx)
	s.emit(SessionVerified{v})
}
