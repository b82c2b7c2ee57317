package road

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	rcmgr "github.com/libp2p/go-libp2p/p2p/host/resource-manager"
)

// The protocols, with their version.
const (
	Verify protocol.ID = "/handslag/verify/1"
	// committedProtocol is the same where D speaks first: S has the code as a file.
	Committed protocol.ID = "/handslag/verify/1/committed"
	News      protocol.ID = "/handslag/news/1"
	Carry     protocol.ID = "/handslag/carry/1"
	Share     protocol.ID = "/handslag/share/1"
	Together  protocol.ID = "/handslag/together/1"
	// againProtocol is for the last word of a session whose connection was lost and made again; S opens it.
	Again protocol.ID = "/handslag/again/1"
)

// Bounds on what those who knocked rightly can make this device hold; who did not gets no further than
// the door.
const (
	maxConns   = 8
	maxStreams = 32
	maxMemory  = 64 << 20
)

// streamsOfOne is how many streams of each protocol one peer may have open.
func streamsOfOne() map[protocol.ID]rcmgr.ResourceLimits {
	return map[protocol.ID]rcmgr.ResourceLimits{
		Verify:    {Streams: 2, StreamsInbound: 2},
		Committed: {Streams: 2, StreamsInbound: 2},
		Again:     {Streams: 2, StreamsInbound: 2, StreamsOutbound: 2},
		News:      {Streams: 2, StreamsInbound: 1},
		Carry:     {Streams: 2, StreamsInbound: 1},
		Share:     {Streams: 4, StreamsInbound: 4},
		Together:  {Streams: 4, StreamsInbound: 4},
	}
}

func resourceLimits() rcmgr.ConcreteLimitConfig {
	all := rcmgr.ResourceLimits{Streams: maxStreams, StreamsInbound: maxStreams, StreamsOutbound: maxStreams,
		Conns: maxConns, ConnsInbound: maxConns, ConnsOutbound: maxConns, FD: 2 * maxConns, Memory: maxMemory}
	one := all
	one.Conns, one.ConnsInbound, one.ConnsOutbound, one.Streams, one.StreamsInbound = 4, 4, 4, maxStreams/2, maxStreams/2
	few := rcmgr.ResourceLimits{Streams: maxConns, StreamsInbound: maxConns, StreamsOutbound: maxConns}
	ofOne := streamsOfOne()
	ofAll := map[protocol.ID]rcmgr.ResourceLimits{}
	for p := range ofOne {
		ofAll[p] = few
	}
	return rcmgr.PartialLimitConfig{
		System: all, Transient: all, PeerDefault: one, Protocol: ofAll, ProtocolPeer: ofOne,
	}.Build(rcmgr.DefaultLimits.Scale(maxMemory, 4*maxConns))
}

// protocolLimit is the most bytes of a protocol's name.
const protocolLimit = 64

// Handle says who takes streams of a protocol.
func (n *Node) Handle(p protocol.ID, h network.StreamHandler) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.handlers[p] = h
}

// Protocols are those that are taken.
func (n *Node) Protocols() []protocol.ID {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Collect(maps.Keys(n.handlers))
}

// arrived gives a stream to whom its first frame names; any other is nobody's.
func (n *Node) arrived(s network.Stream) {
	_ = s.SetReadDeadline(time.Now().Add(n.hello))
	name, err := ReadFrame(s, protocolLimit)
	n.mu.Lock()
	take := n.handlers[protocol.ID(name)]
	n.mu.Unlock()
	switch {
	case err != nil:
		n.Strange.NoteError(err, s.Conn())
	case take == nil:
		n.Strange.Note(Garbled, s.Conn().ID())
	case s.SetProtocol(protocol.ID(name)) != nil:
		n.Strange.Note(Endless, s.Conn().ID())
	default:
		_ = s.SetReadDeadline(time.Time{})
		take(s)
		return
	}
	_ = s.Reset()
}

// Reach dials the one key and opens a stream of the protocol. It waits for no answer: one that
// does not take the protocol resets the stream.
func (n *Node) Reach(ctx context.Context, id peer.ID, p protocol.ID) (network.Stream, error) {
	s, err := n.swarm.NewStream(ctx, id)
	if err == nil {
		if err = s.SetProtocol(p); err == nil {
			err = WriteFrame(s, []byte(p))
		}
		if err != nil {
			_ = s.Reset()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("reach the other device: %w", err)
	}
	return s, nil
}
