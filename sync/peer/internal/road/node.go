// Package road is what lies between two devices: who is let through the door of one that shows its code, libp2p under
// TCP with TLS and QUIC, the streams on it and the frames on those. It knows addresses, keys and one secret; what is said
// on a stream it does not read.
package road

import (
	"crypto/rand"
	"errors"
	"fmt"
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

// Node is libp2p's connections and streams, and nothing else of libp2p: there is no host with its
// services, and so no identify, ping, relay, DHT, AutoNAT, mDNS, hole punching or port mapping that
// could be left on. It has TCP with TLS, and QUIC.
type Node struct {
	swarm *swarm.Swarm
	quic  *quicreuse.ConnManager
	gate  *gater
	knock *knock
	hello time.Duration // for a stream to say which protocol it is for

	Strange *disturbances // what came to nothing here

	mu       sync.Mutex
	handlers map[protocol.ID]network.StreamHandler
}

// Patience is how long the road waits.
type Patience struct {
	Dial  time.Duration // for a connection that this end makes
	Hello time.Duration // for a stranger's first words
	QUIC  time.Duration // for TCP, before QUIC is tried too
}

// NewDialler is S's host: it listens nowhere, and dials nobody but who has the key of id, at those places and
// with the secret of its door.
func NewDialler(key *signed.PrivateKey, id peer.ID, at []ma.Multiaddr, secret [16]byte, patience Patience) (*Node, error) {
	n, err := newNode(key, &gater{dials: id, at: at}, newKnock(secret, false), patience)
	if err != nil {
		return nil, err
	}
	n.swarm.Peerstore().AddAddrs(id, at, peerstore.PermanentAddrTTL)
	return n, nil
}

// NewListener is D's host: it listens on addrs, on ports that the system picks, and dials
// nobody. Only who knows secret gets through its door. It returns where a dialler finds it.
func NewListener(key *signed.PrivateKey, addrs []netip.Addr, secret [16]byte, patience Patience) (*Node, []netip.AddrPort, error) {
	n, err := newNode(key, &gater{accepts: true}, newKnock(secret, true), patience)
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
		n.End()
		return nil, nil, fmt.Errorf("listen for a colleague's device: %w: %w", ErrNoNetwork, failed)
	}
	return n, open, nil
}

// portPairs is how many TCP ports are tried for one whose number is free for UDP too: the code names one number.
const portPairs = 8

// listen opens TCP and QUIC at a free port of addr. Where other programs have the UDP port of each that is
// tried, TCP is enough.
func (n *Node) listen(addr netip.Addr) (netip.AddrPort, error) {
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
func (n *Node) listenTCP(addr netip.Addr) (netip.AddrPort, error) {
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

// Ways are the roads to a device that listens at addrs: TCP's and QUIC's to each.
func Ways(addrs []netip.AddrPort) (at []ma.Multiaddr) {
	for _, addr := range addrs {
		at = append(at, tcpAddr(addr), quicAddr(addr))
	}
	return at
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

func newNode(key *signed.PrivateKey, gate *gater, knock *knock, patience Patience) (*Node, error) {
	private, err := p2pcrypto.UnmarshalEd25519PrivateKey(append([]byte(nil), key.Ed25519()...))
	if err != nil {
		return nil, fmt.Errorf("read transport key: %w", err)
	}
	id, err := peer.IDFromPrivateKey(private)
	if err != nil {
		return nil, fmt.Errorf("read transport key: %w", err)
	}
	gate.strange = knock.strange
	n := &Node{gate: gate, knock: knock, Strange: knock.strange, hello: patience.Hello, handlers: map[protocol.ID]network.StreamHandler{}}
	if err := n.build(id, private, patience); err != nil {
		return nil, fmt.Errorf("start the network: %w", err)
	}
	n.swarm.SetStreamHandler(n.arrived)
	return n, nil
}

// build puts libp2p's parts together. What it leaves behind where it fails has no socket yet.
func (n *Node) build(id peer.ID, private p2pcrypto.PrivKey, patience Patience) error {
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
		swarm.WithDialTimeout(patience.Dial), swarm.WithDialTimeoutLocal(patience.Dial), swarm.WithDialRanker(patience.tcpFirst),
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
	upgrade, err := upgrader.New([]sec.SecureTransport{secure}, muxers, nil, limits, n.gate, upgrader.WithAcceptTimeout(patience.Hello))
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
	return errors.Join(n.swarm.AddTransport(&doorway{TcpTransport: plain, upgrade: upgrade, limits: limits, knock: n.knock, within: patience.Hello}),
		n.swarm.AddTransport(datagrams))
}

// keepAlive is how often an idle connection is tried. One that does not answer for ten seconds more is
// gone, and the screens say so: a hotspot that was carried off sends no word.
const keepAlive = 5 * time.Second

// tcpFirst prefers TCP with TLS, which carries twice as much as QUIC does (555–615 against 243–272 MiB/s
// on loopback) at the price of two round trips more. QUIC is for networks that block TCP between
// their guests.
func (p Patience) tcpFirst(addrs []ma.Multiaddr) []network.AddrDelay {
	out := make([]network.AddrDelay, len(addrs))
	isQUIC := func(addr ma.Multiaddr) bool { _, err := addr.ValueForProtocol(ma.P_QUIC_V1); return err == nil }
	both := slices.ContainsFunc(addrs, func(addr ma.Multiaddr) bool { return !isQUIC(addr) })
	for i, addr := range addrs {
		out[i].Addr = addr
		if both && isQUIC(addr) {
			out[i].Delay = p.QUIC
		}
	}
	return out
}

// Reap closes a connection that has opened no stream within hello, so that nobody fills the few
// places there are; a peer that spared names is left alone.
func (n *Node) Reap(hello time.Duration, spared func(peer.ID) bool) {
	n.swarm.Notify(&network.NotifyBundle{ConnectedF: func(_ network.Network, c network.Conn) {
		time.AfterFunc(hello, func() {
			if !spared(c.RemotePeer()) {
				if !c.IsClosed() {
					n.Strange.Note(Slow, c.ID())
				}
				_ = c.Close()
			}
		})
	}})
}

// Mind has D keep strangers waiting at the door; nobody can have seen its code yet.
func (n *Node) Mind(s *Strangers) { n.knock.mind(s) }

// Narrow lets nobody but id in from now on, and cuts off who is.
func (n *Node) Narrow(id peer.ID) {
	n.gate.narrow(id)
	n.Strange.settle()
	for _, conn := range n.swarm.Conns() {
		if conn.RemotePeer() != id {
			_ = conn.Close()
		}
	}
}

// Network is the connections.
func (n *Node) Network() network.Network { return n.swarm }

// End stops listening and cuts every connection.
func (n *Node) End() {
	n.gate.shut()
	_ = n.swarm.Close()
	_ = n.quic.Close()
	n.knock.end()
	_ = n.swarm.Peerstore().Close()
	_ = n.swarm.ResourceManager().Close()
}
