package agent

import (
	"context"
	"errors"
	"time"

	"handslag/app/agent/machine"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault"
)

// askAgain is how soon the connected system is asked again what has become of this device, where it does not hold the answer
// back until somebody has decided.
const askAgain = 5 * time.Second

// awaitApproval waits for an administrator to let this device in, whose person has signed in, until ctx ends, they are
// refused, or nobody decides in time. That it waits stands on the nameplate, so that the next run goes on without another
// sign-in. Once it was answered, a connected system that is away is waited for too.
func (a *Agent) awaitApproval(ctx context.Context, client *link.Client, p vault.Profile, device identity.DeviceID, until signed.Time) (link.Issued, error) {
	ctx, leave := context.WithCancel(ctx)
	defer leave()
	a.mu.Lock()
	a.unwait = leave
	a.mu.Unlock()
	if until != 0 {
		a.showWaiting(p, device, until)
	}
	for answered := until != 0; ; answered = true {
		round, stop := context.WithTimeout(ctx, askAgain)
		issued, err := client.Waiting(ctx, link.WaitMost)
		var refused *link.Problem
		switch code := CodeOf(translate(err)); {
		case err == nil && issued.Waiting == nil:
			stop()
			return issued, nil
		case err == nil:
			a.showWaiting(p, device, issued.Waiting.Until)
		case errors.As(err, &refused) && refused.Code == link.CodeBadProof: // it is forgotten there
			stop()
			a.hideWaiting(p)
			return issued, problem(WaitedLong, err)
		case code != ServerAway || !answered:
			stop()
			if code == DeviceRefused || code == WaitedLong {
				a.hideWaiting(p)
			}
			return issued, err
		}
		<-round.Done()
		stop()
		if ctx.Err() != nil {
			return link.Issued{}, ctx.Err()
		}
	}
}

// showWaiting tells the screens, and the next run, that this device waits.
func (a *Agent) showWaiting(p vault.Profile, device identity.DeviceID, until signed.Time) {
	plate := machine.Nameplate{Device: device, Org: p.Org, Waits: until}
	if a.place.Plate() != plate {
		if err := a.place.Show(plate); err != nil {
			a.log.Warn("the next run will ask for a sign-in again", "error", err)
		}
	}
	a.changed(StateChanged)
}

func (a *Agent) hideWaiting(p vault.Profile) {
	if err := a.place.Show(machine.Nameplate{Org: p.Org}); err != nil {
		a.log.Warn("the next run will ask once more", "error", err)
	}
}
