package peer

import (
	"handslag/sync/peer/internal/road"
	"net"
	"net/netip"
	"testing"
	"time"

	ma "github.com/multiformats/go-multiaddr"
)

func mustAddresses(t testing.TB) []netip.Addr {
	addrs, err := road.LocalAddresses(true)
	if err != nil {
		t.Fatal(err)
	}
	return addrs
}

// late is a piece of data and when it is to be passed on.
type late struct {
	data []byte
	due  time.Time
}

// passOn carries what comes until there is no more, each piece when it is due.
func passOn(t testing.TB, pieces <-chan late, to func([]byte) error, done func()) {
	defer done()
	for {
		select {
		case p, more := <-pieces:
			if !more {
				return
			}
			if wait := time.Until(p.due); wait > 0 {
				time.Sleep(wait) // the line's length, not a guess at somebody's speed
			}
			_ = to(p.data) // a broken end shows at the other
		case <-t.Context().Done():
			return
		}
	}
}

// relayTCP is a line of that length to where the offer's device listens, one way. Connecting
// costs a round trip, as on a real line.
func relayTCP(t testing.TB, offer Payload, length time.Duration) ma.Multiaddr {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	carry := func(from, to net.Conn, first time.Time) {
		pieces := make(chan late, 4096)
		go passOn(t, pieces, func(b []byte) error { _, err := to.Write(b); return err }, func() { to.Close() })
		defer close(pieces)
		for {
			data := make([]byte, 32<<10)
			n, err := from.Read(data)
			now := time.Now()
			if now.Before(first) {
				now = first
			}
			if n > 0 {
				pieces <- late{data[:n], now.Add(length)}
			}
			if err != nil {
				return
			}
		}
	}
	go func() {
		for {
			s, err := l.Accept()
			if err != nil {
				return
			}
			d, err := net.Dial("tcp", offer.Addrs[0].String())
			if err != nil {
				s.Close()
				continue
			}
			connected := time.Now().Add(2 * length)
			go carry(s, d, connected)
			go carry(d, s, time.Time{})
		}
	}()
	return byTCP(netip.MustParseAddrPort(l.Addr().String()))
}

// relayUDP is the same for datagrams, of one dialler.
func relayUDP(t testing.TB, offer Payload, length time.Duration) ma.Multiaddr {
	near, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	far, err := net.Dial("udp", offer.Addrs[0].String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close(); far.Close() })
	there := make(chan late, 4096)
	go passOn(t, there, func(b []byte) error { far.Write(b); return nil }, func() {})
	go func() {
		defer close(there)
		back := make(chan late, 4096) // never closed: who passes it on ends with the test
		for known := false; ; known = true {
			data := make([]byte, 2048)
			n, from, err := near.ReadFrom(data)
			if err != nil {
				return
			}
			if !known {
				go passOn(t, back, func(b []byte) error { near.WriteTo(b, from); return nil }, func() {})
				go func() {
					for {
						data := make([]byte, 2048)
						n, err := far.Read(data)
						if err != nil {
							return
						}
						select {
						case back <- late{data[:n], time.Now().Add(length)}:
						case <-t.Context().Done():
							return
						}
					}
				}()
			}
			there <- late{data[:n], time.Now().Add(length)}
		}
	}()
	return byQUIC(netip.MustParseAddrPort(near.LocalAddr().String()))
}
