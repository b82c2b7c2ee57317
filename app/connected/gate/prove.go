package gate

import (
	"errors"
	"fmt"
	"time"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
)

// freshness is how old the server time in a proof may be, and how much newer than now it may
// look. Nonces are kept longer than that, so that none comes twice.
const (
	freshness   = 15 * time.Minute
	futureness  = time.Minute
	nonceMemory = 30 * time.Minute
)

// keysLimit bounds a device's stored public keys, in bytes.
const keysLimit = 4 << 10

// proven is a verified proof: whose it is, and its nonce.
type proven struct {
	device string
	nonce  []byte
	time   signed.Time
}

// prove finds out which device calls: its signature over this very request, under the key
// that it was enrolled with, fresh and for the first time. Until it has passed, a refusal is
// a stranger's.
func (c *Call) prove(r request) error {
	if r.authorization == "" {
		return Refuse(link.CodeNoProof)
	}
	proof, err := link.ReadProof(r.authorization)
	if err != nil {
		return Refuse(link.CodeBadProof)
	}
	device, err := c.named(string(proof.Claim.Device))
	if store.Missing(err) {
		return Refuse(link.CodeBadProof)
	}
	if err != nil {
		return fmt.Errorf("read device: %w", err)
	}
	keys, err := deviceKeys(device)
	if err != nil {
		return err
	}
	if err := proof.Verify(keys.Signing, c.g.org, r.method, r.path, r.query, c.Body); err != nil {
		return Refuse(link.CodeBadProof)
	}
	if !fresh(proof.Claim.Time, c.Now) {
		return Refuse(link.CodeStaleProof)
	}
	p := &proven{device: device.ID, nonce: proof.Claim.Nonce, time: proof.Claim.Time}
	if first, err := p.spend(c); err != nil || !first {
		if err != nil {
			return err
		}
		return Refuse(link.CodeReplayed)
	}
	return c.comesFrom(p, device)
}

// comesFrom names the caller.
func (c *Call) comesFrom(p *proven, device sqlc.Device) error {
	user, err := c.tx.User(c.ctx, device.UserID)
	if err != nil {
		return fmt.Errorf("read user: %w", err)
	}
	c.proof, c.device, c.user, c.Person = p, &device, &user, personOf(user)
	return nil
}

// reread is what has become, meanwhile, of a caller that proved itself before it waited.
func (c *Call) reread(request) error {
	device, err := c.named(c.proof.device)
	if store.Missing(err) {
		return Refuse(link.CodeBadProof)
	}
	if err != nil {
		return fmt.Errorf("read device: %w", err)
	}
	return c.comesFrom(c.proof, device)
}

// proveCarrier takes whoever proves nothing for a stranger, a few a minute: a device whose
// server was restored from before its enrolment has no better proof.
func (c *Call) proveCarrier(r request) error {
	if r.authorization == "" {
		return nil
	}
	var p *link.Problem
	err := c.prove(r)
	if errors.As(err, &p) && p.Code == link.CodeBadProof {
		if !c.g.strangerCarries(c.Now) {
			return Refuse(link.CodeTooMany)
		}
		return nil
	}
	return err
}

// spend stores the nonce and reports whether it is new.
func (p *proven) spend(c *Call) (bool, error) {
	if err := c.tx.PruneNonces(c.ctx, int64(c.Now.Add(-nonceMemory))); err != nil {
		return false, fmt.Errorf("forget nonces: %w", err)
	}
	n, err := c.tx.AddNonce(c.ctx, sqlc.AddNonceParams{DeviceID: p.device, Nonce: p.nonce, At: int64(p.time)})
	if err != nil {
		return false, fmt.Errorf("store nonce: %w", err)
	}
	return n == 1, nil
}

// alive refuses a proven device that may no longer call.
func (c *Call) alive() error {
	switch {
	case c.device.RevokedAt != 0, c.device.QuarantinedAt != 0:
		return Refuse(link.CodeDeviceRevoked)
	case c.user.DisabledAt != 0:
		return Refuse(link.CodeUserDisabled)
	case c.device.ExpiresAt < int64(c.Now):
		return Refuse(link.CodeExpired)
	}
	who, err := c.g.subjectOf(c.ctx, c.tx, c.user.ID)
	if err != nil {
		return err
	}
	c.who = who
	if c.looks {
		return nil
	}
	return c.tx.SetSeen(c.ctx, sqlc.SetSeenParams{ID: c.device.ID, SeenAt: int64(c.Now)})
}

func deviceKeys(device sqlc.Device) (identity.PublicKeys, error) {
	var keys identity.PublicKeys
	if err := signed.Decode(device.Keys, keysLimit, &keys); err != nil {
		return keys, fmt.Errorf("read device's keys: %w", err)
	}
	return keys, nil
}
