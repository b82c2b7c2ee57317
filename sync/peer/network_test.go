package peer

import (
	"context"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	ma "github.com/multiformats/go-multiaddr"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/peer/internal/road"
)

// patience bounds a test that would otherwise wait for ever; nothing is measured with it.
const patience = 5 * time.Minute

// unhurried is the design's times for devices that nothing holds up but a busy machine: whoever of the two is late, the
// other waits. A test of a time that runs out shortens that one.
func unhurried() *timing {
	t := designTiming()
	for _, wait := range []*time.Duration{&t.offering, &t.claimed, &t.identified, &t.confirm, &t.settle, &t.hello, &t.quic, &t.write, &t.item, &t.answer, &t.hurry, &t.linger} {
		*wait = patience
	}
	return &t
}

// config is the device's session on loopback, with a journal that takes everything.
func (d *device) config() Config {
	return Config{timing: unhurried(), Org: d.org.id, Issuing: d.org.issuing(), Keys: d.keys, Credential: d.raw, Loopback: true,
		Now: func() signed.Time { return noon }, Append: func(context.Context, Meeting) error { return nil }}
}

// watcher is a person before a screen: it remembers what it said.
type watcher struct {
	t        *testing.T
	session  *Session
	digits   chan string
	evidence chan []byte
	asked    chan int
	verified chan *Verified
	links    chan bool
	failed   chan Failed
	closed   chan struct{} // the events have ended
	states   []State       // read after closed
	finals   int
}

func watch(t *testing.T, s *Session) *watcher {
	w := &watcher{t: t, session: s, digits: make(chan string, 1), evidence: make(chan []byte, 1), asked: make(chan int, 8), verified: make(chan *Verified, 1),
		links: make(chan bool, 32), failed: make(chan Failed, 4), closed: make(chan struct{})}
	go func() {
		defer close(w.closed)
		for ev := range s.Events() {
			switch e := ev.(type) {
			case StateChanged:
				w.states = append(w.states, e.State)
			case ShowCode:
				w.digits <- e.Digits
			case EnterCode:
				w.asked <- e.Left
			case ShowEvidence:
				w.evidence <- e.Payload
			case ScanEvidence:
				w.asked <- e.Left
			case SessionVerified:
				w.verified <- e.Verified
			case LinkChanged:
				w.links <- e.Up
			case Failed:
				w.finals++
				w.failed <- e
			}
		}
	}()
	t.Cleanup(s.Close)
	return w
}

func await[T any](t *testing.T, what string, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatalf("waited in vain for %s", what)
		panic("unreachable")
	}
}

// begin lets d show its code and s scan it, over a real network.
func begin(t *testing.T, s, d Config) (*watcher, *watcher) {
	t.Helper()
	display, err := Offer(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	dw := watch(t, display)
	scan, err := Scan(t.Context(), s, display.Payload())
	if err != nil {
		t.Fatal(err)
	}
	return watch(t, scan), dw
}

// meet is a whole verification.
func meet(t *testing.T, s, d Config) (*watcher, *watcher, *Verified, *Verified) {
	t.Helper()
	sw, dw := begin(t, s, d)
	var code string
	select { // a failure is said at once, and not as a wait in vain
	case code = <-sw.digits:
	case f := <-sw.failed:
		t.Fatalf("S never had digits to show: %+v", f)
	case f := <-dw.failed:
		t.Fatalf("D failed before S had digits to show: %+v", f)
	case <-time.After(patience):
		t.Fatal("waited in vain for the digits")
	}
	await(t, "the question for them", dw.asked)
	if err := dw.session.TypeCode(code); err != nil {
		t.Fatal(err)
	}
	return sw, dw, await(t, "S verified", sw.verified), await(t, "D verified", dw.verified)
}

func TestTwoHostsVerifyOverLoopback(t *testing.T) {
	org := newOrganisation(t, 1)
	anna, bo := org.enrol("anna"), org.enrol("bo")
	var wrote [2]Meeting
	a, b := anna.config(), bo.config()
	a.Append = func(_ context.Context, m Meeting) error { wrote[0] = m; return nil }
	b.Append = func(_ context.Context, m Meeting) error { wrote[1] = m; return nil }
	sw, dw, sv, dv := meet(t, a, b)
	if sv.Meeting().Peer.Device() != bo.credential.Device() || dv.Meeting().Peer.Device() != anna.credential.Device() {
		t.Error("an end met another device")
	}
	if string(wrote[0].Transcript) != string(wrote[1].Transcript) || len(wrote[0].Transcript) != 32 {
		t.Error("the entries do not name the same meeting")
	}
	if wrote[0].Role != Scanner || wrote[1].Role != Displayer || wrote[0].Form.Code() != "one_camera" {
		t.Error("the entries do not say who scanned, or how")
	}

	sw.session.Close()
	await(t, "D's end", dw.closed) // S leaving ends D's session as well
	await(t, "S's end", sw.closed)
	for name, w := range map[string]*watcher{"S": sw, "D": dw} {
		if w.finals != 0 || w.states[len(w.states)-1] != IsClosed {
			t.Errorf("%s went through %v with %d failures", name, w.states, w.finals)
		}
	}
	if _, ok := dw.session.Verified(); ok {
		t.Error("the right to share outlives the session")
	}
}

func TestNothingListensAndNothingIsFound(t *testing.T) {
	org := newOrganisation(t, 1)
	sw, dw, _, _ := meet(t, org.enrol("anna").config(), org.enrol("bo").config())
	allowed := []string{
		"/handslag/verify/1", "/handslag/verify/1/committed", "/handslag/again/1",
		"/handslag/news/1", "/handslag/carry/1", "/handslag/share/1", "/handslag/together/1",
	}
	for name, w := range map[string]*watcher{"S": sw, "D": dw} {
		for _, p := range w.session.node.Protocols() {
			if !slices.Contains(allowed, string(p)) {
				t.Errorf("%s speaks %s", name, p)
			}
		}
		for _, a := range w.session.node.Network().ListenAddresses() {
			if name == "S" || strings.Contains(a.String(), "p2p-circuit") || !strings.Contains(a.String(), "127.0.0.1") {
				t.Errorf("%s listens on %s", name, a)
			}
		}
	}
	offer, err := ParseOffer(dw.session.Payload())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", offer.Addrs[0].String())
	if err != nil {
		t.Fatalf("D does not listen while its session is open: %v", err)
	}
	conn.Close()
	dw.session.Close()
	if conn, err := net.Dial("tcp", offer.Addrs[0].String()); err == nil {
		conn.Close()
		t.Error("D listens after it is closed")
	}
	udp, err := net.ListenPacket("udp", offer.Addrs[0].String())
	if err != nil {
		t.Errorf("D's UDP port is still taken: %v", err)
	} else {
		udp.Close()
	}
}

func TestRealFailuresReachBothScreens(t *testing.T) {
	org := newOrganisation(t, 1)
	anna, bo, carl := org.enrol("anna"), org.enrol("bo"), org.enrol("carl")
	t.Run("the code is wrong three times", func(t *testing.T) {
		sw, dw := begin(t, anna.config(), bo.config())
		code := []byte(await(t, "the digits", sw.digits))
		code[0] = '0' + (code[0]-'0'+1)%10
		for left := 3; left > 0; left-- {
			if got := await(t, "the question", dw.asked); got != left {
				t.Errorf("%d tries left, want %d", got, left)
			}
			if err := dw.session.TypeCode(string(code)); err != nil {
				t.Fatal(err)
			}
		}
		if f := await(t, "D's failure", dw.failed); f.Reason != CodeWrong || f.Peer == nil || f.Peer.Device() != anna.credential.Device() {
			t.Errorf("D says %+v", f)
		}
		if f := await(t, "S's failure", sw.failed); f.Reason != PeerAbort || f.Theirs != CodeWrong {
			t.Errorf("S says %+v", f)
		}
		for _, w := range []*watcher{sw, dw} {
			await(t, "the end", w.closed)
			if w.finals != 1 {
				t.Errorf("%d last words", w.finals)
			}
		}
	})
	t.Run("a second device reads the code", func(t *testing.T) {
		sw, dw := begin(t, anna.config(), bo.config())
		await(t, "the question", dw.asked)
		third, err := Scan(t.Context(), carl.config(), dw.session.Payload())
		if err != nil {
			t.Fatal(err)
		}
		watch(t, third)
		if f := await(t, "D's failure", dw.failed); f.Reason != SecondClaim {
			t.Errorf("D says %+v", f)
		}
		if f := await(t, "S's failure", sw.failed); f.Reason != PeerAbort || f.Theirs != SecondClaim {
			t.Errorf("S says %+v", f)
		}
	})
	t.Run("nobody is at the address any more", func(t *testing.T) {
		display, err := Offer(t.Context(), bo.config())
		if err != nil {
			t.Fatal(err)
		}
		payload := display.Payload()
		watch(t, display)
		display.Close()
		scan, err := Scan(t.Context(), anna.config(), payload)
		if err != nil {
			t.Fatal(err)
		}
		if f := await(t, "S's failure", watch(t, scan).failed); f.Reason != Unreachable {
			t.Errorf("S says %+v", f)
		}
	})
	t.Run("the code of a session that is over is shown again", func(t *testing.T) {
		old, err := Offer(t.Context(), bo.config())
		if err != nil {
			t.Fatal(err)
		}
		watch(t, old)
		stale, _ := ParseOffer(old.Payload())
		old.Close()
		display, err := Offer(t.Context(), bo.config())
		if err != nil {
			t.Fatal(err)
		}
		dw := watch(t, display)
		now, _ := ParseOffer(display.Payload())
		stale.Addrs = now.Addrs
		payload, err := stale.Encode()
		if err != nil {
			t.Fatal(err)
		}
		scan, err := Scan(t.Context(), carl.config(), payload)
		if err != nil {
			t.Fatal(err)
		}
		if f := await(t, "S's failure", watch(t, scan).failed); f.Reason != Unreachable {
			t.Errorf("S says %+v", f)
		}
		select {
		case f := <-dw.failed:
			t.Errorf("a stranger ended D's session: %+v", f)
		default:
		}
	})
	t.Run("the journal takes nothing", func(t *testing.T) {
		full := bo.config()
		full.Append = func(context.Context, Meeting) error { return net.ErrClosed }
		sw, dw := begin(t, anna.config(), full)
		code := await(t, "the digits", sw.digits)
		await(t, "the question", dw.asked)
		dw.session.TypeCode(code)
		if f := await(t, "D's failure", dw.failed); f.Reason != EntryFailed || f.Err != net.ErrClosed {
			t.Errorf("D says %+v", f)
		}
		if f := await(t, "S's failure", sw.failed); f.Reason != PeerAbort {
			t.Errorf("S says %+v", f)
		}
	})
}

func TestStrangersAreBounded(t *testing.T) {
	org := newOrganisation(t, 1)
	anna, bo, stranger := org.enrol("anna"), org.enrol("bo"), org.enrol("stranger")
	knock := func(display *Session, first []byte) (gone <-chan struct{}) {
		offer, _ := ParseOffer(display.Payload())
		n := dialler(t, org.enrol("another").keys, offer, *unhurried())
		t.Cleanup(n.End)
		ended := make(chan struct{}, 8)
		n.Network().Notify(&network.NotifyBundle{DisconnectedF: func(network.Network, network.Conn) { ended <- struct{}{} }})
		stream, err := n.Reach(t.Context(), bo.peer(), road.Verify)
		if err != nil {
			t.Fatal(err)
		}
		for range 64 { // more than any window, were it read
			_ = stream.SetWriteDeadline(time.Now().Add(time.Second))
			if _, err := stream.Write(first); err != nil || len(first) < 1024 {
				break
			}
		}
		return ended
	}
	strangers := [][]byte{
		{0xff, 0xff, 0xff, 0xff},                               // a message of four gigabytes
		append([]byte{0, 0, 0x40, 0}, make([]byte, 64<<10)...), // one that never ends well
		{0, 0}, // one that never goes on
	}
	hasty := bo.config()
	hasty.timing.hello = 2 * time.Second // of which a stranger needs a moment to come in
	display, err := Offer(t.Context(), hasty)
	if err != nil {
		t.Fatal(err)
	}
	watch(t, display)
	var gone []<-chan struct{}
	for _, first := range strangers {
		gone = append(gone, knock(display, first))
	}
	for _, ended := range gone {
		await(t, "D closing the stranger's connection when its time is up", ended)
	}

	// And where they have all the time: they are in no colleague's way.
	if display, err = Offer(t.Context(), bo.config()); err != nil {
		t.Fatal(err)
	}
	dw := watch(t, display)
	offer, _ := ParseOffer(display.Payload())
	gone = nil
	for _, first := range strangers {
		gone = append(gone, knock(display, first))
	}

	// One who wants to share without a verification.
	n := dialler(t, stranger.keys, offer, *unhurried())
	defer n.End()
	stream, err := n.Reach(t.Context(), bo.peer(), road.Share)
	if err == nil {
		stream.Write([]byte{0, 0, 0, 1, 0})
		stream.SetReadDeadline(time.Now().Add(patience))
		_, err = stream.Read(make([]byte, 1))
	}
	if err == nil || len(display.shares) != 0 {
		t.Errorf("a stranger's share waits to be received: %v", err)
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

	// From now on nobody else is let in at all.
	for _, ended := range gone {
		await(t, "D closing the connection of who is not the one", ended)
	}
	late := dialler(t, stranger.keys, offer, *unhurried())
	defer late.End()
	if stream, err = late.Reach(t.Context(), bo.peer(), road.Verify); err == nil {
		stream.SetReadDeadline(time.Now().Add(patience))
		_, err = stream.Read(make([]byte, 1))
	}
	if err == nil || isTimeout(err) {
		t.Errorf("D is verified and lets strangers in: %v", err)
	}
	if dw.session.node.Network().Connectedness(anna.peer()) != network.Connected {
		t.Error("D is verified and has its colleague no more")
	}
}

func TestASessionSurvivesALostConnection(t *testing.T) {
	org := newOrganisation(t, 1)
	sw, dw, sv, dv := meet(t, org.enrol("anna").config(), org.enrol("bo").config())
	for _, w := range []*watcher{sw, dw} {
		if !await(t, "the link", w.links) {
			t.Fatal("down before it was up")
		}
	}
	for _, conn := range dw.session.node.Network().Conns() {
		conn.Close()
	}
	// S makes it again, at times before either end has noticed that it went.
	share(t, dv, sv, 1)

	// And whoever leaves then, the other hears it.
	dw.session.Close()
	await(t, "S's end", sw.closed)
}

// dialler is one's own end of the road to the device of an offer, over both ways to it or those that are named.
func dialler(t testing.TB, keys *identity.KeySet, offer Payload, timing timing, at ...ma.Multiaddr) *road.Node {
	t.Helper()
	id, err := peerOf(offer.Key[:])
	if err != nil {
		t.Fatal(err)
	}
	if len(at) == 0 {
		at = road.Ways(offer.Addrs)
	}
	n, err := road.NewDialler(transportKey(t, keys), id, at, offer.Secret, timing.road())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func byTCP(at netip.AddrPort) ma.Multiaddr { return road.Ways([]netip.AddrPort{at})[0] }

func byQUIC(at netip.AddrPort) ma.Multiaddr { return road.Ways([]netip.AddrPort{at})[1] }

func transportKey(t testing.TB, keys *identity.KeySet) *signed.PrivateKey {
	t.Helper()
	key, err := keys.Transport()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// The stream for the last word ends while the connection stands: S opens another, and hears the last word.
func TestTheWayForTheLastWordIsOpenedAgain(t *testing.T) {
	org := newOrganisation(t, 1)
	sw, dw, _, _ := meet(t, org.enrol("anna").config(), org.enrol("bo").config())
	opened := make(chan struct{}, 8)
	dw.session.node.Handle(road.Again, func(s network.Stream) {
		opened <- struct{}{}
		dw.session.takeAgain(s)
	})
	_ = sw.session.streams.Get(1).Reset()
	await(t, "another way", opened)
	for dw.session.streams.Get(1) != nil {
		runtime.Gosched()
	}
	dw.session.Close() // whether D has seen the other way by now or not
	await(t, "S's end", sw.closed)
}
