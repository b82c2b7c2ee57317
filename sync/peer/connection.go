package peer

import (
	"context"
	"errors"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"handslag/identity/signed"
	"handslag/sync/peer/internal/road"
)

// resume lets the last word go the way that the verified peer opened.
func (s *Session) resume(e resumed) {
	if s.machine.state == IsVerified && e.remote == s.machine.remote {
		s.streams.Resume(e.conn)
		s.resumed = time.Now()
	}
}

// awaitResumed gives S a moment to open the way for D's last word, where the connection has only just been
// made again: else S would look for D until its session is too old.
func (s *Session) awaitResumed() {
	if s.machine.state != IsVerified || s.machine.role != Displayer || s.streams.Get(s.machine.conn) != nil ||
		s.node.Network().Connectedness(s.machine.remote) != network.Connected {
		return
	}
	timer := time.NewTimer(s.timing.redial + s.timing.linger)
	defer timer.Stop()
	for {
		select {
		case ev := <-s.inbox:
			if e, ok := ev.(resumed); ok && e.remote == s.machine.remote {
				s.machine.step(time.Now(), e)
				s.resume(e)
				return
			}
		case <-timer.C:
			return
		}
	}
}

// dial is S on its way to D, within the time that a claim has.
func (s *Session) dial(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, s.timing.claimed)
	defer cancel()
	speak := road.Verify
	if s.machine.form == NoCamera {
		speak = road.Committed
	}
	stream, err := s.node.Reach(ctx, s.machine.expected, speak)
	if err != nil {
		s.post(unreachable{})
		return
	}
	id := s.streams.Add(stream)
	s.post(connected{id, stream.Conn().RemotePeer()})
	s.listen(id, stream, s.timing.claimed+s.timing.identified)
}

// takeVerify is D's: a stranger's stream until its claim says more.
func (s *Session) takeVerify(stream network.Stream) {
	if s.machine.role != Displayer {
		_ = stream.Reset()
		return
	}
	id := s.streams.Add(stream)
	if stream.Protocol() == road.Committed {
		s.post(opened{id})
	}
	s.listen(id, stream, s.timing.hello)
}

// listen posts what comes, each message within its time, until the stream ends.
func (s *Session) listen(id int, stream network.Stream, first time.Duration) {
	defer s.streams.Gone(id)
	within := first
	for n := 0; ; n++ {
		_ = stream.SetReadDeadline(time.Now().Add(within))
		data, err := road.ReadFrame(stream, verifyLimit)
		if err != nil {
			s.node.Strange.NoteError(err, stream.Conn())
			if errors.Is(err, signed.ErrTooLarge) && s.streams.Speaks(id) {
				s.post(received{id, stream.Conn().RemotePeer(), nil}) // which is no message
			}
			break
		}
		if n == verifyMessages {
			data = nil // which is no message: there is no end of them
		}
		s.post(received{id, stream.Conn().RemotePeer(), data})
		if data == nil {
			break
		}
		within = 2 * s.timing.verified // the machine has the deadlines; this outlives them
	}
	s.post(lost{id})
}

// relink notices that the verified peer came or went.
func (s *Session) relink(ctx context.Context) {
	if s.machine.state != IsVerified {
		return
	}
	remote := s.machine.remote
	up := s.node.Network().Connectedness(remote) == network.Connected
	s.mu.Lock()
	changed := up != s.up
	first := !s.up && up
	s.up = up
	if first {
		close(s.link)
	} else if changed {
		s.link = make(chan struct{})
	}
	s.mu.Unlock()
	if !changed {
		return
	}
	s.emit(LinkChanged{up})
}

// redial is S, which has lost the stream for the last word, opening it anew after a wait, for as long as the
// session is open: over the connection that there is, or else over one that it makes.
func (s *Session) redial(ctx context.Context, remote peer.ID, wait time.Duration) {
	for {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
		attempt, cancel := context.WithTimeout(ctx, s.timing.claimed)
		stream, err := s.node.Reach(attempt, remote, road.Again)
		cancel()
		if err == nil {
			s.resumeOn(stream)
			return
		}
		wait = s.timing.redial
	}
}

// takeAgain is D's: of the verified peer alone.
func (s *Session) takeAgain(stream network.Stream) {
	if s.machine.role != Displayer || stream.Conn().RemotePeer() != s.streams.Claimant() {
		s.node.Strange.Note(road.Garbled, stream.Conn().ID())
		_ = stream.Reset()
		return
	}
	s.resumeOn(stream)
}

func (s *Session) resumeOn(stream network.Stream) {
	id := s.streams.Add(stream)
	s.post(resumed{id, stream.Conn().RemotePeer()})
	s.listen(id, stream, 2*s.timing.verified)
}
