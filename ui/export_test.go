package ui

import (
	"context"

	"handslag/app/agent"
	"handslag/identity/qr"
	"handslag/ui/camera"
)

// ShowNoNetwork shows the hand-over page as it is on a machine without a network.
func ShowNoNetwork(w *Window) {
	w.top().(*handoverScreen).drawNoNetwork(&agent.Problem{Code: agent.NoNetwork})
}

// OfferAfter begins a handshake on a machine that has no network the first times times.
func OfferAfter(w *Window, times int) {
	s := w.top().(*handoverScreen)
	s.begin(func(ctx context.Context) (*agent.Handover, *qr.Code, error) {
		if times--; times >= 0 {
			return nil, nil, &agent.Problem{Code: agent.NoNetwork}
		}
		return w.agent.OfferVerification(ctx, false, agent.Gift{})
	})
}

// ShowReading shows the hand-over page as it is while a code is read and, where it is taken, after.
func ShowReading(w *Window, seen qr.Sight, taken bool) {
	s := w.top().(*handoverScreen)
	if taken {
		s.shot = camera.Outlined(seen, camera.OurCode)
		s.drawWaiting("handover.connecting", nil)
		return
	}
	view := newFinder()
	view.show(camera.Outlined(seen, camera.OtherCode))
	s.put("scan", view.box)
}

// Session is the handshake that the hand-over page shows.
func Session(w *Window) *agent.Handover { return w.top().(*handoverScreen).session }

// ReadDays is the days that a text names, and the code of what is wrong with it.
func ReadDays(text string) (id, wrong string) {
	d, wrong := readDays(text)
	return d.id(), wrong
}
