package agent

import (
	"context"
	"time"

	"handslag/app/agent/machine"
	"handslag/identity"
	"handslag/sync/peer"
)

// newsFor bounds how long a meeting waits for news: they take a moment, and a device that has none to
// tell is no reason to share nothing.
const newsFor = 10 * time.Second

// exchange is what a meeting begins with, before anything is shared: each tells the other what the
// organisation has said since they last had coverage.
func (h *Handover) exchange(v *peer.Verified) {
	ctx, cancel := context.WithTimeout(context.Background(), newsFor)
	defer cancel()
	s, a := h.session, h.agent
	other := v.Meeting().Peer
	theirs, err := v.Exchange(ctx, a.news(s, other.Device()))
	if err != nil {
		a.log.Info("no news from the other device", "error", err)
		h.malformed("news", err)
		return
	}
	if err := a.eraseHeard(s, theirs.Erasures); err != nil {
		a.log.Warn("erasure orders from another device wait for the next unlock", "error", err)
	}
	if len(theirs.Checkpoint) > 0 {
		if err := a.heardCheckpoint(s, theirs.Checkpoint); err != nil {
			a.log.Warn("a checkpoint from another device is not believed", "error", err)
		}
	}
	if len(theirs.Revocations) > 0 {
		if _, err := s.hearRevocations(theirs.Revocations); err != nil {
			a.log.Warn("a revocation list from another device is not believed", "error", err)
		}
	}
	a.hearOfJournals(s, other, theirs)
}

// news is what this device has heard: the newest list, the newest orders, and what is for the other alone.
func (a *Agent) news(s *session, other identity.DeviceID) peer.News {
	news := peer.News{Revocations: s.who().others.raw}
	if w, err := s.witnessed(); err == nil {
		news.Checkpoint = w.Own
	}
	orders := a.place.Orders(s.openOrder)
	for _, o := range orders[max(0, len(orders)-peer.NewsErasures):] {
		news.Erasures = append(news.Erasures, o.Signed)
	}
	a.tellOfJournals(s, other, &news)
	return news
}

// eraseHeard carries out orders that a colleague passed on. A forged one is as if it had not come, and
// hides no other.
func (a *Agent) eraseHeard(s *session, heard [][]byte) error {
	var orders []machine.Order
	for _, data := range heard {
		if o, err := s.openOrder(data); err == nil {
			orders = append(orders, o)
		} else {
			a.log.Warn("an erasure order from another device is not believed", "error", err)
		}
	}
	if len(orders) == 0 {
		return nil
	}
	if err := a.place.LeaveOrders(orders, s.clock.Read().Floor, s.openOrder); err != nil {
		a.log.Warn("erasure orders are not left for other profiles", "error", err)
	}
	n, err := a.erase(s, orders)
	if n > 0 {
		a.changed(RecordsChanged, AssignmentsChanged, EventsChanged, SyncChanged)
	}
	return err
}
