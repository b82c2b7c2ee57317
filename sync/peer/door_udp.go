package peer

import (
	"net"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// listenUDP opens a socket for QUIC on which S knocks and D listens for a knock.
func (k *knock) listenUDP(network string, at *net.UDPAddr) (net.PacketConn, error) {
	conn, err := net.ListenUDP(network, at)
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.sockets = append(k.sockets, conn)
	return &datagrams{PacketConn: conn, udpOptions: conn, knock: k}, nil
}

// end closes what libp2p closes in its own time.
func (k *knock) end() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, conn := range k.sockets {
		_ = conn.Close()
	}
	k.sockets = nil
}

// udpOptions are what QUIC may set of its socket.
type udpOptions interface {
	SetReadBuffer(bytes int) error
	SetWriteBuffer(bytes int) error
	SyscallConn() (syscall.RawConn, error)
}

// datagrams is a UDP socket with a door: D's gives libp2p nothing but what comes from addresses that
// have knocked. A stranger's datagrams get no answer at all. Hiding the socket's other methods
// costs QUIC the kernel's help with large batches; it is the second choice.
type datagrams struct {
	net.PacketConn
	udpOptions
	knock *knock

	known []netip.AddrPort                 // who has knocked, the newest last; the reader's alone
	since map[netip.AddrPort]time.Duration // since when somebody waits who comes from where a stranger came; likewise
}

// maxKnown is how many addresses may have knocked; only who read the code takes a place.
const maxKnown = 8

// ReadFrom is the next datagram of one who has knocked.
func (d *datagrams) ReadFrom(p []byte) (int, net.Addr, error) {
	for {
		n, from, err := d.PacketConn.ReadFrom(p)
		if err != nil || !d.knock.listens {
			return n, from, err
		}
		at, ok := from.(*net.UDPAddr)
		if !ok {
			continue
		}
		who := at.AddrPort()
		if size := n - knockSize; size > 0 && opens(p[:n]) && d.knock.right(p[size:n]) {
			if d.keeps(who) {
				continue // QUIC asks again, and knocks anew
			}
			d.know(who)
			return size, from, nil
		}
		if slices.Contains(d.known, who) {
			return n, from, nil
		}
		if opens(p[:n]) {
			d.knock.strange.note(StaleCode, who.String())
		}
	}
}

// keeps is the door's keep.
func (d *datagrams) keeps(who netip.AddrPort) bool {
	strangers := d.knock.minded()
	wait := strangers.wait(who.Addr())
	if wait == 0 {
		return false
	}
	now := strangers.uptime()
	since, waits := d.since[who]
	if !waits {
		if len(d.since) >= maxWaiting || d.since == nil {
			d.since = map[netip.AddrPort]time.Duration{}
		}
		d.since[who], since = now, now
	}
	return now-since < wait
}

func (d *datagrams) know(who netip.AddrPort) {
	if slices.Contains(d.known, who) {
		return
	}
	if len(d.known) == maxKnown {
		d.known = d.known[1:]
	}
	d.known = append(d.known, who)
}

// WriteTo sends a datagram; S's, with a knock behind it where it asks for a connection.
func (d *datagrams) WriteTo(p []byte, to net.Addr) (int, error) {
	if d.knock.listens || !opens(p) {
		return d.PacketConn.WriteTo(p, to)
	}
	n, err := d.PacketConn.WriteTo(slices.Concat(p, d.knock.fresh()), to)
	return min(n, len(p)), err
}

// opens says whether a datagram begins with an Initial packet of QUIC version 1 (RFC 9000, 17.2.2).
func opens(p []byte) bool {
	return len(p) > 5 && p[0]&0xf0 == 0xc0 && p[1] == 0 && p[2] == 0 && p[3] == 0 && p[4] == 1
}
