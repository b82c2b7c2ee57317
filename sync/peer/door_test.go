package peer

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"handslag/sync/peer/internal/message"
	"handslag/sync/peer/internal/road"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	ma "github.com/multiformats/go-multiaddr"
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

	heard := knocks(offer.Secret)
	for name, says := range map[string][]byte{
		"as much as a knock, and no knock": make([]byte, len(heard)),
		"a web browser":                    []byte("GET / HTTP/1.1\r\nHost: 192.168.1.7\r\nAccept: */*\r\n\r\n"),
		"the knock of another code":        knocks([16]byte{1}),
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
	for name, way := range map[string]func(netip.AddrPort) ma.Multiaddr{"TCP": byTCP, "QUIC": byQUIC} {
		short := unhurried()
		short.claimed = 300 * time.Millisecond // or the one who gets no answer waits long
		n := dialler(t, stranger.keys, blind, *short, way(offer.Addrs[0]))
		if _, err := n.Reach(t.Context(), bo.peer(), road.Verify); err == nil {
			t.Errorf("over %s a stranger without the code is let in", name)
		}
		n.End()
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

	const waiting, fromOne = 64, 8 // may stand at the door at once, and of one address
	others := crowd("127.0.0.3", 1)
	many := crowd("127.0.0.2", 3*fromOne)
	for _, conn := range many[:2*fromOne] {
		if !gone(conn) {
			t.Fatal("one address holds more places than it may")
		}
	}
	others[0].SetReadDeadline(time.Now().Add(10 * time.Millisecond)) // sent away it would be already, and its time is not up
	if _, err := others[0].Read(make([]byte, 1)); !isTimeout(err) {
		t.Errorf("another address gave way: %v", err)
	}
	for i := range 2 * waiting / fromOne {
		crowd(netip.AddrFrom4([4]byte{127, 0, 1, byte(i + 1)}).String(), fromOne)
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

// knocks is what stands before the first byte, as anybody who has read the code can make it.
func knocks(secret [16]byte) []byte {
	nonce := random(16)
	mac := hmac.New(sha256.New, secret[:])
	mac.Write(append([]byte("handslag/1/knock\x00"), nonce...))
	return mac.Sum(nonce)
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// Each road by itself: where the network blocks the other, a verification goes on and is the same.
func TestEachRoadByItself(t *testing.T) {
	org := newOrganisation(t, 1)
	for name, way := range map[string]func(netip.AddrPort) ma.Multiaddr{"TCP": byTCP, "QUIC": byQUIC} {
		t.Run(name, func(t *testing.T) {
			anna, bo := org.enrol("anna"), org.enrol("bo")
			display, err := Offer(t.Context(), bo.config())
			if err != nil {
				t.Fatal(err)
			}
			dw := watch(t, display)
			offer, _ := ParseOffer(display.Payload())
			at := way(offer.Addrs[0])
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

// Where both roads are open it is TCP's, for as long as it may take.
func TestTCPIsPreferred(t *testing.T) {
	if designTiming().quic <= 0 {
		t.Error("QUIC is tried at once")
	}
	org := newOrganisation(t, 1)
	sw, _, _, _ := meet(t, org.enrol("anna").config(), org.enrol("bo").config())
	conns := sw.session.node.Network().Conns()
	if len(conns) != 1 || conns[0].ConnState().Transport != "tcp" {
		t.Errorf("connected by %v", conns)
	}
}

// A stranger's claim is remembered by its address, and a colleague who has the same address is verified all
// the same, by either road.
func TestAStrangerLocksNoColleagueOut(t *testing.T) {
	org := newOrganisation(t, 1)
	anna, bo, stranger := org.enrol("anna"), org.enrol("bo"), newOrganisation(t, 9).enrol("eva")
	start := time.Now()
	const unit = 20 * time.Millisecond
	s := road.NewStrangers(unit, func() time.Duration { return time.Since(start) })
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
		n := dialler(t, stranger.keys, offer, *unhurried())
		t.Cleanup(n.End)
		stream, err := n.Reach(t.Context(), bo.peer(), road.Verify)
		if err != nil {
			t.Fatal(err)
		}
		nonce := random(nonceSize)
		mac, err := claimMAC(offer.Secret, sessionOf(display.Payload()), []byte(bo.peer()), offer.Form, partyOf(stranger.peer(), stranger.raw, nonce, false))
		if err != nil {
			t.Fatal(err)
		}
		data, err := message.Encode(claim{Form: offer.Form, Nonce: nonce, Credential: stranger.raw, MAC: mac})
		if err != nil {
			t.Fatal(err)
		}
		if err := road.WriteFrame(stream, data); err != nil {
			t.Fatal(err)
		}
		if failed := await(t, "D's refusal", dw.failed); failed.Reason != WrongOrg || failed.Peer != nil {
			t.Fatalf("D says %+v", failed)
		}
	}
	home := netip.MustParseAddr("127.0.0.1")
	patient := road.NewStrangers(road.StrangerUnit, func() time.Duration { return 0 })
	for range 8 {
		patient.Failed(home)
	}
	if most := patient.Wait(home); most == 0 || most >= designTiming().claimed {
		t.Errorf("a wait of %v outlasts a colleague's patience", most)
	}
	if got := s.Wait(home); got != 4*unit {
		t.Errorf("who comes from there waits for %v", got)
	}
	config := bo.config()
	config.Strangers = s
	_, _, sv, dv := meet(t, anna.config(), config)
	share(t, sv, dv, 1)
}
