package road

import (
	"bytes"
	"crypto/rand"
	"handslag/identity/signed"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"

	ma "github.com/multiformats/go-multiaddr"
	"golang.org/x/net/ipv4"
)

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
	if told := k.strange.Take(); len(told) != 1 || told[0].What != StaleCode {
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
	key, err := signed.NewPrivateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for refusals, both := range map[int]bool{0: true, 3: true, portPairs - 1: true, portPairs: false} {
		k, asked := newKnock([16]byte{7}, true), 0
		k.open = func(network string, at *net.UDPAddr) (*net.UDPConn, error) {
			if asked++; asked <= refusals {
				return nil, syscall.EADDRINUSE
			}
			return net.ListenUDP(network, at)
		}
		n, err := newNode(key, &gater{accepts: true}, k, Patience{Dial: time.Second, Hello: time.Second})
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
		n.End()
		if asked > portPairs {
			t.Errorf("it asked %d times", asked)
		}
	}
}
