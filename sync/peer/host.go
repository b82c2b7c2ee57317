package peer

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"time"

	p2pcrypto "github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/peerstore"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/core/sec"
	"github.com/libp2p/go-libp2p/p2p/host/eventbus"
	"github.com/libp2p/go-libp2p/p2p/host/peerstore/pstoremem"
	rcmgr "github.com/libp2p/go-libp2p/p2p/host/resource-manager"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"
	"github.com/libp2p/go-libp2p/p2p/net/upgrader"
	libp2ptls "github.com/libp2p/go-libp2p/p2p/security/tls"
	libp2pquic "github.com/libp2p/go-libp2p/p2p/transport/quic"
	"github.com/libp2p/go-libp2p/p2p/transport/quicreuse"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"

	"handslag/identity/signed"
)

// The protocols, with their version.
const (
	verifyProtocol protocol.ID = "/handslag/verify/1"
	// committedProtocol is the same where D speaks first: S has the code as a file.
	committedProtocol protocol.ID = "/handslag/verify/1/committed"
	newsProtocol      protocol.ID = "/handslag/news/1"
	carryProtocol     protocol.ID = "/handslag/carry/1"
	shareProtocol     protocol.ID = "/handslag/share/1"
	togetherProtocol  protocol.ID = "/handslag/together/1"
	// againProtocol is for the last word of a session whose connection was lost and made again; S opens it.
	againProtocol protocol.ID = "/handslag/again/1"
)

// Bounds on what those who knocked rightly can make this device hold; who did not gets no further than
// the door.
const (
	maxConns   = 8
	maxStreams = 32
	maxMemory  = 64 << 20
)

// node is libp2p's connections and streams, and nothing else of libp2p: there is no host with its
// services, and so no identify, ping, relay, DHT, AutoNAT, mDNS, hole punching or port mapping that
// could be left on. It has TCP with TLS, and QUIC.
type node struct {
	swarm *swarm.Swarm
	quic  *quicreuse.ConnManager
	gate  *gater
	knock *knock
	hello time.Duration // for a stream to say which protocol it is for

	mu       sync.Mutex
	handlers map[protocol.ID]network.StreamHandler
}

// newDialler is S's host: it listens nowhere and dials nobody but the offer's key.
func newDialler(key *signed.PrivateKey, to Payload, timing timing) (*node, error) {
	id, err := peerOf(to.Key[:])
	if err != nil {
		return nil, err
	}
	var at []ma.Multiaddr
	for _, addr := range to.Addrs {
		at = append(at, tcpAddr(addr), quicAddr(addr))
	}
	n, err := newNode(key, &gater{dials: id, at: at}, newKnock(to.Secret, false), timing)
	if err != nil {
		return nil, err
	}
	n.swarm.Peerstore().AddAddrs(id, at, peerstore.PermanentAddrTTL)
	return n, nil
}

// newListener is D's host: it listens on addrs, on ports that the system picks, and dials
// nobody. Only who knows secret gets through its door. It returns where a dialler finds it.
func newListener(key *signed.PrivateKey, addrs []netip.Addr, secret [16]byte, timing timing) (*node, []netip.AddrPort, error) {
	n, err := newNode(key, &gater{accepts: true}, newKnock(secret, true), timing)
	if err != nil {
		return nil, nil, err
	}
	var open []netip.AddrPort
	var failed error
	for _, addr := range addrs {
		at, err := n.listen(addr)
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		open = append(open, at)
	}
	if len(open) == 0 {
		n.end()
		return nil, nil, fmt.Errorf("listen for a colleague's device: %w: %w", ErrNoNetwork, failed)
	}
	return n, open, nil
}

// portPairs is how many TCP ports are tried for one whose number is free for UDP too: the code names one number.
const portPairs = 8

// listen opens TCP and QUIC at a free port of addr. Where other programs have the UDP port of each that is
// tried, TCP is enough.
func (n *node) listen(addr netip.Addr) (netip.AddrPort, error) {
	var taken []ma.Multiaddr // they stay open meanwhile, so that the system picks others
	for {
		at, err := n.listenTCP(addr)
		if err == nil && n.swarm.Listen(quicAddr(at)) != nil && len(taken) < portPairs-1 {
			taken = append(taken, tcpAddr(at))
			continue
		}
		n.swarm.ListenClose(taken...)
		return at, err
	}
}

// listenTCP opens TCP at a port that the system picks.
func (n *node) listenTCP(addr netip.Addr) (netip.AddrPort, error) {
	before := n.swarm.ListenAddresses()
	if err := n.swarm.Listen(tcpAddr(netip.AddrPortFrom(addr, 0))); err != nil {
		return netip.AddrPort{}, err
	}
	for _, a := range n.swarm.ListenAddresses() {
		tcp, err := manet.ToNetAddr(a)
		if err != nil || tcp.Network() != "tcp" || ma.Contains(before, a) {
			continue
		}
		if at, err := netip.ParseAddrPort(tcp.String()); err == nil && at.Addr().Unmap() == addr {
			return netip.AddrPortFrom(addr, at.Port()), nil
		}
	}
	return netip.AddrPort{}, errors.New("listen: the port is not known")
}

func tcpAddr(at netip.AddrPort) ma.Multiaddr {
	return ma.StringCast(fmt.Sprintf("/%s/%s/tcp/%d", family(at), at.Addr(), at.Port()))
}

func quicAddr(at netip.AddrPort) ma.Multiaddr {
	return ma.StringCast(fmt.Sprintf("/%s/%s/udp/%d/quic-v1", family(at), at.Addr(), at.Port()))
}

func family(at netip.AddrPort) string {
	if at.Addr().Is4() {
		return "ip4"
	}
	return "ip6"
}

func newNode(key *signed.PrivateKey, gate *gater, knock *knock, timing timing) (*node, error) {
	private, err := p2pcrypto.UnmarshalEd25519PrivateKey(append([]byte(nil), key.Ed25519()...))
	if err != nil {
		return nil, fmt.Errorf("read transport key: %w", err)
	}
	id, err := peer.IDFromPrivateKey(private)
	if err != nil {
		return nil, fmt.Errorf("read transport key: %w", err)
	}
	gate.strange = knock.strange
	n := &node{gate: gate, knock: knock, hello: timing.hello, handlers: map[protocol.ID]network.StreamHandler{}}
	if err := n.build(id, private, timing); err != nil {
		return nil, fmt.Errorf("start the network: %w", err)
	}
	n.swarm.SetStreamHandler(n.arrived)
	return n, nil
}

// build puts libp2p's parts together. What it leaves behind where it fails has no socket yet.
func (n *node) build(id peer.ID, private p2pcrypto.PrivKey, timing timing) error {
	limits, err := rcmgr.NewResourceManager(rcmgr.NewFixedLimiter(resourceLimits()), rcmgr.WithMetricsDisabled())
	if err != nil {
		return err
	}
	book, err := pstoremem.NewPeerstore()
	if err != nil {
		return err
	}
	if err := errors.Join(book.AddPrivKey(id, private), book.AddPubKey(id, private.GetPublic())); err != nil {
		return err
	}
	n.swarm, err = swarm.NewSwarm(id, book, eventbus.NewBus(), swarm.WithConnectionGater(n.gate), swarm.WithResourceManager(limits),
		swarm.WithDialTimeout(timing.claimed), swarm.WithDialTimeoutLocal(timing.claimed), swarm.WithDialRanker(tcpFirst),
		swarm.WithUDPBlackHoleSuccessCounter(nil), swarm.WithIPv6BlackHoleSuccessCounter(nil))
	if err != nil {
		return err
	}
	streams := *yamux.DefaultTransport
	streams.KeepAliveInterval = keepAlive
	muxers := []upgrader.StreamMuxer{{ID: yamux.ID, Muxer: &streams}}
	secure, err := libp2ptls.New(libp2ptls.ID, private, muxers)
	if err != nil {
		return err
	}
	upgrade, err := upgrader.New([]sec.SecureTransport{secure}, muxers, nil, limits, n.gate, upgrader.WithAcceptTimeout(timing.hello))
	if err != nil {
		return err
	}
	plain, err := tcp.NewTCPTransport(upgrade, limits, nil, tcp.DisableReuseport(), tcp.WithDialerForAddr(n.knock.dialler))
	if err != nil {
		return err
	}
	var reset, token [32]byte // for one session: what it does not remember is forgotten
	rand.Read(reset[:])
	rand.Read(token[:])
	n.quic, err = quicreuse.NewConnManager(reset, token, quicreuse.DisableReuseport(), quicreuse.OverrideListenUDP(n.knock.listenUDP))
	if err != nil {
		return err
	}
	datagrams, err := libp2pquic.NewTransport(private, n.quic, nil, n.gate, limits)
	if err != nil {
		return err
	}
	return errors.Join(n.swarm.AddTransport(&doorway{TcpTransport: plain, upgrade: upgrade, limits: limits, knock: n.knock, timing: timing}),
		n.swarm.AddTransport(datagrams))
}

// keepAlive is how often an idle connection is tried. One that does not answer for ten seconds more is
// gone, and the screens say so: a hotspot that was carried off sends no word.
const keepAlive = 5 * time.Second

// quicAfter is how long TCP has before QUIC is tried too.
const quicAfter = 250 * time.Millisecond

// tcpFirst prefers TCP with TLS, which carries twice as much as QUIC does (555–615 against 243–272 MiB/s
// on loopback) at the price of two round trips more. QUIC is for networks that block TCP between
// their guests.
func tcpFirst(addrs []ma.Multiaddr) []network.AddrDelay {
	out := make([]network.AddrDelay, len(addrs))
	for i, addr := range addrs {
		out[i].Addr = addr
		if _, err := addr.ValueForProtocol(ma.P_QUIC_V1); err == nil {
			out[i].Delay = quicAfter
		}
	}
	return out
}

// streamsOfOne is how many streams of each protocol one peer may have open.
func streamsOfOne() map[protocol.ID]rcmgr.ResourceLimits {
	return map[protocol.ID]rcmgr.ResourceLimits{
		verifyProtocol:    {Streams: 2, StreamsInbound: 2},
		committedProtocol: {Streams: 2, StreamsInbound: 2},
		againProtocol:     {Streams: 2, StreamsInbound: 2, StreamsOutbound: 2},
		newsProtocol:      {Streams: 2, StreamsInbound: 1},
		carryProtocol:     {Streams: 2, StreamsInbound: 1},
		shareProtocol:     {Streams: 4, StreamsInbound: 4},
		togetherProtocol:  {Streams: 4, StreamsInbound: 4},
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

// reap closes a connection that has opened no stream within hello, so that nobody fills the few
// places there are; a peer that spared names is left alone.
func (n *node) reap(hello time.Duration, spared func(peer.ID) bool) {
	n.swarm.Notify(&network.NotifyBundle{ConnectedF: func(_ network.Network, c network.Conn) {
		time.AfterFunc(hello, func() {
			if !spared(c.RemotePeer()) {
				if !c.IsClosed() {
					n.knock.strange.note(Slow, c.ID())
				}
				_ = c.Close()
			}
		})
	}})
}

// protocolLimit is the most bytes of a protocol's name.
const protocolLimit = 64

// handle says who takes streams of a protocol.
func (n *node) handle(p protocol.ID, h network.StreamHandler) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.handlers[p] = h
}

// protocols are those that are taken.
func (n *node) protocols() []protocol.ID {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Collect(maps.Keys(n.handlers))
}

// arrived gives a stream to whom its first frame names; any other is nobody's.
func (n *node) arrived(s network.Stream) {
	_ = s.SetReadDeadline(time.Now().Add(n.hello))
	name, err := readFrame(s, protocolLimit)
	n.mu.Lock()
	take := n.handlers[protocol.ID(name)]
	n.mu.Unlock()
	switch {
	case err != nil:
		n.knock.strange.noteError(err, s.Conn())
	case take == nil:
		n.knock.strange.note(Garbled, s.Conn().ID())
	case s.SetProtocol(protocol.ID(name)) != nil:
		n.knock.strange.note(Endless, s.Conn().ID())
	default:
		_ = s.SetReadDeadline(time.Time{})
		take(s)
		return
	}
	_ = s.Reset()
}

// reach dials the one key and opens a stream of the protocol. It waits for no answer: one that
// does not take the protocol resets the stream.
func (n *node) reach(ctx context.Context, id peer.ID, p protocol.ID) (network.Stream, error) {
	s, err := n.swarm.NewStream(ctx, id)
	if err == nil {
		if err = s.SetProtocol(p); err == nil {
			err = writeFrame(s, []byte(p))
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

// Network is the connections.
func (n *node) Network() network.Network { return n.swarm }

// end stops listening and cuts every connection.
func (n *node) end() {
	n.gate.shut()
	_ = n.swarm.Close()
	_ = n.quic.Close()
	n.knock.end()
	_ = n.swarm.Peerstore().Close()
	_ = n.swarm.ResourceManager().Close()
}
