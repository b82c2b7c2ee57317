package agent

import (
	"context"

	"handslag/sync/peer"
)

// AwaitNetwork waits until this device is on a network where a colleague's could meet it, after
// OfferVerification or ScanVerification said NoNetwork. Its one error is Cancelled.
func (a *Agent) AwaitNetwork(ctx context.Context) error {
	return translate(peer.AwaitNetwork(ctx, a.cfg.Loopback))
}
