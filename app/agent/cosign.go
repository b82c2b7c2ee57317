package agent

import (
	"bytes"
	"context"
	"time"

	"handslag/identity/signed"
	"handslag/vault/journal/audit"
)

// What a device has seen of the audit log it says with a key of its own, so that others can be shown it: that
// the log had grown, consistently, to so many entries with that root. It is no entry of the journal: each would make
// the log grow, and the next sync say the same of one more.

// vouchEvery is how often a device does so at most.
const vouchEvery = 10 * time.Minute

// vouches reports whether there is something to vouch for: a checkpoint that nothing contradicts, that nothing waits
// to be compared with, and that was not handed in yet.
func (w witnessed) vouches(now signed.Time) bool {
	soon := now >= w.VouchedAt && now < w.VouchedAt.Add(vouchEvery)
	return len(w.Own) > 0 && len(w.Evidence) == 0 && len(w.Heard) == 0 && !soon && !bytes.Equal(w.Own, w.Vouched)
}

// vouch cosigns the checkpoint that this device has just compared with what it knew, and hands it in. Who
// has ever seen two histories vouches for neither. That it can not be handed in holds up nothing.
func (r *run) vouch(ctx context.Context) {
	s := r.session
	w, err := s.witnessed()
	if err != nil || !w.vouches(s.clock.Server()) {
		return
	}
	c, err := s.openCheckpoint(w.Own)
	if err == nil {
		var cosigned audit.Cosignature
		if cosigned, err = c.Cosign(s.device, s.keys.Public().Witness, s.clock.Read().Time, s.keys.Cosign); err == nil {
			err = r.client.Cosign(ctx, audit.Cosigned(w.Own, cosigned))
		}
	}
	if err == nil {
		s.seeing.Lock()
		defer s.seeing.Unlock()
		var latest witnessed
		if latest, err = s.witnessed(); err == nil {
			latest.Vouched, latest.VouchedAt = w.Own, s.clock.Server()
			err = s.keepWitnessed(latest)
		}
	}
	if err != nil {
		r.agent.log.Info("what this device has seen of the log is not handed in", "error", CodeOf(translate(err)))
	}
}
