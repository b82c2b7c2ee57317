package peer

import (
	"net/netip"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	manet "github.com/multiformats/go-multiaddr/net"
)

// streams numbers the verification's streams for the machine, which knows no network.
type streams struct {
	mu      sync.Mutex
	last    int
	open    map[int]network.Stream
	claimed int
	who     peer.ID
	from    netip.Addr    // where the claimed stream came from
	ended   chan struct{} // closed when the claimed stream's reader is
}

func newStreams() *streams {
	return &streams{open: map[int]network.Stream{}, ended: make(chan struct{})}
}

func (s *streams) add(stream network.Stream) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	s.open[s.last] = stream
	return s.last
}

// claim marks the stream that the machine speaks on.
func (s *streams) claim(id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if stream := s.open[id]; s.claimed == 0 && stream != nil {
		s.claimed, s.who = id, stream.Conn().RemotePeer()
		if ip, err := manet.ToIP(stream.Conn().RemoteMultiaddr()); err == nil {
			s.from, _ = netip.AddrFromSlice(ip)
		}
	}
}

// resume makes another stream of the claimant's the one that the machine speaks on.
func (s *streams) resume(id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.open[s.claimed]
	s.claimed, s.ended = id, make(chan struct{})
	if before != nil {
		_ = before.Reset()
	}
}

// origin is the address that the claim came from.
func (s *streams) origin() netip.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.from
}

// claimant is the peer at the other end of the claimed stream.
func (s *streams) claimant() peer.ID {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.who
}

func (s *streams) get(id int) network.Stream {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open[id]
}

// send writes a message; an error shows as the stream's end.
func (s *streams) send(id int, data []byte, within time.Duration) {
	stream := s.get(id)
	if stream == nil {
		return
	}
	_ = stream.SetWriteDeadline(time.Now().Add(within))
	if err := writeFrame(stream, data); err != nil {
		_ = stream.Reset()
	}
}

// drop refuses a stranger and its connection; the claimed peer loses the stream only.
func (s *streams) drop(id int) {
	stream := s.get(id)
	if stream == nil {
		return
	}
	_ = stream.Reset()
	if stream.Conn().RemotePeer() != s.claimant() {
		_ = stream.Conn().Close()
	}
}

// speaks reports whether it is the stream that the machine speaks on.
func (s *streams) speaks(id int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.claimed == id
}

// gone forgets a stream whose reader has ended.
func (s *streams) gone(id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, id)
	if id == s.claimed {
		close(s.ended)
	}
}

// finish says that nothing more comes from this end.
func (s *streams) finish() {
	s.mu.Lock()
	stream := s.open[s.claimed]
	s.mu.Unlock()
	if stream != nil {
		_ = stream.CloseWrite()
	}
}

// linger waits until the other end has heard the last word, or within has passed.
func (s *streams) linger(within time.Duration) {
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
