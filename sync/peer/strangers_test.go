package peer

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	manet "github.com/multiformats/go-multiaddr/net"
)

func TestStrangersWaitLongerEachTimeAndNeverForEver(t *testing.T) {
	now := time.Hour
	s := NewStrangers(func() time.Duration { return now })
	one, beside := netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("192.0.2.8")
	if s.wait(one) != 0 || (*Strangers)(nil).wait(one) != 0 {
		t.Error("somebody waits of whom nothing is known")
	}
	var waits []time.Duration
	for range 6 {
		s.failed(one)
		waits = append(waits, s.wait(one)/time.Second)
	}
	for i, want := range []time.Duration{1, 2, 4, 8, 8, 8} {
		if waits[i] != want {
			t.Fatalf("the waits are %v", waits)
		}
	}
	if most := strangerUnit * strangerMost; most >= designTiming().claimed {
		t.Errorf("a wait of %v outlasts a colleague's patience", most)
	}
	if s.wait(beside) != 0 || s.wait(netip.MustParseAddr("::ffff:192.0.2.7")) == 0 {
		t.Error("another address waits, or the same one in other clothes does not")
	}
	s.failed(netip.MustParseAddr("2001:db8::1%wlan0"))
	if s.wait(netip.MustParseAddr("2001:db8::2")) == 0 || s.wait(netip.MustParseAddr("2001:db8:0:1::1")) != 0 {
		t.Error("of IPv6 the prefix that one link has is what counts")
	}
	now += strangerMemory
	if s.wait(one) != 0 {
		t.Error("it is never forgotten")
	}
	for i := range 3 * maxStrangers {
		s.failed(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}))
	}
	if len(s.known) != maxStrangers {
		t.Errorf("%d are remembered", len(s.known))
	}
}

// Somebody else's device claims from an address; who comes from there next time is kept at the door, and a
// colleague from anywhere else is let in before.
func TestAColleagueComesBeforeAStranger(t *testing.T) {
	kept := make(chan struct{}, 8)
	s := NewStrangers(func() time.Duration { kept <- struct{}{}; return time.Hour })
	s.unit = time.Hour
	s.failed(netip.MustParseAddr("127.0.0.2"))
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
	d := newDoor(wrapped, k, &network.NullResourceManager{}, designTiming().hello)
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
	await(t, "the stranger's turn", kept)
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

// A stranger's claim is remembered by its address, and a colleague who has the same address is verified all
// the same, by either road.
func TestAStrangerLocksNoColleagueOut(t *testing.T) {
	org := newOrganisation(t, 1)
	anna, bo, stranger := org.enrol("anna"), org.enrol("bo"), newOrganisation(t, 9).enrol("eva")
	start := time.Now()
	s := NewStrangers(func() time.Duration { return time.Since(start) })
	s.unit = 20 * time.Millisecond
	for range 3 {
		config := bo.config()
		config.Strangers = s
		display, err := Offer(context.Background(), config)
		if err != nil {
			t.Fatal(err)
		}
		dw := watch(t, display)
		offer, err := ParseOffer(display.Payload())
		if err != nil {
			t.Fatal(err)
		}
		n, err := newDialler(transportKey(t, stranger.keys), offer, designTiming())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(n.end)
		stream, err := n.reach(t.Context(), bo.peer(), verifyProtocol)
		if err != nil {
			t.Fatal(err)
		}
		nonce := random(nonceSize)
		mac, err := claimMAC(offer.Secret, sessionOf(display.Payload()), []byte(bo.peer()), offer.Form, partyOf(stranger.peer(), stranger.raw, nonce, false))
		if err != nil {
			t.Fatal(err)
		}
		data, err := encodeMessage(claim{Form: offer.Form, Nonce: nonce, Credential: stranger.raw, MAC: mac})
		if err != nil {
			t.Fatal(err)
		}
		if err := writeFrame(stream, data); err != nil {
			t.Fatal(err)
		}
		if failed := await(t, "D's refusal", dw.failed); failed.Reason != WrongOrg || failed.Peer != nil {
			t.Fatalf("D says %+v", failed)
		}
	}
	if got := s.wait(netip.MustParseAddr("127.0.0.1")); got != 4*s.unit {
		t.Errorf("who comes from there waits for %v", got)
	}
	config := bo.config()
	config.Strangers = s
	_, _, sv, dv := meet(t, anna.config(), config)
	share(t, sv, dv, 1)
}
