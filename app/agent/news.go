package agent

import (
	"context"
	"time"

	"handslag/sync/peer"
)

// newsFor bounds how long a meeting waits for news: they take a moment, and a device that has none to
// tell is no reason to share nothing.
const newsFor = 10 * time.Second

// exchange is what a meeting begins with, before anything is shared: each tells the other what the
// organisation has said since they last had coverage. It reports whether the other may still be met.
func (h *Handover) exchange(v *peer.Verified) bool {
	ctx, cancel := context.WithTimeout(context.Background(), newsFor)
	defer cancel()
	s, a := h.session, h.agent
	news, err := v.Exchange(ctx, peer.News{Revocations: s.who().others.raw})
	if err != nil {
		a.log.Info("no news from the other device", "error", err)
		return true
	}
	if len(news.Revocations) == 0 {
		return true
	}
	if _, err := s.hearRevocations(news.Revocations); err != nil {
		a.log.Warn("a revocation list from another device is not believed", "error", err)
		return true
	}
	other := v.Meeting().Peer
	if !s.who().others.list.Has(other.Device()) {
		return true
	}
	a.failed(s, peer.Revoked, other.Device())
	return false
}
