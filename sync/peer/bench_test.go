package peer

import (
	"context"
	"io"
	"net/netip"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	ma "github.com/multiformats/go-multiaddr"

	"handslag/sync/peer/internal/road"
)

// roundTrip is what lies between the two devices of a benchmark.
const roundTrip = 20 * time.Millisecond

// BenchmarkVerification goes from the decoded code to VERIFIED at both ends, with persons who answer at
// once and journals that cost nothing: what is left is machine and network. Round trips are what
// a line of 20 ms costs more than none, in twenties of milliseconds.
func BenchmarkVerification(b *testing.B) {
	org := newOrganisation(b, 1)
	anna, bo := org.enrol("anna"), org.enrol("bo")
	for _, way := range []struct {
		name  string
		relay func(testing.TB, Payload, time.Duration) ma.Multiaddr
	}{{"TCP", relayTCP}, {"QUIC", relayUDP}} {
		verify := func(b *testing.B, delay time.Duration) time.Duration {
			b.StopTimer()
			d, err := Offer(b.Context(), bo.config())
			if err != nil {
				b.Fatal(err)
			}
			defer d.Close()
			offer, _ := ParseOffer(d.Payload())
			round := &round{TB: b}
			defer round.end()
			at := way.relay(round, offer, delay)
			b.StartTimer()
			began := time.Now()
			s := scanOver(b, anna.config(), d.Payload(), at)
			defer s.Close()
			both := make(chan error, 2)
			digits := make(chan string, 1)
			go func() { both <- follow(s, digits) }()
			go func() { both <- follow(d, digits) }()
			for range 2 {
				if err := <-both; err != nil {
					b.Fatal(err)
				}
			}
			took := time.Since(began)
			b.StopTimer()
			return took
		}
		b.Run(way.name+"_on_loopback", func(b *testing.B) {
			for b.Loop() {
				verify(b, 0)
				b.StartTimer()
			}
		})
		b.Run(way.name+"_over_20_ms", func(b *testing.B) {
			var near, far time.Duration
			for b.Loop() {
				near += verify(b, 0)
				far += verify(b, roundTrip/2)
				b.StartTimer()
			}
			b.ReportMetric(float64(far-near)/float64(b.N)/float64(roundTrip), "round-trips")
		})
	}
}

// round is what a benchmark does once: its relays end with it, or their ports, kept by the hundred, would
// sooner or later be the one that D wants for QUIC.
type round struct {
	testing.TB
	ends []func()
}

func (r *round) Cleanup(end func()) { r.ends = append(r.ends, end) }

func (r *round) end() {
	for _, end := range r.ends {
		end()
	}
}

// follow is a person who answers at once: S's digits are typed at D.
func follow(s *Session, digits chan string) error {
	for ev := range s.Events() {
		switch e := ev.(type) {
		case ShowCode:
			digits <- e.Digits
		case EnterCode:
			if err := s.TypeCode(<-digits); err != nil {
				return err
			}
		case SessionVerified:
			return nil
		case Failed:
			return &Failure{e.Reason}
		}
	}
	return io.ErrUnexpectedEOF
}

// scanOver is Scan over one road alone.
func scanOver(t testing.TB, config Config, payload []byte, road ma.Multiaddr) *Session {
	t.Helper()
	self, timing, err := config.self()
	if err != nil {
		t.Fatal(err)
	}
	offer, err := ParseOffer(payload)
	if err != nil {
		t.Fatal(err)
	}
	machine, err := newScanner(self, timing, offer, random(nonceSize), config.File)
	if err != nil {
		t.Fatal(err)
	}
	return newSession(context.WithoutCancel(t.Context()), config, timing, dialler(t, config.Keys, offer, timing, road), machine, payload)
}

// BenchmarkRoad carries bytes from one device to the other over each road by itself: why TCP is the
// first choice.
func BenchmarkRoad(b *testing.B) {
	org := newOrganisation(b, 1)
	anna, bo := org.enrol("anna"), org.enrol("bo")
	const part = 1 << 20
	var quic time.Duration
	for _, way := range []struct {
		name string
		at   func(netip.AddrPort) ma.Multiaddr
	}{{"QUIC", byQUIC}, {"TCP", byTCP}} {
		b.Run(way.name, func(b *testing.B) {
			offer, _ := bo.offers()
			d, open, err := road.NewListener(transportKey(b, bo.keys), mustAddresses(b), offer.Secret, designTiming().road())
			if err != nil {
				b.Fatal(err)
			}
			defer d.End()
			offer.Addrs = open
			s := dialler(b, anna.keys, offer, designTiming(), way.at(offer.Addrs[0]))
			defer s.End()
			d.Handle(road.Share, func(in network.Stream) {
				io.Copy(io.Discard, in)
				in.Write([]byte{1})
				in.Close()
			})
			out, err := s.Reach(b.Context(), bo.peer(), road.Share)
			if err != nil {
				b.Fatal(err)
			}
			data := make([]byte, part)
			b.SetBytes(part)
			for b.Loop() {
				if _, err := out.Write(data); err != nil {
					b.Fatal(err)
				}
			}
			out.CloseWrite()
			if _, err := io.ReadFull(out, data[:1]); err != nil {
				b.Fatal(err)
			}
			each := b.Elapsed() / time.Duration(b.N)
			if way.name == "QUIC" {
				quic = each
			} else {
				b.ReportMetric(float64(quic)/float64(each), "x-quic")
			}
		})
	}
}
