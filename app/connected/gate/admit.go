package gate

import (
	"context"
	"errors"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/identity/access"
	"handslag/sync/link"
	"handslag/vault/journal"
)

// admit proves and judges the caller, in the transaction of the data.
func (c *Call) admit(r request) error {
	switch c.route.Right.kind {
	case password:
		return c.endSignIn()
	case carried:
		return c.proveCarrier(r)
	}
	prove := c.prove
	if c.waited { // its proof is spent, and what it says of the caller may hold no longer
		prove = c.reread
	}
	if err := prove(r); err != nil {
		return err
	}
	if c.route.Right.kind == waits {
		return c.asks()
	}
	if err := c.alive(); err != nil {
		return err
	}
	switch c.route.Right.kind {
	case needs:
	case within:
		return c.reaches()
	default:
		return nil
	}
	thing, err := c.route.Resource(c)
	if err != nil {
		return err
	}
	return c.judge(c.g.config.Decide(c.who, c.route.Right.name, thing))
}

// judge turns a decision into a refusal.
func (c *Call) judge(d access.Decision) error {
	switch {
	case d.Allowed:
		return nil
	case d.Reason == access.IsRestricted:
		return Refuse(link.CodeRestricted)
	}
	return Refuse(link.CodeForbidden)
}

// stranger counts a refusal of somebody who proved nothing.
func (d *Door) stranger(ctx context.Context, route string, code link.Code) error {
	return errors.Join(Refuse(code), d.g.count(ctx, route, code))
}

// refused commits a refusal on its own: as an entry about a proven caller, or counted.
func (d *Door) refused(c *Call, err error) error {
	p := problemOf(err)
	if p.Code == link.CodeInternal || errors.Is(err, store.ErrAway) {
		return err
	}
	e := journal.Entry{Kind: journal.CallRefused, Route: c.route.Path, Code: string(p.Code)}
	switch {
	case c.proof != nil && c.device != nil && d.g.limits.Take("refused "+c.device.ID, refusalsLogged, c.Now):
		e.Person, e.Peer = c.Person.ID, identity.DeviceID(c.device.ID)
	case c.signIn != nil && c.signIn.user != nil:
		e.Kind, e.Person = journal.SignInRefused, c.Person.ID
	case c.signIn != nil: // a commit's wait, as for a user who is there
		err = errors.Join(err, d.g.store.Do(c.ctx, func(tx *store.Tx) error {
			_, err := tx.NextCounter(c.ctx, "strangers")
			return err
		}))
		fallthrough
	default:
		return errors.Join(err, d.g.count(c.ctx, c.route.Path, p.Code))
	}
	ctx := context.WithoutCancel(c.ctx) // who hangs up is logged all the same
	logErr := d.g.store.Do(ctx, func(tx *store.Tx) error {
		if c.proof != nil { // what was refused does not come again either
			_, err := tx.AddNonce(ctx, sqlc.AddNonceParams{DeviceID: c.proof.device, Nonce: c.proof.nonce, At: int64(c.proof.time)})
			if err != nil {
				return err
			}
		}
		_, err := d.g.say(ctx, tx, e, nil)
		return err
	})
	if logErr != nil { // a refusal that can not be logged says only that something failed
		return logErr
	}
	return err
}
