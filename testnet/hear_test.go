package testnet_test

import (
	"testing"
	"time"

	"handslag/app/agent"
)

// Whose device keeps in touch hears of its revocation, which an administrator's command beside the server
// made, without doing anything.
func TestARevocationReachesADeviceThatWaits(t *testing.T) {
	w := newTown(t)
	device := w.me(w.bo).Device
	done := make(chan time.Time, 1)
	asked := false
	err := w.bo.Watch(w.ctx, func(me agent.Me) bool {
		if me.Online && !asked {
			asked = true
			go func() {
				if err := w.Admin(w.ctx, nil, "device", "revoke", string(device)); err != nil {
					t.Error(err)
				}
				done <- time.Now()
			}()
		}
		return me.Revoked
	})
	w.must(err)
	t.Logf("told %s after the command's end", time.Since(<-done).Round(time.Millisecond))
}
