package peer

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"

	"handslag/identity/signed"
	"handslag/sync/peer/internal/message"
	"handslag/sync/peer/internal/road"
)

// Verified is the right to share with one device, in one session. Nothing but a verification
// that ended well makes one; a zero value can do nothing, and none outlives its session.
type Verified struct {
	session *Session
	meeting Meeting
	remote  peer.ID
	self    self
	since   signed.Time // trusted time of the verification, which counts through sleep
}

// Meeting is what was verified.
func (v *Verified) Meeting() Meeting { return v.meeting }

// live says whether the session is still open.
func (v *Verified) live() error {
	if v == nil || v.session == nil {
		return fmt.Errorf("share: %w", ErrNotVerified)
	}
	if _, ok := v.session.Verified(); !ok {
		return fmt.Errorf("share: %w", ErrNotVerified)
	}
	if v.self.now() > v.since.Add(v.session.timing.verified) { // the session's own timer stands still in a closed laptop
		v.session.Abort()
		return fmt.Errorf("share: the verification is too old: %w", ErrNotVerified)
	}
	return nil
}

// within is ctx, ended with the session.
func (v *Verified) within(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-v.session.stopped:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// stream opens one for a share.
func (v *Verified) stream(ctx context.Context) (network.Stream, error) {
	return v.open(ctx, road.Share)
}

// open opens a stream to the other device, waiting for its return where the link is down.
func (v *Verified) open(ctx context.Context, p protocol.ID) (network.Stream, error) {
	s := v.session
	for {
		s.mu.Lock()
		link := s.link
		s.mu.Unlock()
		select {
		case <-link:
		case <-ctx.Done():
			return nil, fmt.Errorf("reach the other device: %w", ctx.Err())
		}
		before := s.node.Network().ConnsToPeer(v.remote)
		stream, err := s.node.Reach(ctx, v.remote, p)
		if err == nil || ctx.Err() != nil || len(before) > 0 && !slices.ContainsFunc(before, network.Conn.IsClosed) {
			return stream, err
		}
		s.post(linked{}) // it went this moment, and may be back by now: the loop looks, and then there is a link to wait for
		select {
		case <-time.After(s.timing.redial):
		case <-ctx.Done():
		}
	}
}

// take keeps a stream that the verified device opened until it is asked for. One may wait; the
// machine of this end may be a message behind the other's.
func (s *Session) take(queue chan network.Stream) network.StreamHandler {
	return func(stream network.Stream) {
		if stream.Conn().RemotePeer() != s.streams.Claimant() {
			s.node.Strange.Note(road.Garbled, stream.Conn().ID())
			_ = stream.Reset()
			return
		}
		select {
		case queue <- stream:
		default:
			_ = stream.Reset()
		}
	}
}

// talk is a stream of a share: each message has its time, and ending ctx ends it at once.
type talk struct {
	stream  network.Stream
	timing  timing
	stop    func() bool
	saying  sync.Mutex
	ended   atomic.Bool
	hurried atomic.Bool
}

func newTalk(ctx context.Context, stream network.Stream, timing timing) *talk {
	return &talk{stream: stream, timing: timing, stop: context.AfterFunc(ctx, func() { _ = stream.Reset() })}
}

func (t *talk) say(body message.Body) error {
	data, err := message.Encode(body)
	if err != nil {
		return err
	}
	t.saying.Lock()
	defer t.saying.Unlock()
	_ = t.stream.SetWriteDeadline(time.Now().Add(t.timing.item))
	return road.WriteFrame(t.stream, data)
}

func (t *talk) hear(limit int, within time.Duration, body message.Body) error {
	data, err := t.frame(limit, within)
	if err != nil {
		return err
	}
	_, err = message.Decode(data, limit, body)
	return err
}

func (t *talk) frame(limit int, within time.Duration) ([]byte, error) {
	t.wait(within)
	data, err := road.ReadFrame(t.stream, limit)
	if err != nil {
		return nil, fmt.Errorf("receive message: %w", err)
	}
	return data, nil
}

// hearAnswer hears one of what a receiver says after its want.
func (t *talk) hearAnswer() (message.Body, error) {
	data, err := t.frame(replyLimit, t.timing.answer)
	if err != nil {
		return nil, err
	}
	return message.Decode(data, replyLimit, new(acks), new(lacks), new(stop))
}

// hearLine hears what body is for, or stop.
func (t *talk) hearLine(limit int, body message.Body) (message.Body, error) {
	data, err := t.frame(limit+64, t.timing.answer)
	if err != nil {
		return nil, err
	}
	return message.Decode(data, limit+64, body, new(stop))
}

// wait gives the next message its time.
func (t *talk) wait(within time.Duration) {
	if t.hurried.Load() {
		within = min(within, t.timing.hurry)
	}
	_ = t.stream.SetReadDeadline(time.Now().Add(within))
}

// alive says that what this end sends still goes out, so that an answer has its time anew.
func (t *talk) alive() { t.wait(t.timing.answer) }

// hurry leaves the other end little time for what it still has to say.
func (t *talk) hurry() {
	t.hurried.Store(true)
	t.wait(t.timing.answer)
}

// end closes the stream well: the last word still arrives.
func (t *talk) end() {
	t.stop()
	t.ended.Store(true)
	_ = t.stream.Close()
}

// fail cuts the stream, unless it has ended.
func (t *talk) fail() {
	if t.ended.Load() {
		return
	}
	t.stop()
	_ = t.stream.Reset()
}
