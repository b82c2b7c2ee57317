package peer

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/peerstore"
	ma "github.com/multiformats/go-multiaddr"
	"golang.org/x/net/ipv4"
)

// At the door: who has not read the code gets no further, says what they may.
func TestNobodyGetsThroughTheDoorWithoutTheCode(t *testing.T) {
	org := newOrganisation(t, 1)
	anna, bo, stranger := org.enrol("anna"), org.enrol("bo"), org.enrol("stranger")
	display, err := Offer(t.Context(), bo.config())
	if err != nil {
		t.Fatal(err)
	}
	dw := watch(t, display)
	offer, _ := ParseOffer(display.Payload())
	door := offer.Addrs[0].String()
	inside := func() int { return len(display.node.Network().Conns()) }

	heard := newKnock(offer.Secret, false).fresh()
	for name, says := range map[string][]byte{
		"as much as a knock, and no knock": make([]byte, knockSize),
		"a web browser":                    []byte("GET / HTTP/1.1\r\nHost: 192.168.1.7\r\nAccept: */*\r\n\r\n"),
		"the knock of another code":        newKnock([16]byte{1}, false).fresh(),
	} {
		conn, err := net.Dial("tcp", door)
		if err != nil {
			t.Fatal(err)
		}
		conn.Write(says)
		conn.SetReadDeadline(time.Now().Add(patience))
		if n, err := conn.Read(make([]byte, 1)); err == nil || isTimeout(err) || n != 0 {
			t.Errorf("%s: the door answers %d bytes, %v", name, n, err)
		}
		conn.Close()
	}

	// Once overheard, a knock is worth nothing.
	for i := range 2 {
		conn, err := net.Dial("tcp", door)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.Write(heard)
		conn.Write([]byte("\x13/multistream/1.0.0\n"))
		conn.SetReadDeadline(time.Now().Add(patience))
		answer := make([]byte, 20)
		switch _, err := io.ReadFull(conn, answer); {
		case i == 0 && (err != nil || string(answer) != "\x13/multistream/1.0.0\n"):
			t.Errorf("a right knock is answered %q, %v", answer, err)
		case i == 1 && err == nil:
			t.Error("the same knock again is answered")
		}
	}

	// One who knows the device's key and not the code, over both roads.
	blind := offer
	blind.Secret = [16]byte(random(16))
	for name, road := range map[string]func(netip.AddrPort) ma.Multiaddr{"TCP": tcpAddr, "QUIC": quicAddr} {
		short := designTiming()
		short.claimed = 300 * time.Millisecond // or the one who gets no answer waits long
		n, err := newDialler(transportKey(t, stranger.keys), blind, short)
		if err != nil {
			t.Fatal(err)
		}
		n.swarm.Peerstore().ClearAddrs(bo.peer())
		n.swarm.Peerstore().AddAddr(bo.peer(), road(offer.Addrs[0]), peerstore.PermanentAddrTTL)
		if _, err := n.reach(t.Context(), bo.peer(), verifyProtocol); err == nil {
			t.Errorf("over %s a stranger without the code is let in", name)
		}
		n.end()
	}
	if n := inside(); n != 0 {
		t.Errorf("%d strangers are inside", n)
	}
	scan, err := Scan(t.Context(), anna.config(), display.Payload())
	if err != nil {
		t.Fatal(err)
	}
	sw := watch(t, scan)
	code := await(t, "the digits", sw.digits)
	await(t, "the question", dw.asked)
	dw.session.TypeCode(code)
	await(t, "D verified", dw.verified)
}

// A crowd that says nothing, from many addresses and more than there is room for, keeps no colleague out.
func TestACrowdAtTheDoorKeepsNoColleagueOut(t *testing.T) {
	org := newOrganisation(t, 1)
	anna, bo := org.enrol("anna"), org.enrol("bo")
	display, err := Offer(t.Context(), bo.config())
	if err != nil {
		t.Fatal(err)
	}
	dw := watch(t, display)
	offer, _ := ParseOffer(display.Payload())
	crowd := func(from string, n int) (silent []net.Conn) {
		d := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(from), 0))}
		for range n {
			conn, err := d.Dial("tcp", offer.Addrs[0].String())
			if err != nil {
				t.Skipf("this system has no further addresses of loopback: %v", err)
			}
			t.Cleanup(func() { conn.Close() })
			silent = append(silent, conn)
		}
		return silent
	}
	gone := func(conn net.Conn) bool {
		conn.SetReadDeadline(time.Now().Add(patience))
		_, err := conn.Read(make([]byte, 1))
		return err != nil && !isTimeout(err)
	}

	others := crowd("127.0.0.3", 1)
	many := crowd("127.0.0.2", 3*maxFromOne)
	for _, conn := range many[:2*maxFromOne] {
		if !gone(conn) {
			t.Fatal("one address holds more places than it may")
		}
	}
	others[0].SetReadDeadline(time.Now().Add(10 * time.Millisecond)) // sent away it would be already
	if _, err := others[0].Read(make([]byte, 1)); !isTimeout(err) {
		t.Errorf("another address gave way: %v", err)
	}
	for i := range 2 * maxWaiting / maxFromOne {
		crowd(netip.AddrFrom4([4]byte{127, 0, 1, byte(i + 1)}).String(), maxFromOne)
	}
	if !gone(others[0]) {
		t.Error("the oldest did not give way")
	}

	scan, err := Scan(t.Context(), anna.config(), display.Payload())
	if err != nil {
		t.Fatal(err)
	}
	sw := watch(t, scan)
	code := await(t, "the digits", sw.digits)
	await(t, "the question", dw.asked)
	dw.session.TypeCode(code)
	await(t, "D verified", dw.verified)
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

func TestAKnockIsBounded(t *testing.T) {
	k := newKnock([16]byte{7}, true)
	first := k.fresh()
	for i := range maxKnocks {
		knock := k.fresh()
		if i == 0 {
			knock = first
		}
		if !k.right(knock) {
			t.Fatalf("knock %d is refused", i)
		}
	}
	if k.right(k.fresh()) || k.right(first) {
		t.Error("a session hears knocks without end")
	}
	for i := range first {
		bad := append([]byte(nil), first...)
		bad[i] ^= 1
		if newKnock([16]byte{7}, true).right(bad) {
			t.Fatalf("a knock with byte %d changed is right", i)
		}
	}
}

// Each road by itself: where the network blocks the other, a verification goes on and is the same.
func TestEachRoadByItself(t *testing.T) {
	org := newOrganisation(t, 1)
	for name, road := range map[string]func(netip.AddrPort) ma.Multiaddr{"TCP": tcpAddr, "QUIC": quicAddr} {
		t.Run(name, func(t *testing.T) {
			anna, bo := org.enrol("anna"), org.enrol("bo")
			display, err := Offer(t.Context(), bo.config())
			if err != nil {
				t.Fatal(err)
			}
			dw := watch(t, display)
			offer, _ := ParseOffer(display.Payload())
			at := road(offer.Addrs[0])
			sw := watch(t, scanOver(t, anna.config(), display.Payload(), at))
			code := await(t, "the digits", sw.digits)
			await(t, "the question", dw.asked)
			dw.session.TypeCode(code)
			sv, dv := await(t, "S verified", sw.verified), await(t, "D verified", dw.verified)
			for _, c := range sw.session.node.Network().Conns() {
				if !at.Equal(c.RemoteMultiaddr()) {
					t.Errorf("the road is %s", c.RemoteMultiaddr())
				}
			}
			share(t, dv, sv, 3)
			share(t, sv, dv, 1)
		})
	}
}

// Where both roads are open it is TCP's.
func TestTCPIsPreferred(t *testing.T) {
	org := newOrganisation(t, 1)
	sw, _, _, _ := meet(t, org.enrol("anna").config(), org.enrol("bo").config())
	conns := sw.session.node.Network().Conns()
	if len(conns) != 1 || conns[0].ConnState().Transport != "tcp" {
		t.Errorf("connected by %v", conns)
	}
}

// Datagrams that come many at a time pass the door one by one: a friend's in their order and without the knock, a
// stranger's not at all.
func TestABatchOfDatagramsIsSorted(t *testing.T) {
	k := newKnock([16]byte{7}, true)
	conn, err := k.listenUDP("udp4", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
	if err != nil {
		t.Fatal(err)
	}
	defer k.end()
	d := conn.(interface { // what QUIC looks for, before it asks the kernel for help
		net.PacketConn
		SetReadBuffer(int) error
		SyscallConn() (syscall.RawConn, error)
		ReadMsgUDP(b, oob []byte) (n, oobn, flags int, addr *net.UDPAddr, err error)
		WriteMsgUDP(b, oob []byte, addr *net.UDPAddr) (n, oobn int, err error)
		ReadBatch(ms []ipv4.Message, flags int) (int, error)
	})
	friend, stranger := dialUDP(t, d.LocalAddr()), dialUDP(t, d.LocalAddr())
	hello := []byte{0xc0, 0, 0, 0, 1, 'h', 'e', 'j'}
	said := func(from net.Conn, data ...byte) {
		if _, err := from.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	said(stranger, append(hello, newKnock([16]byte{8}, false).fresh()...)...)
	said(friend, 1) // before its knock
	knock := append(hello, newKnock([16]byte{7}, false).fresh()...)
	said(friend, knock...)
	said(stranger, knock...) // overheard
	for i := range 20 {
		said(stranger, 0xff, byte(i))
		said(friend, 'f', byte(i))
	}
	batch := make([]ipv4.Message, 8)
	for i := range batch {
		batch[i].Buffers, batch[i].OOB = [][]byte{make([]byte, 1500)}, make([]byte, 128)
	}
	var got [][]byte
	for len(got) < 21 {
		n, err := d.ReadBatch(batch, 0)
		if err != nil || n == 0 {
			t.Fatal(n, err)
		}
		for _, m := range batch[:n] {
			if m.Addr.String() != friend.LocalAddr().String() {
				t.Errorf("%v is let through", m.Addr)
			}
			got = append(got, bytes.Clone(m.Buffers[0][:m.N]))
		}
	}
	if !bytes.Equal(got[0], hello) {
		t.Errorf("the first is %q", got[0])
	}
	for i, data := range got[1:] {
		if !bytes.Equal(data, []byte{'f', byte(i)}) {
			t.Errorf("number %d is %v", i, data)
		}
	}
	if _, _, _, _, err := d.ReadMsgUDP(make([]byte, 10), nil); err == nil {
		t.Error("there is a way past the door")
	}
	if told := k.strange.take(); len(told) != 1 || told[0].What != StaleCode {
		t.Errorf("disturbed: %+v", told)
	}
}

func dialUDP(t *testing.T, at net.Addr) net.Conn {
	t.Helper()
	conn, err := net.Dial("udp4", at.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// Another program may have a UDP port whose number is free for TCP: then another pair is tried, not for ever, and
// nothing is left open of those that were.
func TestBothRoadsHaveOneNumber(t *testing.T) {
	for refusals, both := range map[int]bool{0: true, 3: true, portPairs - 1: true, portPairs: false} {
		org := newOrganisation(t, 1)
		k, asked := newKnock([16]byte{7}, true), 0
		k.open = func(network string, at *net.UDPAddr) (*net.UDPConn, error) {
			if asked++; asked <= refusals {
				return nil, syscall.EADDRINUSE
			}
			return net.ListenUDP(network, at)
		}
		n, err := newNode(transportKey(t, org.enrol("bo").keys), &gater{accepts: true}, k, designTiming())
		if err != nil {
			t.Fatal(err)
		}
		at, err := n.listen(netip.MustParseAddr("127.0.0.1"))
		if err != nil {
			t.Fatal(err)
		}
		open := n.swarm.ListenAddresses()
		if want := map[bool]int{true: 2, false: 1}[both]; len(open) != want || !ma.Contains(open, tcpAddr(at)) || both && !ma.Contains(open, quicAddr(at)) {
			t.Errorf("after %d refusals it listens at %v, and says %v", refusals, open, at)
		}
		n.end()
		if asked > portPairs {
			t.Errorf("it asked %d times", asked)
		}
	}
}
