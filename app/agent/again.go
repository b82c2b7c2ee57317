package agent

import (
	"context"
	"errors"
)

// StartAgain is for a forgotten passphrase: keys and view are destroyed, and this device is
// new. What was said and not yet handed in stays in the outbox, sealed to the connected
// system, and whoever enrols next on this machine hands it in.
func (a *Agent) StartAgain(ctx context.Context) error {
	return problem(Internal, errors.New("not yet"))
}

// Wipe destroys keys and view of an open vault, whose last word says so, and hands in what it
// can before.
func (a *Agent) Wipe(ctx context.Context, passphrase string) error {
	return problem(Internal, errors.New("not yet"))
}
