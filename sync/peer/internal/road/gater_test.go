package road

import (
	"crypto/rand"
	"net/netip"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"handslag/identity/signed"
)

// Until somebody is verified anybody who knocked may show a key; from then on it is that one alone.
func TestOnceNarrowedNobodyElseIsLetIn(t *testing.T) {
	key, err := signed.NewPrivateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	n, _, err := NewListener(key, []netip.Addr{netip.MustParseAddr("127.0.0.1")}, [16]byte{7}, Patience{Dial: time.Second, Hello: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer n.End()
	colleague, stranger := peer.ID("colleague"), peer.ID("stranger")
	lets := func(id peer.ID) bool { return n.gate.InterceptSecured(network.DirInbound, id, nil) }
	if !lets(colleague) || !lets(stranger) {
		t.Error("somebody is kept out before anybody is verified")
	}
	n.Narrow(colleague)
	if !lets(colleague) || lets(stranger) {
		t.Error("a stranger is let in, or the colleague kept out")
	}
	if told := n.Strange.Take(); len(told) != 1 || told[0].What != LateClaim {
		t.Errorf("disturbed: %+v", told)
	}
}
