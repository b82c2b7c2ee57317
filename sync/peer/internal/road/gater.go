package road

import (
	"slices"
	"sync"

	"github.com/libp2p/go-libp2p/core/connmgr"
	"github.com/libp2p/go-libp2p/core/control"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
)

// gater lets through what this verification needs. S dials one key at the addresses in the
// QR and accepts nothing. D dials nobody; until it is verified it accepts anyone, because a
// second device that read the code must be seen to be refused, and from then on the verified
// peer alone.
type gater struct {
	mu      sync.Mutex
	dials   peer.ID // S: the key in the QR
	at      []ma.Multiaddr
	accepts bool    // D
	only    peer.ID // D: once verified
	strange *disturbances
}

var _ connmgr.ConnectionGater = (*gater)(nil)

// narrow admits nobody but id from now on.
func (g *gater) narrow(id peer.ID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.only = id
}

// shut admits nobody at all.
func (g *gater) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.dials, g.accepts = "", false
}

// InterceptPeerDial allows the one key.
func (g *gater) InterceptPeerDial(id peer.ID) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.dials != "" && id == g.dials
}

// InterceptAddrDial allows the addresses in the QR, whatever else the peer says of itself.
func (g *gater) InterceptAddrDial(id peer.ID, addr ma.Multiaddr) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.dials != "" && id == g.dials && slices.ContainsFunc(g.at, addr.Equal)
}

// InterceptAccept allows connections to a device that shows its code.
func (g *gater) InterceptAccept(network.ConnMultiaddrs) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.accepts
}

// InterceptSecured knows who it is.
func (g *gater) InterceptSecured(dir network.Direction, id peer.ID, at network.ConnMultiaddrs) bool {
	if came, ok := at.(*guest); ok {
		came.shown.Store(true)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if dir == network.DirOutbound {
		return g.dials != "" && id == g.dials
	}
	if g.accepts && g.only != "" && id != g.only {
		g.strange.Note(LateClaim, "")
	}
	return g.accepts && (g.only == "" || id == g.only)
}

// InterceptUpgraded adds nothing.
func (g *gater) InterceptUpgraded(network.Conn) (bool, control.DisconnectReason) { return true, 0 }
