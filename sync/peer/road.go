package peer

import (
	"context"
	"net/netip"
	"time"

	"handslag/sync/peer/internal/road"
)

// What the road below knows, and who stands on this package is told.

// Disturbance says what somebody did at a device that shows its code and that came to nothing.
type Disturbance = road.Disturbance

// The disturbances.
const (
	StaleCode = road.StaleCode // knocked with another code, or with a knock that was overheard
	Slow      = road.Slow      // took a place, and its time ran out
	Endless   = road.Endless   // more than there is room for
	Garbled   = road.Garbled   // no message of this protocol
	LateClaim = road.LateClaim // had the code, and came after the one who was verified
)

// Strangers remembers from where codes were claimed by somebody whom the organisation does not know.
type Strangers = road.Strangers

// NewStrangers remembers nobody yet; uptime is monotonic.
func NewStrangers(uptime func() time.Duration) *Strangers {
	return road.NewStrangers(road.StrangerUnit, uptime)
}

// ErrNoNetwork says that the device has no interface that a colleague's could reach.
var ErrNoNetwork = road.ErrNoNetwork

// LocalAddresses are the addresses to offer, best first; it returns ErrNoNetwork where there is none. With
// loopback it is 127.0.0.1 and nothing else.
func LocalAddresses(loopback bool) ([]netip.Addr, error) { return road.LocalAddresses(loopback) }

// AwaitNetwork returns once there is an address to offer, or with ctx's error.
func AwaitNetwork(ctx context.Context, loopback bool) error { return road.AwaitNetwork(ctx, loopback) }
