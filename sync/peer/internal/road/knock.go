package road

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"net"
	"sync"

	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	ma "github.com/multiformats/go-multiaddr"
)

// knock is what S says before anything else, so that D gives no memory, no cryptography and no place
// to anybody who has not seen its code: a fresh nonce, and a MAC over it under the claim secret.
// On TCP it stands before the first byte, on QUIC behind each Initial packet. It proves nothing to
// S, and nothing to D but that the code was read: who speaks the verification decides.
type knock struct {
	secret  [16]byte
	listens bool // D
	strange *disturbances

	mu        sync.Mutex
	used      map[[knockNonce]byte]bool
	sockets   []net.PacketConn // QUIC's
	open      func(network string, at *net.UDPAddr) (*net.UDPConn, error)
	strangers *Strangers // who is kept at the door for a while though they knocked; nil: nobody
}

func (k *knock) mind(s *Strangers) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.strangers = s
}

func (k *knock) minded() *Strangers {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.strangers
}

const (
	knockNonce = 16
	knockSize  = knockNonce + sha256.Size
	// maxKnocks is more than a session of 15 minutes has use for, redialling every second.
	maxKnocks = 4096
)

func newKnock(secret [16]byte, listens bool) *knock {
	return &knock{secret: secret, listens: listens, strange: newDisturbances(), open: net.ListenUDP, used: map[[knockNonce]byte]bool{}}
}

func (k *knock) mac(nonce []byte) []byte {
	mac := hmac.New(sha256.New, k.secret[:])
	mac.Write([]byte("handslag/1/knock\x00"))
	mac.Write(nonce)
	return mac.Sum(nil)
}

// fresh is a knock that nobody has heard.
func (k *knock) fresh() []byte {
	nonce := make([]byte, knockNonce, knockSize)
	rand.Read(nonce)
	return append(nonce, k.mac(nonce)...)
}

// right says whether data is one, for the first time: overheard and said again it is worth nothing.
func (k *knock) right(data []byte) bool {
	if len(data) != knockSize || !hmac.Equal(k.mac(data[:knockNonce]), data[knockNonce:]) {
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	nonce := [knockNonce]byte(data)
	if k.used[nonce] || len(k.used) == maxKnocks {
		return false
	}
	k.used[nonce] = true
	return true
}

// dialler knocks on each TCP connection that it makes.
func (k *knock) dialler(ma.Multiaddr) (tcp.ContextDialer, error) { return knockDialler{k}, nil }

type knockDialler struct{ knock *knock }

// DialContext connects and knocks.
func (d knockDialler) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	var plain net.Dialer
	conn, err := plain.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if _, err := conn.Write(d.knock.fresh()); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}
