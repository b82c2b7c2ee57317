package road

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"time"

	"golang.org/x/net/ipv4"
)

// listenUDP opens a socket for QUIC on which S knocks and D listens for a knock.
func (k *knock) listenUDP(network string, at *net.UDPAddr) (net.PacketConn, error) {
	conn, err := k.open(network, at)
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.sockets = append(k.sockets, conn)
	return &datagrams{PacketConn: conn, udpOptions: conn, socket: conn, batch: ipv4.NewPacketConn(conn), knock: k}, nil
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
// have knocked. A stranger's datagrams get no answer at all. QUIC reads and writes many datagrams at a time
// where the kernel helps it to (ReadBatch, WriteMsgUDP), and one at a time elsewhere; no other way past the
// door is left.
type datagrams struct {
	net.PacketConn
	udpOptions
	socket *net.UDPConn
	batch  *ipv4.PacketConn // of either version of IP
	knock  *knock

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
		if n = d.admit(p[:n], at.AddrPort()); n > 0 {
			return n, from, nil
		}
	}
}

// ReadBatch is ReadFrom of as many datagrams as have come, at least one.
func (d *datagrams) ReadBatch(into []ipv4.Message, flags int) (int, error) {
	for {
		n, err := d.batch.ReadBatch(into, flags)
		if err != nil || !d.knock.listens {
			return n, err
		}
		kept := 0
		for i := range into[:n] {
			from, ok := into[i].Addr.(*net.UDPAddr)
			if !ok {
				continue
			}
			size := d.admit(into[i].Buffers[0][:into[i].N], from.AddrPort())
			if size == 0 {
				continue
			}
			if kept < i { // copied, since each place has its buffer for the reader
				copy(into[kept].Buffers[0], into[i].Buffers[0][:size])
				copy(into[kept].OOB, into[i].OOB[:into[i].NN])
				into[kept].NN, into[kept].Flags, into[kept].Addr = into[i].NN, into[i].Flags, into[i].Addr
			}
			into[kept].N = size
			kept++
		}
		if kept > 0 {
			return kept, nil
		}
	}
}

// ReadMsgUDP is a way past the door that QUIC does not take.
func (d *datagrams) ReadMsgUDP([]byte, []byte) (n, oobn, flags int, addr *net.UDPAddr, err error) {
	return 0, 0, 0, nil, errors.ErrUnsupported
}

// admit is how many bytes of a datagram are for QUIC; 0 where it is a stranger's.
func (d *datagrams) admit(p []byte, who netip.AddrPort) int {
	if size := len(p) - knockSize; size > 0 && opens(p) && d.knock.right(p[size:]) {
		if d.keeps(who) {
			return 0 // QUIC asks again, and knocks anew
		}
		d.know(who)
		return size
	}
	if slices.Contains(d.known, who) {
		return len(p)
	}
	if opens(p) {
		d.knock.strange.Note(StaleCode, who.String())
	}
	return 0
}

// keeps is the door's keep.
func (d *datagrams) keeps(who netip.AddrPort) bool {
	strangers := d.knock.minded()
	wait := strangers.Wait(who.Addr())
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

// WriteMsgUDP is WriteTo with what the kernel is told of it: in how many datagrams to cut it, say. QUIC asks for
// a connection one datagram at a time.
func (d *datagrams) WriteMsgUDP(p, oob []byte, to *net.UDPAddr) (n, oobn int, err error) {
	if d.knock.listens || !opens(p) {
		return d.socket.WriteMsgUDP(p, oob, to)
	}
	n, oobn, err = d.socket.WriteMsgUDP(slices.Concat(p, d.knock.fresh()), oob, to)
	return min(n, len(p)), oobn, err
}

// opens says whether a datagram begins with an Initial packet of QUIC version 1 (RFC 9000, 17.2.2).
func opens(p []byte) bool {
	return len(p) > 5 && p[0]&0xf0 == 0xc0 && p[1] == 0 && p[2] == 0 && p[3] == 0 && p[4] == 1
}
