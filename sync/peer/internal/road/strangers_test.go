package road

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	manet "github.com/multiformats/go-multiaddr/net"
)

func TestStrangersWaitLongerEachTimeAndNeverForEver(t *testing.T) {
	now := time.Hour
	s := NewStrangers(StrangerUnit, func() time.Duration { return now })
	one, beside := netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("192.0.2.8")
	if s.Wait(one) != 0 || (*Strangers)(nil).Wait(one) != 0 {
		t.Error("somebody waits of whom nothing is known")
	}
	var waits []time.Duration
	for range 6 {
		s.Failed(one)
		waits = append(waits, s.Wait(one)/time.Second)
	}
	for i, want := range []time.Duration{1, 2, 4, 8, 8, 8} {
		if waits[i] != want {
			t.Fatalf("the waits are %v", waits)
		}
	}
	if s.Wait(beside) != 0 || s.Wait(netip.MustParseAddr("::ffff:192.0.2.7")) == 0 {
		t.Error("another address waits, or the same one in other clothes does not")
	}
	s.Failed(netip.MustParseAddr("2001:db8::1%wlan0"))
	if s.Wait(netip.MustParseAddr("2001:db8::2")) == 0 || s.Wait(netip.MustParseAddr("2001:db8:0:1::1")) != 0 {
		t.Error("of IPv6 the prefix that one link has is what counts")
	}
	now += strangerMemory
	if s.Wait(one) != 0 {
		t.Error("it is never forgotten")
	}
	for i := range 3 * maxStrangers {
		s.Failed(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}))
	}
	if len(s.known) != maxStrangers {
		t.Errorf("%d are remembered", len(s.known))
	}
}

// Somebody else's device claims from an address; who comes from there next time is kept at the door, and a
// colleague from anywhere else is let in before.
func TestAColleagueComesBeforeAStranger(t *testing.T) {
	kept := make(chan struct{}, 8)
	s := NewStrangers(time.Hour, func() time.Duration { kept <- struct{}{}; return time.Hour })
	s.Failed(netip.MustParseAddr("127.0.0.2"))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	wrapped, err := manet.WrapNetListener(l)
	if err != nil {
		t.Fatal(err)
	}
	k := newKnock([16]byte{7}, true)
	k.mind(s)
	d := newDoor(wrapped, k, &network.NullResourceManager{}, time.Minute)
	knocks := func(from string) net.Conn {
		dial := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(from), 0))}
		conn, err := dial.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Skipf("this system has no further addresses of loopback: %v", err)
		}
		t.Cleanup(func() { conn.Close() })
		if _, err := conn.Write(newKnock([16]byte{7}, false).fresh()); err != nil {
			t.Fatal(err)
		}
		return conn
	}
	for len(kept) > 0 { // from when it was remembered
		<-kept
	}
	knocks("127.0.0.2")
	<-kept // the stranger's turn
	knocks("127.0.0.3")
	in, _, err := d.Accept()
	if err != nil || addressOf(in).String() != "127.0.0.3" {
		t.Fatalf("let in: %v, %v", in != nil, err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if _, _, err := d.Accept(); err == nil {
		t.Error("the stranger is let in through a door that is shut")
	}
}
