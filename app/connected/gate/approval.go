package gate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
)

// Where devices are enrolled with an administrator's approval, one whose person has signed in waits: it has proven
// that it holds its keys, and gets neither a credential nor data. The administrator names it by its whole device ID, the one
// that its person reads from its screen: it is a hash of the key that has signed all the others, so nobody else's device
// goes by it. Who has stolen a password can have a few devices wait, and no more.

// Bounds of what waits.
const (
	waitingTime = 72 * time.Hour // for an administrator, and then for the device to hear of it
	waitingOne  = 3              // devices of one person
	waitingAll  = 1000
)

// What the log calls it.
const (
	codeWaiting = "waiting" // of a sign-in: the device waits
	codeApprove = "device_approve"
	codeRefuse  = "device_refuse"
	codeExpire  = "device_expire"
)

// ErrDevices says that the person has as many devices as one may have.
var ErrDevices = errors.New("the person has as many devices as one may have")

// wait takes the device of a sign-in among those that wait, or says that it does already. Asking again makes no wait
// longer.
func (c *Call) wait(e enrolment, id string, keys []byte) (link.Issued, error) {
	row, err := c.tx.Waiting(c.ctx, id)
	switch {
	case err == nil && (row.UserID != c.user.ID || !slices.Equal(row.Keys, keys)):
		return link.Issued{}, Refuse(link.CodeConflict)
	case err == nil:
		err := c.tx.SetAsked(c.ctx, sqlc.SetAskedParams{ID: id, RequestID: e.RequestID, Machine: string(e.Machine), Way: c.signIn.way()})
		return waitsStill(row), err
	case !store.Missing(err):
		return link.Issued{}, err
	}
	one, err := c.tx.CountWaitingOf(c.ctx, sqlc.CountWaitingOfParams{UserID: c.user.ID, Now: int64(c.Now)})
	if err != nil {
		return link.Issued{}, err
	}
	all, err := c.tx.CountWaiting(c.ctx, int64(c.Now))
	if err != nil {
		return link.Issued{}, err
	}
	if one >= waitingOne || all >= waitingAll {
		return link.Issued{}, Refuse(link.CodeWaitingFull)
	}
	row = sqlc.DevicesWaiting{ID: id, UserID: c.user.ID, RequestID: e.RequestID, Machine: string(e.Machine), Keys: keys, Way: c.signIn.way(),
		AskedAt: int64(c.Now), ExpiresAt: int64(c.Now.Add(waitingTime))}
	err = c.tx.AddWaiting(c.ctx, sqlc.AddWaitingParams{ID: row.ID, UserID: row.UserID, RequestID: row.RequestID, Machine: row.Machine, Keys: row.Keys,
		Way: row.Way, AskedAt: row.AskedAt, ExpiresAt: row.ExpiresAt})
	if err != nil {
		return link.Issued{}, err
	}
	_, err = c.g.say(c.ctx, c.tx, journal.Entry{Kind: journal.SignedIn, Code: codeWaiting, Person: c.Person.ID, Peer: identity.DeviceID(id),
		Until: signed.Time(row.ExpiresAt), Route: c.route.Path}, nil)
	return waitsStill(row), err
}

func waitsStill(row sqlc.DevicesWaiting) link.Issued {
	return link.Issued{Waiting: &link.Waiting{Device: identity.DeviceID(row.ID), Until: signed.Time(row.ExpiresAt)}}
}

// named finds the device that a proof names; where the route is for those that wait to become one, among these.
func (c *Call) named(id string) (sqlc.Device, error) {
	if c.route.Right.kind != waits {
		return c.tx.Device(c.ctx, id)
	}
	row, err := c.tx.Waiting(c.ctx, id)
	c.asker = &row
	return sqlc.Device{ID: row.ID, UserID: row.UserID, Machine: row.Machine, Keys: row.Keys}, err
}

// asks refuses a proven device that waits for nothing any more.
func (c *Call) asks() (err error) {
	switch {
	case c.user.DisabledAt != 0:
		return Refuse(link.CodeUserDisabled)
	case c.asker.RefusedAt != 0:
		return Refuse(link.CodeDeviceRefused)
	case c.asker.ExpiresAt <= int64(c.Now):
		return Refuse(link.CodeWaitedLong)
	}
	c.who, err = c.g.subjectOf(c.ctx, c.tx, c.user.ID)
	return err
}

// Awaited is what has become of a device that waits: that it waits still, or, once it is approved, its credential, the
// same one however often it asks.
func (c *Call) Awaited() (link.Issued, error) {
	if c.asker.ApprovedAt == 0 {
		return waitsStill(*c.asker), nil
	}
	if c.looks {
		return link.Issued{}, nil
	}
	device, err := c.tx.Device(c.ctx, c.asker.ID)
	if err != nil {
		return link.Issued{}, err
	}
	if device.RevokedAt != 0 || device.QuarantinedAt != 0 {
		return link.Issued{}, Refuse(link.CodeDeviceRevoked)
	}
	issued, err := c.give(device, c.asker.RequestID, c.asker.Way)
	if err != nil {
		return link.Issued{}, err
	}
	return c.withEarlier(issued, device.ID)
}

// ApproveDevice lets a device in that waits: it gets its credential as soon as it hears of it, within three days. Label
// is what people call it, and replaces an older device of the same person that ends with it; both may be empty.
func (g *Gate) ApproveDevice(ctx context.Context, device identity.DeviceID, label string, replaces identity.DeviceID) error {
	err := g.store.Do(ctx, func(tx *store.Tx) error {
		now := g.now()
		row, err := g.pending(ctx, tx, device, now)
		if err != nil {
			return err
		}
		if err := checkLabel(label); err != nil {
			return err
		}
		user, err := tx.User(ctx, row.UserID)
		if err != nil {
			return err
		}
		if user.DisabledAt != 0 {
			return fmt.Errorf("%w: its person is disabled", ErrInput)
		}
		err = tx.AddDevice(ctx, sqlc.AddDeviceParams{ID: row.ID, UserID: row.UserID, Machine: row.Machine, Keys: row.Keys, EnrolledAt: int64(now)})
		if err != nil {
			return err
		}
		if err := tx.SetLabel(ctx, sqlc.SetLabelParams{ID: row.ID, Label: label}); err != nil {
			return err
		}
		if err := tx.ApproveWaiting(ctx, sqlc.ApproveWaitingParams{ID: row.ID, ApprovedAt: int64(now), ExpiresAt: int64(now.Add(waitingTime))}); err != nil {
			return err
		}
		if err := g.sayChanged(ctx, tx, codeApprove, label, journal.Entry{Person: identity.PersonID(row.UserID), Peer: device}); err != nil {
			return err
		}
		if replaces != "" {
			if err := g.replace(ctx, tx, replaces, device, now); err != nil {
				return err
			}
		}
		return g.checkDevices(ctx, tx, row.UserID, 0)
	})
	return wrap("approve device", err)
}

// RefuseDevice lets a device that waits wait no longer. With the same keys it can not ask again within three days.
func (g *Gate) RefuseDevice(ctx context.Context, device identity.DeviceID) error {
	err := g.store.Do(ctx, func(tx *store.Tx) error {
		now := g.now()
		row, err := g.pending(ctx, tx, device, now)
		if err != nil {
			return err
		}
		if err := tx.RefuseWaiting(ctx, sqlc.RefuseWaitingParams{ID: row.ID, RefusedAt: int64(now), ExpiresAt: int64(now.Add(waitingTime))}); err != nil {
			return err
		}
		return g.sayChanged(ctx, tx, codeRefuse, "", journal.Entry{Person: identity.PersonID(row.UserID), Peer: device})
	})
	return wrap("refuse device", err)
}

// pending is a device that waits for an administrator.
func (g *Gate) pending(ctx context.Context, tx *store.Tx, device identity.DeviceID, now signed.Time) (sqlc.DevicesWaiting, error) {
	if err := g.endWaiting(ctx, tx, now); err != nil {
		return sqlc.DevicesWaiting{}, err
	}
	row, err := tx.Waiting(ctx, string(device))
	if err == nil && (row.ApprovedAt != 0 || row.RefusedAt != 0) {
		return row, fmt.Errorf("device %q waits no more: %w", device, ErrUnknown)
	}
	return row, known(err, "waiting device", string(device))
}

// endWaiting forgets those whose time is over, some at once. That nobody decided about one is an entry.
func (g *Gate) endWaiting(ctx context.Context, tx *store.Tx, now signed.Time) error {
	rows, err := tx.WaitingEnded(ctx, int64(now))
	if err != nil {
		return fmt.Errorf("end waiting: %w", err)
	}
	for _, row := range rows {
		if err := tx.ForgetWaiting(ctx, row.ID); err != nil {
			return fmt.Errorf("end waiting: %w", err)
		}
		if row.ApprovedAt != 0 || row.RefusedAt != 0 {
			continue
		}
		e := journal.Entry{Kind: journal.SystemChanged, Code: codeExpire, Person: identity.PersonID(row.UserID), Peer: identity.DeviceID(row.ID)}
		if _, err := g.say(ctx, tx, e, nil); err != nil {
			return err
		}
	}
	return nil
}

// endWaitingOf ends what waits by a password that is the user's no more.
func (g *Gate) endWaitingOf(ctx context.Context, tx *store.Tx, user string) error {
	rows, err := tx.WaitingOf(ctx, user)
	for _, row := range rows {
		if row.ApprovedAt != 0 || row.RefusedAt != 0 || row.Way != "" {
			continue
		}
		if err := tx.ForgetWaiting(ctx, row.ID); err != nil {
			return err
		}
		e := journal.Entry{Kind: journal.SystemChanged, Code: codeExpire, Person: identity.PersonID(row.UserID), Peer: identity.DeviceID(row.ID)}
		if _, err := g.say(ctx, tx, e, nil); err != nil {
			return err
		}
	}
	return err
}
