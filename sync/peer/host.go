package peer

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/connmgr"
	p2pcrypto "github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/peerstore"
	"github.com/libp2p/go-libp2p/core/protocol"
	rcmgr "github.com/libp2p/go-libp2p/p2p/host/resource-manager"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	libp2ptls "github.com/libp2p/go-libp2p/p2p/security/tls"
	libp2pquic "github.com/libp2p/go-libp2p/p2p/transport/quic"
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
	shareProtocol     protocol.ID = "/handslag/share/1"
)

// Bounds on what strangers on the same network can make this device hold.
const (
	maxConns   = 8
	maxStreams = 32
	maxMemory  = 64 << 20
)

// node is a libp2p host that knows this one verification. It has TCP with TLS and QUIC, and
// none of libp2p's ways to be found: no relay, DHT, AutoNAT, mDNS, hole punching, port
// mapping or ping; identify says nothing about program or person.
type node struct {
	host.Host
	gate *gater
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
	n, err := newNode(key, &gater{dials: id, at: at}, timing)
	if err != nil {
		return nil, err
	}
	n.Peerstore().AddAddrs(id, at, peerstore.PermanentAddrTTL)
	return n, nil
}

// newListener is D's host: it listens on addrs, on ports that the system picks, and dials
// nobody. It returns where a dialler finds it.
func newListener(key *signed.PrivateKey, addrs []netip.Addr, timing timing) (*node, []netip.AddrPort, error) {
	n, err := newNode(key, &gater{accepts: true}, timing)
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
		n.Close()
		return nil, nil, fmt.Errorf("listen for a colleague's device: %w: %w", ErrNoNetwork, failed)
	}
	return n, open, nil
}

// listen opens TCP at a free port of addr, and QUIC at the same one; where another program
// has that UDP port TCP is enough.
func (n *node) listen(addr netip.Addr) (netip.AddrPort, error) {
	if err := n.Network().Listen(tcpAddr(netip.AddrPortFrom(addr, 0))); err != nil {
		return netip.AddrPort{}, err
	}
	for _, a := range n.Network().ListenAddresses() {
		tcp, err := manet.ToNetAddr(a)
		if err != nil || tcp.Network() != "tcp" {
			continue
		}
		at, err := netip.ParseAddrPort(tcp.String())
		if err != nil || at.Addr().Unmap() != addr {
			continue
		}
		at = netip.AddrPortFrom(addr, at.Port())
		_ = n.Network().Listen(quicAddr(at))
		return at, nil
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

func newNode(key *signed.PrivateKey, gate *gater, timing timing) (*node, error) {
	private, err := p2pcrypto.UnmarshalEd25519PrivateKey(append([]byte(nil), key.Ed25519()...))
	if err != nil {
		return nil, fmt.Errorf("read transport key: %w", err)
	}
	limits, err := rcmgr.NewResourceManager(rcmgr.NewFixedLimiter(resourceLimits()), rcmgr.WithMetricsDisabled())
	if err != nil {
		return nil, fmt.Errorf("bound the network: %w", err)
	}
	h, err := libp2p.New(
		libp2p.Identity(private),
		libp2p.NoListenAddrs,
		libp2p.Transport(tcp.NewTCPTransport, tcp.DisableReuseport()),
		libp2p.Transport(libp2pquic.NewTransport),
		libp2p.Security(libp2ptls.ID, libp2ptls.New),
		libp2p.Muxer(yamux.ID, yamux.DefaultTransport),
		libp2p.ConnectionGater(gate),
		libp2p.ConnectionManager(connmgr.NullConnMgr{}),
		libp2p.ResourceManager(limits),
		libp2p.DisableRelay(),
		libp2p.Ping(false),
		libp2p.DisableMetrics(),
		libp2p.ForceReachabilityPrivate(), // and so AutoNAT asks nobody
		libp2p.DisableIdentifyAddressDiscovery(),
		libp2p.UserAgent("1"),
		libp2p.ProtocolVersion("1"),
		libp2p.WithDialTimeout(timing.claimed),
	)
	if err != nil {
		limits.Close()
		return nil, fmt.Errorf("start the network: %w", err)
	}
	return &node{Host: h, gate: gate}, nil
}

func resourceLimits() rcmgr.ConcreteLimitConfig {
	all := rcmgr.ResourceLimits{Streams: maxStreams, StreamsInbound: maxStreams, StreamsOutbound: maxStreams,
		Conns: maxConns, ConnsInbound: maxConns, ConnsOutbound: maxConns, FD: 2 * maxConns, Memory: maxMemory}
	one := all
	one.Conns, one.ConnsInbound, one.ConnsOutbound, one.Streams, one.StreamsInbound = 4, 4, 4, maxStreams/2, maxStreams/2
	few := rcmgr.ResourceLimits{Streams: maxConns, StreamsInbound: maxConns, StreamsOutbound: maxConns}
	return rcmgr.PartialLimitConfig{
		System: all, Transient: all, PeerDefault: one,
		Protocol:     map[protocol.ID]rcmgr.ResourceLimits{verifyProtocol: few, committedProtocol: few, shareProtocol: few, newsProtocol: few},
		ProtocolPeer: map[protocol.ID]rcmgr.ResourceLimits{verifyProtocol: {Streams: 2, StreamsInbound: 2}, committedProtocol: {Streams: 2, StreamsInbound: 2}, shareProtocol: {Streams: 4, StreamsInbound: 4}, newsProtocol: {Streams: 2, StreamsInbound: 1}},
	}.Build(rcmgr.DefaultLimits.Scale(maxMemory, 4*maxConns))
}

// reap closes a connection that has opened no stream within hello, so that strangers do not
// fill the few places there are; a peer that spared names is left alone.
func (n *node) reap(hello time.Duration, spared func(peer.ID) bool) {
	n.Network().Notify(&network.NotifyBundle{ConnectedF: func(_ network.Network, c network.Conn) {
		time.AfterFunc(hello, func() {
			if !spared(c.RemotePeer()) {
				_ = c.Close()
			}
		})
	}})
}

// reach dials the one key and opens a stream of the protocol.
func (n *node) reach(ctx context.Context, id peer.ID, p protocol.ID) (network.Stream, error) {
	s, err := n.NewStream(ctx, id, p)
	if err != nil {
		return nil, fmt.Errorf("reach the other device: %w", err)
	}
	return s, nil
}

// end stops listening and cuts every connection.
func (n *node) end() {
	n.gate.shut()
	_ = n.Close()
}
