package road

import (
	"net/netip"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	manet "github.com/multiformats/go-multiaddr/net"
)

// Streams numbers the verification's streams for the machine, which knows no network.
type Streams struct {
	mu      sync.Mutex
	last    int
	open    map[int]network.Stream
	claimed int
	who     peer.ID
	from    netip.Addr    // where the claimed stream came from
	ended   chan struct{} // closed when the claimed stream's reader is
}

// NewStreams has none yet.
func NewStreams() *Streams {
	return &Streams{open: map[int]network.Stream{}, ended: make(chan struct{})}
}

// Add gives a stream its number.
func (s *Streams) Add(stream network.Stream) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	s.open[s.last] = stream
	return s.last
}

// Claim marks the stream that the machine speaks on.
func (s *Streams) Claim(id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if stream := s.open[id]; s.claimed == 0 && stream != nil {
		s.claimed, s.who = id, stream.Conn().RemotePeer()
		if ip, err := manet.ToIP(stream.Conn().RemoteMultiaddr()); err == nil {
			s.from, _ = netip.AddrFromSlice(ip)
		}
	}
}

// Resume makes another stream of the claimant's the one that the machine speaks on.
func (s *Streams) Resume(id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.open[s.claimed]
	s.claimed, s.ended = id, make(chan struct{})
	if before != nil {
		_ = before.Reset()
	}
}

// Origin is the address that the claim came from.
func (s *Streams) Origin() netip.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.from
}

// Claimant is the peer at the other end of the claimed stream.
func (s *Streams) Claimant() peer.ID {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.who
}

// Get is the stream with that number, or nil.
func (s *Streams) Get(id int) network.Stream {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open[id]
}

// Send writes a message; an error shows as the stream's end.
func (s *Streams) Send(id int, data []byte, within time.Duration) {
	stream := s.Get(id)
	if stream == nil {
		return
	}
	_ = stream.SetWriteDeadline(time.Now().Add(within))
	if err := WriteFrame(stream, data); err != nil {
		_ = stream.Reset()
	}
}

// Drop refuses a stranger and its connection; the claimed peer loses the stream only.
func (s *Streams) Drop(id int) {
	stream := s.Get(id)
	if stream == nil {
		return
	}
	_ = stream.Reset()
	if stream.Conn().RemotePeer() != s.Claimant() {
		_ = stream.Conn().Close()
	}
}

// Speaks reports whether it is the stream that the machine speaks on.
func (s *Streams) Speaks(id int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.claimed == id
}

// Gone forgets a stream whose reader has ended.
func (s *Streams) Gone(id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, id)
	if id == s.claimed {
		close(s.ended)
	}
}

// finish says that nothing more comes from this end.
func (s *Streams) finish() {
	s.mu.Lock()
	stream := s.open[s.claimed]
	s.mu.Unlock()
	if stream != nil {
		_ = stream.CloseWrite()
	}
}

// Linger waits until the other end has heard the last word, or within has passed.
func (s *Streams) Linger(within time.Duration) {
	s.finish()
	s.mu.Lock()
	waiting, ended := s.open[s.claimed] != nil, s.ended
	s.mu.Unlock()
	if !waiting {
		return
	}
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case <-ended:
	case <-timer.C:
	}
}
