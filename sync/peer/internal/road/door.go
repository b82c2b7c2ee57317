package road

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/transport"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
)

// Who may wait at the door at once. A knock comes with the connection, so that a colleague's waits for
// less than a round trip; strangers push each other out.
const (
	maxWaiting = 64
	maxFromOne = 8 // of one address
)

// doorway is libp2p's TCP transport with a door before its listeners.
type doorway struct {
	*tcp.TcpTransport
	upgrade transport.Upgrader
	limits  network.ResourceManager
	knock   *knock
	within  time.Duration // for who knocks
}

// Listen opens a door.
func (d *doorway) Listen(addr ma.Multiaddr) (transport.Listener, error) {
	l, err := manet.Listen(addr)
	if err != nil {
		return nil, err
	}
	return d.upgrade.UpgradeGatedMaListener(d, newDoor(l, d.knock, d.limits, d.within)), nil
}

// door is a listener that lets through who knocks rightly. The others wait, and are sent away when
// their time is up, when they say something else, or when too many come after them.
type door struct {
	manet.Listener
	knock  *knock
	limits network.ResourceManager
	within time.Duration
	open   chan let
	closed chan struct{}

	mu      sync.Mutex
	waiting []manet.Conn // oldest first
	shut    sync.Once
}

// guest is who was let in, until it has shown its key.
type guest struct {
	manet.Conn
	since   time.Time
	within  time.Duration
	strange *disturbances
	shown   atomic.Bool
}

// Close counts who had time enough and showed none.
func (g *guest) Close() error {
	if !g.shown.Swap(true) && time.Since(g.since) >= g.within {
		g.strange.Note(Slow, "")
	}
	return g.Conn.Close()
}

// let is who was let in.
type let struct {
	conn  manet.Conn
	scope network.ConnManagementScope
}

func newDoor(l manet.Listener, knock *knock, limits network.ResourceManager, within time.Duration) *door {
	d := &door{Listener: l, knock: knock, limits: limits, within: within, open: make(chan let), closed: make(chan struct{})}
	go d.watch()
	return d
}

// Accept is the next one let in.
func (d *door) Accept() (manet.Conn, network.ConnManagementScope, error) {
	select {
	case in := <-d.open:
		return in.conn, in.scope, nil
	case <-d.closed:
		return nil, nil, net.ErrClosed
	}
}

// Close shuts it, and sends away who waits.
func (d *door) Close() error {
	err := d.Listener.Close()
	d.shut.Do(func() { close(d.closed) })
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, conn := range d.waiting {
		_ = conn.Close()
	}
	return err
}

func (d *door) watch() {
	defer d.shut.Do(func() { close(d.closed) })
	for {
		conn, err := d.Listener.Accept()
		if ne, ok := err.(net.Error); ok && ne.Timeout() {
			continue
		}
		if err != nil {
			return
		}
		d.enter(conn)
		go d.hear(conn)
	}
}

// enter lets one wait; where there are too many the oldest gives way, of the same address first.
func (d *door) enter(conn manet.Conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	from, same, oldest := addressOf(conn), 0, -1
	for i, c := range d.waiting {
		if addressOf(c) == from {
			if same++; oldest < 0 {
				oldest = i
			}
		}
	}
	switch {
	case same >= maxFromOne:
		d.send(oldest)
	case len(d.waiting) >= maxWaiting:
		d.send(0)
	}
	d.waiting = append(d.waiting, conn)
}

// send sends the i'th away. The caller holds mu.
func (d *door) send(i int) {
	d.knock.strange.Note(Endless, "")
	_ = d.waiting[i].Close()
	d.waiting = append(d.waiting[:i], d.waiting[i+1:]...)
}

// leave takes one out of the room, and says whether it was still there.
func (d *door) leave(conn manet.Conn) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, c := range d.waiting {
		if c == conn {
			d.waiting = append(d.waiting[:i], d.waiting[i+1:]...)
			return true
		}
	}
	return false
}

// hear waits for one's knock and lets it in.
func (d *door) hear(conn manet.Conn) {
	said := make([]byte, knockSize)
	_ = conn.SetReadDeadline(time.Now().Add(d.within))
	_, err := io.ReadFull(conn, said)
	there := d.leave(conn)
	var slow net.Error
	switch {
	case !there: // too many came after it; the door says so, or is shut
	case errors.As(err, &slow) && slow.Timeout():
		d.knock.strange.Note(Slow, "")
	case err == nil && !d.knock.right(said):
		d.knock.strange.Note(StaleCode, "")
	case err == nil:
		_ = conn.SetReadDeadline(time.Time{})
		d.welcome(conn)
		return
	}
	_ = conn.Close()
}

// welcome lets in one who knocked rightly.
func (d *door) welcome(conn manet.Conn) {
	if !d.keep(d.knock.minded().Wait(addressOf(conn))) {
		_ = conn.Close()
		return
	}
	scope, err := d.limits.OpenConnection(network.DirInbound, true, conn.RemoteMultiaddr())
	if err != nil {
		d.knock.strange.Note(Endless, "")
		_ = conn.Close()
		return
	}
	select {
	case d.open <- let{&guest{Conn: conn, since: time.Now(), within: d.within, strange: d.knock.strange}, scope}:
	case <-d.closed:
		scope.Done()
		_ = conn.Close()
	}
}

// keep has somebody wait who comes from where a stranger came before. It returns false where the door is shut
// meanwhile.
func (d *door) keep(within time.Duration) bool {
	if within == 0 {
		return true
	}
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-d.closed:
		return false
	}
}

func addressOf(conn net.Conn) netip.Addr {
	at, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr().Unmap().WithZone("")
}
